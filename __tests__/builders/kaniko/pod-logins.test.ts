import { neededLogins } from '../../../src/builders/kaniko/prepare.js';
import type { Plan } from '../../../src/plan/plan.js';
import { plannedImage, planOf } from '../samples.js';
import { podManifest } from '../../../src/builders/kaniko/pod-manifest.js';
import { PURPOSE } from './fixtures/pods.js';

const BUILD_ONLY = { mode: 'build-only', reason: 'push is off for this run' } as const;
const pullRequest = (fork: boolean) =>
  ({ type: 'pull-request', number: 7, head: 'topic', base: 'main', fork }) as const;

function loginsOf(publish: Plan['publish'], ref: Plan['source']['ref'], named?: string) {
  const image = plannedImage('api', {
    attest: { provenance: 'max', sbom: { scanner: 'quay.io/acme/scan:1' } },
  });
  const plan = planOf([image], publish);
  return neededLogins(
    { ...plan, source: { ...plan.source, ref } },
    { type: 'kaniko', cacheRepository: 'cache.example.com/acme', ...(named && { registrySecret: named }) },
    [{ target: { repository: 'ghcr.io/acme/api' }, reads: ['bases.example.com/node:24'] }],
  );
}

const MAIN = { type: 'branch', name: 'main' } as const;
const none = { type: 'created', hosts: [] };
const bases = { type: 'created', hosts: ['bases.example.com'] };

test('a build-only run gets logins for base images only; with a named secret, or in a fork, it gets none', () => {
  expect(loginsOf(BUILD_ONLY, MAIN)).toEqual(bases);
  expect(loginsOf(BUILD_ONLY, pullRequest(false))).toEqual(bases);
  expect(loginsOf(BUILD_ONLY, pullRequest(false), 'ghcr')).toEqual(none);
  expect(loginsOf(BUILD_ONLY, pullRequest(true))).toEqual(none);
  expect(loginsOf(BUILD_ONLY, pullRequest(true), 'ghcr')).toEqual(none);
});

test('a run that pushes gets the named secret, or logins for all registries that it uses', () => {
  expect(loginsOf({ mode: 'push' }, MAIN, 'ghcr')).toEqual({ type: 'named', secret: 'ghcr' });
  expect(loginsOf({ mode: 'push' }, MAIN)).toEqual({
    type: 'created',
    hosts: ['ghcr.io', 'cache.example.com', 'bases.example.com', 'quay.io'],
  });
});

test('the registry secret is used to pull the executor, and is not mounted in the pod', () => {
  const settings = { type: 'kaniko', registrySecret: 'ghcr' } as const;
  const { spec } = podManifest({ purpose: PURPOSE, settings, args: [] }) as {
    spec: { imagePullSecrets?: object; volumes?: object };
  };
  expect([spec.imagePullSecrets, spec.volumes]).toEqual([[{ name: 'ghcr' }], undefined]);
});
