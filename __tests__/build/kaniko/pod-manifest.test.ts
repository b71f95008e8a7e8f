import type { Pod } from 'kubernetes-types/core/v1.js';
import { podSecurityViolations } from '../../../testing/fake-cluster/admission/pod-security.js';
import { manifestProblems } from '../../../testing/fake-cluster/admission/schema.js';
import {
  executorArguments,
  cacheRepositoryOf,
  type ExecutorOrder,
} from '../../../src/build/kaniko/arguments.js';
import { podManifest, type PodSetting } from '../../../src/build/kaniko/pod-manifest.js';
import { podName } from '../../../src/build/kaniko/pod-names.js';
import { stagingTag } from '../../../src/build/kaniko/staging-tag.js';

const PURPOSE = { run: '1a2b3c4d', key: 'api', platform: 'linux/arm64', task: 'build', attempt: 1 };

function pod(over: Partial<PodSetting> = {}): Pod {
  return podManifest({ purpose: PURPOSE, settings: { type: 'kaniko' }, args: ['--force'], ...over }) as Pod;
}

const ORDER: ExecutorOrder = {
  target: { key: 'api', args: {}, labels: {}, noCache: false },
  destination: { image: 'ghcr.io/acme/api', tag: 'main-1234567-build-1a2b3c4d' },
  annotations: {},
  cacheRepository: 'ghcr.io/acme/api/cache',
  sourceDateEpoch: 1_700_000_000,
  secrets: [],
  reads: ['node:24'],
};

test('the pod is valid, passes the baseline standard, and holds no key to the cluster', () => {
  for (const each of [pod(), pod({ registrySecret: 'ghcr', buildSecrets: 'secrets' })]) {
    expect(manifestProblems(each)).toEqual([]);
    expect(podSecurityViolations(each as Parameters<typeof podSecurityViolations>[0], 'baseline')).toEqual(
      [],
    );
    expect(each.spec!.automountServiceAccountToken).toBe(false);
    expect(each.spec!.containers[0]!.securityContext).toMatchObject({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    });
  }
});

describe('mistakes that runners of Kaniko were seen to make', () => {
  test('the image has no shell, so nothing is run through one, and its status is not swallowed', () => {
    const { spec } = pod({ args: executorArguments(ORDER) });
    const [container] = spec!.containers;
    expect(container!.command).toBeUndefined();
    expect(container!.args!.every((arg) => /^--[a-z]/.test(arg))).toBe(true);
    expect(container!.args!.join(' ')).not.toMatch(/\|\||&&/);
    expect(spec!.restartPolicy).toBe('Never');
    expect([container!.livenessProbe, container!.readinessProbe]).toEqual([undefined, undefined]);
  });

  test('the context comes through standard input, not from a folder that stays empty', () => {
    const [container] = pod({ args: executorArguments(ORDER) }).spec!.containers;
    expect(container).toMatchObject({ stdin: true, stdinOnce: true });
    expect(container!.args).toContain('--context=tar://stdin');
    expect(pod().spec!.volumes).toBeUndefined();
  });

  test('the login is mounted where the executor looks for it, under the name that it looks for', () => {
    const { spec } = pod({ registrySecret: 'ghcr' });
    const [volume] = spec!.volumes!;
    expect(volume!.secret).toEqual({
      secretName: 'ghcr',
      items: [{ key: '.dockerconfigjson', path: 'config.json' }],
    });
    expect(spec!.containers[0]!.volumeMounts).toEqual([
      { name: volume!.name, mountPath: '/kaniko/.docker', readOnly: true },
    ]);
  });

  test('the digest is left where Kubernetes reads it', () => {
    const [container] = pod().spec!.containers;
    expect(executorArguments(ORDER)).toContain(`--digest-file=${container!.terminationMessagePath}`);
  });
});

test('a platform is built by a node of its kind, and settings are handed on in the words of Kubernetes', () => {
  const { spec, metadata } = pod({
    settings: {
      type: 'kaniko',
      namespace: 'builds',
      timeout: 5,
      serviceAccount: 'builder',
      nodeSelector: { pool: 'builds' },
      limits: { memory: '4Gi', ephemeralStorage: '20Gi' },
      tolerations: [{ key: 'builds', value: 'only', effect: 'NoSchedule' }, { key: 'spot' }],
    },
  });
  expect(metadata!.namespace).toBe('builds');
  expect(spec).toMatchObject({
    activeDeadlineSeconds: 300,
    serviceAccountName: 'builder',
    nodeSelector: { 'kubernetes.io/arch': 'arm64', 'kubernetes.io/os': 'linux', pool: 'builds' },
    tolerations: [
      { key: 'builds', value: 'only', effect: 'NoSchedule', operator: 'Equal' },
      { key: 'spot', operator: 'Exists' },
    ],
  });
  expect(spec!.containers[0]!.resources).toEqual({ limits: { memory: '4Gi', 'ephemeral-storage': '20Gi' } });
  expect(pod({ purpose: { ...PURPOSE, platform: '' } }).spec!.nodeSelector).toEqual({
    'kubernetes.io/os': 'linux',
  });
});

test('Kubernetes fills nothing into arguments', () => {
  const [container] = pod({ args: ['--label=a=$(HOME) $$ $X'] }).spec!.containers;
  expect(container!.args).toEqual(['--label=a=$$(HOME) $$$$ $$X']);
});

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

test('the command line says everything that the plan does, and no secret', () => {
  const args = executorArguments({
    ...ORDER,
    target: { key: 'api', target: 'runtime', args: { A: 'b=c d' }, labels: { l: '"x"' }, noCache: false },
    platform: 'linux/arm64',
    annotations: { title: 'api' },
    secrets: [{ id: 'token', path: '/kaniko/image-release-secrets/secret-0' }],
    reads: ['127.0.0.1:5000/base:1'],
  });
  expect(args).toEqual(
    expect.arrayContaining([
      '--destination=ghcr.io/acme/api:main-1234567-build-1a2b3c4d',
      '--target=runtime',
      '--custom-platform=linux/arm64',
      '--build-arg=SOURCE_DATE_EPOCH=1700000000',
      '--build-arg=A=b=c d',
      '--label=l="x"',
      '--annotation=title=api',
      '--secret=id=token,type=file,src=/kaniko/image-release-secrets/secret-0',
      '--cache-repo=ghcr.io/acme/api/cache',
      '--compressed-caching=false',
      '--image-format=oci',
      '--push-retry=3',
      '--insecure-registry=127.0.0.1:5000',
    ]),
  );
  const uncached = executorArguments({ ...ORDER, target: { ...ORDER.target, noCache: true } });
  expect(uncached.filter((arg) => arg.startsWith('--cache'))).toEqual([]);
  const { destination: _, ...unpushed } = ORDER;
  expect(executorArguments(unpushed)).toEqual(expect.arrayContaining(['--no-push', '--no-push-cache']));
});

test("layers are kept beside the image; on Docker Hub, which has no third level, in the image's repository", () => {
  expect(cacheRepositoryOf('ghcr.io/acme/api', undefined)).toBe('ghcr.io/acme/api/cache');
  expect(cacheRepositoryOf('docker.io/acme/api', undefined)).toBe('docker.io/acme/api');
  expect(cacheRepositoryOf('ghcr.io/acme/api', 'ghcr.io/acme/layers')).toBe('ghcr.io/acme/layers');
});

test('a staging tag is of the run alone, and never too long', () => {
  expect(stagingTag('main-1234567', '1a2b3c4d', 'linux/arm/v7', 'build')).toBe(
    'main-1234567-build-1a2b3c4d-arm-v7',
  );
  const long = stagingTag('v'.repeat(128), '1a2b3c4d', '', 'build');
  expect(long).toHaveLength(128);
  expect(long).toMatch(/-build-1a2b3c4d$/);
});
