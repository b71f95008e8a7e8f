/** @programs kubectl */
import { rm } from 'node:fs/promises';
import { followFixes, type FollowedFix } from './followed-fix.js';
import { startCluster, type ClusterFixture } from './followed/cluster-fixtures.js';
import { accessFixes, refusalFixes } from './followed/cluster-access.js';
import { endFixes, startFixes } from './followed/cluster-pods.js';

let scene: ClusterFixture;
beforeAll(async () => {
  scene = await startCluster();
});
afterEach(() => {
  expect(scene.cluster.faults.pending()).toEqual([]);
  expect(scene.cluster.pods()).toEqual([]);
});
afterAll(async () => {
  await scene?.cluster.stop();
  await rm(scene?.dir, { recursive: true, force: true });
});

/** As pods and secrets are called in a release. */
const steady = (text: string) => text.replace(/\b(pod|secret)-\d+\b/g, 'image-release-7f3a-api');
const follow = (fixes: (scene: () => ClusterFixture) => FollowedFix[]) =>
  followFixes(
    'cluster',
    fixes(() => scene).map((fix) => ({ ...fix, steady })),
  );

describe('a cluster', () => follow(accessFixes));
describe('a pod that is not taken', () => follow(refusalFixes));
describe('a pod that does not start', () => follow(startFixes));
describe('a pod that does not come to its end', () => follow(endFixes));
