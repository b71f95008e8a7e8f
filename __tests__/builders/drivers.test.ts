import type { KubernetesSettings, RemoteSettings } from '../../src/config/builder-settings.js';
import type { DockerFacts } from '../../src/facts/docker.js';
import { kubernetesBuilder, remoteBuilder } from '../../src/builders/buildx/drivers.js';
import { chooseBuildxBuilder } from '../../src/builders/buildx/buildx-builder.js';
import { NEEDS } from './fixtures/choice.js';

const DOCKER: DockerFacts = {
  docker: 'present',
  client: '26.1.5',
  server: { status: 'unreachable', message: 'Cannot connect to the Docker daemon.' },
  buildx: {
    status: 'present',
    version: '0.13.1',
    abilities: { allow: false, call: false },
    builder: { status: 'unusable', message: 'no daemon' },
  },
  pod: true,
};
const needing = (...platforms: string[]) => ({
  docker: DOCKER,
  needs: { ...NEEDS, platforms },
  reason: 'The configuration names it',
});

const remote = (settings: Omit<RemoteSettings, 'type'>, ...platforms: string[]) =>
  remoteBuilder({ type: 'remote', ...settings }, needing(...platforms));
const kubernetes = (settings: Omit<KubernetesSettings, 'type'>, ...platforms: string[]) =>
  kubernetesBuilder({ type: 'kubernetes', ...settings }, needing(...platforms));

test('a remote builder needs no daemon, and has a node with the same certificates for each endpoint', () => {
  const verdict = remote({
    nodes: [
      { endpoint: 'tcp://one:1234', platforms: ['linux/amd64'] },
      { endpoint: 'tcp://two:1234', platforms: ['linux/arm64'] },
    ],
    tls: { ca: 'certs/ca.pem', cert: 'certs/cert.pem', key: 'certs/key.pem', serverName: 'buildkit' },
  });
  const options = ['cacert=certs/ca.pem', 'cert=certs/cert.pem', 'key=certs/key.pem', 'servername=buildkit'];
  expect(verdict).toEqual({
    status: 'chosen',
    builder: {
      type: 'new',
      driver: 'remote',
      nodes: [
        { endpoint: 'tcp://one:1234', platforms: ['linux/amd64'], options },
        { endpoint: 'tcp://two:1234', platforms: ['linux/arm64'], options },
      ],
      reason: 'The configuration names it',
      output: 'by-digest',
    },
    abilities: { allow: false, call: false },
    warnings: [],
  });
});

test.each([
  ['no certificate authority', { cert: 'c', key: 'k' }, /`ca`/],
  ['a certificate without a key', { ca: 'a', cert: 'c' }, /`cert` and `key`/],
])('rejects TLS settings with %s', (_, tls, message) => {
  const verdict = remote({ nodes: [{ endpoint: 'tcp://one:1234', platforms: [] }], tls });
  expect(verdict).toMatchObject({
    status: 'impossible',
    problems: [{ code: 'build/builder-unusable', message: expect.stringMatching(message) }],
  });
});

describe('platforms that no node runs natively', () => {
  const one = { endpoint: 'tcp://one:1234', platforms: ['linux/amd64'] };
  const two = { endpoint: 'tcp://two:1234', platforms: ['linux/arm64'] };

  test('cause a warning with the platforms and the ways to build them', () => {
    const verdict = remote({ nodes: [one, two] }, 'linux/amd64', 'linux/arm64', 'linux/riscv64');
    expect(verdict).toMatchObject({
      warnings: [
        {
          code: 'build/no-emulation',
          message:
            'No node of the builder runs linux/riscv64 itself: a RUN step for it fails with "exec format error".',
          fix: expect.stringMatching(/BUILDPLATFORM.*node of that platform.*binfmt --install riscv64/),
        },
      ],
    });
  });

  test('cause no warning if the platforms of a node are unknown', () => {
    const asked = remote({ nodes: [one, { ...two, platforms: [] }] }, 'linux/amd64', 'linux/arm64');
    expect(asked).toMatchObject({ status: 'chosen', warnings: [] });
  });

  test.each([
    [
      'they cause a warning if the platforms of both are known',
      [['linux/amd64'], ['linux/arm64', 'linux/arm/v7']],
      ['linux/riscv64'],
      1,
    ],
    ['there are none if the nodes run all platforms together', [['linux/amd64'], ['linux/arm64']], [], 0],
    ['they cause no warning if the platforms of one are unknown', [['linux/amd64'], []], ['linux/riscv64'], 0],
  ])('of an existing builder with two nodes: %s', (_, nodes, more, warned) => {
    const facts: DockerFacts = {
      ...DOCKER,
      buildx: {
        ...(DOCKER.buildx as Extract<typeof DOCKER.buildx, { status: 'present' }>),
        builder: {
          status: 'usable',
          name: 'mine',
          driver: 'docker-container',
          nodes: nodes.map((platforms, at) => ({ name: `mine${at}`, status: 'running', platforms })),
        },
      },
    };
    const needs = { ...NEEDS, platforms: ['linux/amd64', 'linux/arm64', ...more] };
    const verdict = chooseBuildxBuilder({ facts, needs, settings: { type: 'buildx' } });
    expect(verdict).toMatchObject({ status: 'chosen', warnings: { length: warned } });
  });
});

describe('a kubernetes builder', () => {
  test('is rootless and temporary, unless configured otherwise', () => {
    expect(kubernetes({})).toMatchObject({
      builder: { driver: 'kubernetes', nodes: [{ platforms: [], options: ['rootless=true'] }] },
    });
    expect(kubernetes({})).not.toHaveProperty('builder.keep');
    expect(kubernetes({ name: 'team', rootless: false })).toMatchObject({
      builder: { keep: 'team', nodes: [{ options: ['rootless=false'] }] },
    });
  });

  test('passes the settings of pods as options of buildx', () => {
    const verdict = kubernetes({
      namespace: 'ci',
      image: 'mirror.example.org/buildkit:rootless',
      replicas: 3,
      serviceAccount: 'builder',
      requests: { cpu: '500m', memory: '1Gi', ephemeralStorage: '10Gi' },
      limits: { cpu: '2', memory: '4Gi', ephemeralStorage: '20Gi' },
      nodeSelector: { pool: 'builds', 'example.org/fast': '' },
      tolerations: [
        { key: 'dedicated', operator: 'Equal', value: 'builds', effect: 'NoSchedule' },
        { key: 'spot', operator: 'Exists' },
        { operator: 'Exists' },
      ],
    });
    expect(verdict).toMatchObject({
      builder: {
        nodes: [
          {
            options: [
              'namespace=ci',
              'image=mirror.example.org/buildkit:rootless',
              'replicas=3',
              'rootless=true',
              'serviceaccount=builder',
              'requests.cpu=500m',
              'requests.memory=1Gi',
              'requests.ephemeral-storage=10Gi',
              'limits.cpu=2',
              'limits.memory=4Gi',
              'limits.ephemeral-storage=20Gi',
              'tolerations=key=dedicated,operator=Equal,value=builds,effect=NoSchedule;key=spot,operator=Exists;operator=Exists',
              'nodeselector=pool=builds,example.org/fast=',
            ],
          },
        ],
      },
    });
  });

  test('has one node for each architecture, on machines of that architecture', () => {
    const verdict = kubernetes(
      { nodeSelector: { pool: 'builds' } },
      'linux/amd64',
      'linux/arm64',
      'linux/386',
      'linux/amd64/v3',
    );
    expect(verdict).toMatchObject({
      builder: {
        nodes: [
          {
            platforms: ['linux/amd64', 'linux/386', 'linux/amd64/v3'],
            options: ['rootless=true', 'nodeselector=pool=builds,kubernetes.io/arch=amd64'],
          },
          {
            platforms: ['linux/arm64'],
            options: ['rootless=true', 'nodeselector=pool=builds,kubernetes.io/arch=arm64'],
          },
        ],
      },
      warnings: [],
    });
  });

  const pinned = { nodeSelector: { 'kubernetes.io/arch': 'amd64' } };

  test('installs emulators if the configuration pins one architecture and pods may run as root', () => {
    expect(kubernetes({ ...pinned, rootless: false }, 'linux/amd64', 'linux/arm64')).toMatchObject({
      builder: {
        nodes: [
          {
            platforms: [],
            options: ['rootless=false', 'qemu.install=true', 'nodeselector=kubernetes.io/arch=amd64'],
          },
        ],
      },
      warnings: [],
    });
  });

  test('warns about emulation if the configuration pins one architecture and pods are rootless', () => {
    expect(kubernetes(pinned, 'linux/amd64', 'linux/arm64')).toMatchObject({
      builder: { nodes: [{ options: ['rootless=true', 'nodeselector=kubernetes.io/arch=amd64'] }] },
      warnings: [{ code: 'build/no-emulation', message: expect.stringContaining('linux/arm64') }],
    });
  });
});
