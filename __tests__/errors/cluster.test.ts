import { afterAll, afterEach, beforeAll, describe, expect, jest } from '@jest/globals';
import { rm } from 'node:fs/promises';
import { followFixes } from './followed-fix.js';
import { setClusterScene, type ClusterScene } from './followed/cluster-scene.js';
import { accessFixes, endFixes, refusalFixes, startFixes } from './followed/cluster.js';

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

describe('a cluster', () => followFixes(accessFixes(() => scene)));
describe('a pod that is not taken', () => followFixes(refusalFixes(() => scene)));
describe('a pod that does not start', () => followFixes(startFixes(() => scene)));
describe('a pod that does not come to its end', () => followFixes(endFixes(() => scene)));
