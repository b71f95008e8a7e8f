import type { Pod } from 'kubernetes-types/core/v1.js';
import { podSecurityViolations } from '../../../testing/fake-cluster/admission/pod-security.js';
import { manifestProblems } from '../../../testing/fake-cluster/admission/schema.js';
import { executorArguments } from '../../../src/builders/kaniko/arguments.js';
import { podManifest, podName, type PodOptions } from '../../../src/builders/kaniko/pod-manifest.js';
import { OPTIONS, PURPOSE } from './fixtures/pods.js';

function pod(over: Partial<PodOptions> = {}): Pod {
  return podManifest({ purpose: PURPOSE, settings: { type: 'kaniko' }, args: ['--force'], ...over }) as Pod;
}

test('the pod is valid, meets the baseline standard, drops all capabilities, and has no API token', () => {
  for (const each of [pod(), pod({ registrySecret: 'ghcr', buildSecrets: 'secrets' })]) {
    expect(manifestProblems(each)).toEqual([]);
    expect(podSecurityViolations(each as Parameters<typeof podSecurityViolations>[0], 'baseline')).toEqual([]);
    expect(each.spec!.automountServiceAccountToken).toBe(false);
    expect(each.spec!.containers[0]!.securityContext).toMatchObject({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    });
  }
});

describe('the pod avoids common mistakes of Kaniko runners:', () => {
  test('the executor runs without a shell, restarts and probes', () => {
    const { spec } = pod({ args: executorArguments(OPTIONS) });
    const [container] = spec!.containers;
    expect(container!.command).toBeUndefined();
    expect(container!.args!.every((arg) => /^--[a-z]/.test(arg))).toBe(true);
    expect(container!.args!.join(' ')).not.toMatch(/\|\||&&/);
    expect(spec!.restartPolicy).toBe('Never');
    expect([container!.livenessProbe, container!.readinessProbe]).toEqual([undefined, undefined]);
  });

  test('the context comes through standard input, not from a volume', () => {
    const [container] = pod({ args: executorArguments(OPTIONS) }).spec!.containers;
    expect(container).toMatchObject({ stdin: true, stdinOnce: true });
    expect(container!.args).toContain('--context=tar://stdin');
    expect(pod().spec!.volumes).toBeUndefined();
  });

  test('the login is mounted as the file that the executor reads', () => {
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

  test('the executor writes the digest to the termination message of the pod', () => {
    const [container] = pod().spec!.containers;
    expect(executorArguments(OPTIONS)).toContain(`--digest-file=${container!.terminationMessagePath}`);
  });
});

test('the pod runs on a node of its platform, and settings become fields of the manifest', () => {
  const { spec, metadata } = pod({
    settings: {
      type: 'kaniko',
      namespace: 'builds',
      timeout: 5,
      serviceAccount: 'builder',
      nodeSelector: { pool: 'builds' },
      limits: { memory: '4Gi', ephemeralStorage: '20Gi' },
      tolerations: [{ key: 'builds', operator: 'Equal', value: 'only', effect: 'NoSchedule' }],
    },
  });
  expect(metadata!.namespace).toBe('builds');
  expect(spec).toMatchObject({
    activeDeadlineSeconds: 300,
    serviceAccountName: 'builder',
    nodeSelector: { 'kubernetes.io/arch': 'arm64', 'kubernetes.io/os': 'linux', pool: 'builds' },
    tolerations: [{ key: 'builds', operator: 'Equal', value: 'only', effect: 'NoSchedule' }],
  });
  expect(spec!.containers[0]!.resources).toEqual({ limits: { memory: '4Gi', 'ephemeral-storage': '20Gi' } });
  expect(pod({ purpose: { ...PURPOSE, platform: '' } }).spec!.nodeSelector).toEqual({
    'kubernetes.io/os': 'linux',
  });
});

test('escapes arguments so that Kubernetes expands no variables', () => {
  const [container] = pod({ args: ['--label=a=$(HOME) $$ $X'] }).spec!.containers;
  expect(container!.args).toEqual(['--label=a=$$(HOME) $$$$ $$X']);
});

test('pod names are valid and unique within a run for any image key', () => {
  const keys = ['Api', 'api', 'a.p_i', 'x'.repeat(80), '_', 'ä'];
  const names = keys.map((key, number) => podName({ ...PURPOSE, key, number }));
  expect(names[1]).toBe('image-release-1a2b3c4d-1-api');
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) {
    expect(name).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
    expect(name.length).toBeLessThanOrEqual(63);
  }
});
