import { jest } from '@jest/globals';
import { rm } from 'node:fs/promises';
import { followFixes, type FollowedFix } from './followed-fix.js';
import { setClusterScene, type ClusterScene } from './followed/cluster-scene.js';
import { accessFixes, refusalFixes } from './followed/cluster-access.js';
import { endFixes, startFixes } from './followed/cluster-pods.js';

jest.setTimeout(60_000);

let scene: ClusterScene;
beforeAll(async () => {
  scene = await setClusterScene();
});
afterEach(() => {
  expect(scene.cluster.faults.pending()).toEqual([]);
  expect(scene.cluster.pods()).toEqual([]);
});
afterAll(async () => {
  await scene?.cluster.stop();
  await rm(scene?.dir, { recursive: true, force: true });
});

const follow = (fixes: (scene: () => ClusterScene) => FollowedFix[]) =>
  followFixes(
    'cluster',
    fixes(() => scene).map((fix) => ({ ...fix, steady: withRunNames })),
  );
/** As they are called in a release. */
const withRunNames = (text: string) => text.replace(/\b(pod|secret)-\d+\b/g, 'image-release-7f3a-api');

describe('a cluster', () =>
  followFixes(
    'cluster',
    accessFixes(() => scene),
  ));
describe('a pod that is not taken', () =>
  followFixes(
    'cluster',
    refusalFixes(() => scene),
  ));
describe('a pod that does not start', () =>
  followFixes(
    'cluster',
    startFixes(() => scene),
  ));
describe('a pod that does not come to its end', () =>
  followFixes(
    'cluster',
    endFixes(() => scene),
  ));
