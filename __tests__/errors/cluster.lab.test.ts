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

/** Replaces names of test pods and secrets by a name as in a release. */
const steady = (text: string) => text.replace(/\b(pod|secret)-\d+\b/g, 'image-release-7f3a-api');
const follow = (fixes: (scene: () => ClusterFixture) => FollowedFix[]) =>
  followFixes(
    'cluster',
    fixes(() => scene).map((fix) => ({ ...fix, steady })),
  );

describe('access to the cluster', () => follow(accessFixes));
describe('an object that the cluster refuses', () => follow(refusalFixes));
describe("a pod that doesn't start", () => follow(startFixes));
describe("a pod that doesn't finish", () => follow(endFixes));
