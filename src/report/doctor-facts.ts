import type { BuildFacts } from '../facts/build-facts.js';
import type { BuildkitEndpoint } from '../facts/buildkit-endpoints.js';
import type { ListedBuilder } from '../facts/docker.js';
import type { MachineFacts } from '../facts/machine.js';
import type { OverlayTrial } from '../facts/storage.js';
import type { Diagnosis } from './doctor.js';

/** Name and what is known, one line or several. */
type Fact = [name: string, ...lines: string[]];

/** Each fact in words, in the order in which they are asked. */
export function describeFacts({ facts, registry }: Diagnosis): Fact[] {
  return [
    ['Environment', describeMachine(facts.machine)],
    ['Docker', describeDocker(facts)],
    ['Storage', describeStorage(facts)],
    ['buildx', ...describeBuildx(facts)],
    ['BuildKit', ...listed(facts.endpoints.map(describeEndpoint), 'none found')],
    ['Cluster', describeCluster(facts)],
    ['GitHub', describeForge(facts)],
    ...(registry === undefined ? [] : [['Registry', describeRegistry(registry)] satisfies Fact]),
  ];
}

function listed(lines: string[], none: string): string[] {
  return lines.length > 0 ? lines : [none];
}

function describeMachine({ place, pod, container, user }: MachineFacts): string {
  const names = {
    actions: () => `GitHub Actions, ${place.kind === 'actions' ? place.runner : ''} runner`,
    pod: () => 'a pod',
    container: () => 'a container',
    host: () => 'this machine',
  };
  const account = pod?.serviceAccount === 'mounted' ? '' : ' without a service account';
  const inPod = pod && ` in Kubernetes${pod.namespace === undefined ? '' : `, namespace ${pod.namespace}`}${account}`;
  const inContainer = pod === undefined && container !== undefined ? ` (a container: ${container})` : '';
  return `${names[place.kind]()}${inPod ?? inContainer}, as ${user === 'root' ? 'root' : 'an ordinary user'}`;
}

function describeDocker({ docker }: BuildFacts): string {
  if (docker.docker === 'missing') return 'not installed';
  const { server, client } = docker;
  if (server.status === 'unreachable') return `client ${client}; no daemon: ${server.message}`;
  return `${server.version}, ${server.imageStore} image store, storage driver ${server.storageDriver}`;
}

function describeStorage({ storage }: BuildFacts): string {
  if (storage.seen === 'no') return `not checked: ${storage.reason}`;
  const { path, fileSystem, mount, trial } = storage;
  const mounted = mount === undefined ? '' : `, mounted at ${mount.point}`;
  return `${path} on ${fileSystem}${mounted}; ${describeTrial(trial)}`;
}

function describeTrial(trial: OverlayTrial): string {
  switch (trial.result) {
    case 'mounted':
      return 'overlays can be mounted';
    case 'refused':
      return `overlays can't be mounted: ${trial.error} (${trial.message})`;
    case 'not-tried':
      return `overlay mounts not tried: ${trial.reason}`;
  }
}

function describeBuildx({ docker, builders }: BuildFacts): string[] {
  if (docker.docker === 'missing') return ['not installed'];
  const { buildx } = docker;
  if (buildx.status === 'missing') return [`not installed: ${buildx.message}`];
  const current = buildx.builder.name;
  return [buildx.version, ...builders.map((builder) => describeBuilder(builder, current))];
}

function describeBuilder({ name, driver, nodes, message }: ListedBuilder, current: string | undefined): string {
  const mark = name === current ? ' (in use)' : '';
  if (message !== undefined) return `${name}${mark}: ${driver || 'no driver'}, ${message}`;
  const states = nodes.map(({ status, platforms }) => [status, ...mainPlatforms(platforms)].join(' '));
  return `${name}${mark}: ${driver}, ${states.join('; ')}`;
}

/** Without the variants of amd64, which say little. */
function mainPlatforms(platforms: readonly string[]): string[] {
  return platforms.filter((platform) => !/^linux\/amd64\/v\d$/.test(platform));
}

function describeEndpoint({ address, from, answer }: BuildkitEndpoint): string {
  return `${address} (${from}): ${answer.status === 'serves' ? 'answers' : answer.message}`;
}

function describeCluster({ cluster }: BuildFacts): string {
  switch (cluster.status) {
    case 'no-kubectl':
      return 'no kubectl';
    case 'no-context':
      return `kubectl ${cluster.kubectl} has no cluster`;
    case 'unreachable':
    case 'unauthorized':
      return `${cluster.context === undefined ? 'the cluster' : `context ${cluster.context}`} is ${cluster.status}: ${cluster.message}`;
    case 'ready': {
      const { context, server, namespace, podSecurity, rights } = cluster;
      const missing = rights.filter(({ allowed }) => !allowed).length;
      return [
        context === undefined ? 'the cluster of this pod' : `context ${context}`,
        server,
        `namespace ${namespace}${podSecurity === undefined ? '' : ` (enforces ${podSecurity})`}`,
        missing === 0 ? 'all rights' : `${missing} of ${rights.length} rights missing`,
      ].join(', ');
    }
  }
}

function describeForge({ forge: { repository, gh, token } }: BuildFacts): string {
  const source = repository ?? 'no repository on GitHub';
  const program = {
    missing: 'gh is not installed',
    'logged-out': 'gh is not logged in',
    'logged-in': 'gh is logged in',
  };
  return `${source}, ${token === undefined ? 'no token' : `a token from ${token.from}`}, ${program[gh]}`;
}

function describeRegistry({ images, problems }: NonNullable<Diagnosis['registry']>): string {
  const refused = new Set(problems.map(({ image }) => image)).size;
  if (problems.length === 0) return `can push ${images.join(', ')}`;
  return `can't push ${refused} of ${images.length} images (${images.join(', ')}); see below`;
}
