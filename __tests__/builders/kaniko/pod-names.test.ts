import { podName } from '../../../src/builders/kaniko/pod-names.js';
import { PURPOSE } from './pod-order.js';

test.each([
  ['api', 'linux/amd64', 'image-release-1a2b3c4d-api-amd64'],
  ['api', '', 'image-release-1a2b3c4d-api'],
  ['web', 'linux/arm/v7', 'image-release-1a2b3c4d-web-arm-v7'],
])('the pod of %s for %j is called %s', (key, platform, name) => {
  expect(podName({ ...PURPOSE, key, platform })).toBe(name);
});

test('names of pods are valid, and differ where keys do', () => {
  const keys = ['Api', 'api', 'a.p_i', 'a-p-i', 'x'.repeat(80), `${'x'.repeat(80)}y`, '_', 'ä'];
  const names = keys.flatMap((key) =>
    [1, 2].map((attempt) => podName({ ...PURPOSE, key, task: 'sbom', attempt })),
  );
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) {
    expect(name).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
    expect(name.length).toBeLessThanOrEqual(63);
  }
});
