import type { KubernetesSettings, RemoteSettings } from '../../config/builder-settings.js';
import type { DockerFacts } from '../../facts/docker.js';
import { problem } from '../../lib/errors.js';
import { architectureOf, emulationWarnings, presentBuildx } from './buildx-builder.js';
import type { BuilderNode, BuildxChoice, BuildNeeds, NewBuilder } from './buildx-builder.js';

export interface DriverInputs {
  docker: DockerFacts;
  needs: BuildNeeds;
  /** Why this builder, a sentence without a full stop. */
  reason: string;
}

/** A running BuildKit. Needs Docker's client with buildx, and no daemon. */
export function remoteBuilder(settings: RemoteSettings, inputs: DriverInputs): BuildxChoice {
  const { ca, cert, key, serverName } = settings.tls ?? {};
  if (settings.tls !== undefined && (ca === undefined || (cert === undefined) !== (key === undefined))) {
    return impossible(
      `The certificates of the remote builder are incomplete: buildx needs ${ca === undefined ? '`ca`' : '`cert` and `key` together'}.`,
      'Complete `builder.tls` in the configuration.',
    );
  }
  const options = optionsOf({ cacert: ca, cert, key, servername: serverName });
  return chosen(
    'remote',
    settings.nodes.map(({ endpoint, platforms }) => ({ endpoint, platforms, options })),
    inputs,
  );
}

/**
 * BuildKit pods that buildx starts: one node per architecture, on machines of that kind, unless the settings select
 * machines.
 * https://docs.docker.com/build/builders/drivers/kubernetes/
 */
export function kubernetesBuilder(settings: KubernetesSettings, inputs: DriverInputs): BuildxChoice {
  const { name, requests, limits, nodeSelector = {} } = settings;
  const rootless = settings.rootless ?? true;
  const pinned = nodeSelector[ARCHITECTURE];
  const platforms = groupByMachine(inputs.needs.platforms);
  const options = optionsOf({
    namespace: settings.namespace,
    image: settings.image,
    replicas: settings.replicas?.toString(),
    rootless: String(rootless),
    serviceaccount: settings.serviceAccount,
    'requests.cpu': requests?.cpu,
    'requests.memory': requests?.memory,
    'requests.ephemeral-storage': requests?.ephemeralStorage,
    'limits.cpu': limits?.cpu,
    'limits.memory': limits?.memory,
    'limits.ephemeral-storage': limits?.ephemeralStorage,
    tolerations: settings.tolerations?.map((each) => optionsOf({ ...each }).join(',')).join(';'),
    // A privileged container installs the emulators, which rootless pods can't.
    'qemu.install': pinned !== undefined && !rootless && platforms.length > 1 ? 'true' : undefined,
  });
  const node = (selector: Record<string, string>, own: string[]): BuilderNode => ({
    platforms: own,
    options: [...options, ...optionsOf({ nodeselector: pairs(selector) })],
  });
  const nodes =
    pinned !== undefined || platforms.length === 0
      ? [node(nodeSelector, [])]
      : platforms.map(([machine, own]) => node({ ...nodeSelector, [ARCHITECTURE]: machine }, own));
  const known = pinned !== undefined && rootless ? [[`linux/${pinned}`]] : undefined;
  return chosen('kubernetes', nodes, inputs, { keep: name, known });
}

/** https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-arch */
const ARCHITECTURE = 'kubernetes.io/arch';

function groupByMachine(platforms: readonly string[]): [machine: string, platforms: string[]][] {
  const groups = new Map<string, string[]>();
  for (const platform of platforms) {
    const architecture = architectureOf(platform);
    const machine = architecture === '386' ? 'amd64' : architecture;
    groups.set(machine, [...(groups.get(machine) ?? []), platform]);
  }
  return [...groups];
}

function optionsOf(options: Record<string, string | undefined>): string[] {
  return Object.entries(options).flatMap(([key, value]) => (value ? [`${key}=${value}`] : []));
}

export function pairs(values: Record<string, string>): string {
  return Object.entries(values)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}

function chosen(
  driver: NewBuilder['driver'],
  [first, ...rest]: BuilderNode[],
  { docker, needs, reason }: DriverInputs,
  { keep, known }: { keep?: string; known?: string[][] } = {},
): BuildxChoice {
  const found = presentBuildx(docker);
  if ('problem' in found) return { status: 'impossible', problems: [found.problem] };
  if (first === undefined)
    return impossible('The builder has no nodes.', 'Name an endpoint in `builder.nodes` of the configuration.');
  const nodes: NewBuilder['nodes'] = [first, ...rest];
  return {
    status: 'chosen',
    builder: { type: 'new', driver, nodes, reason, output: 'by-digest', ...(keep !== undefined && { keep }) },
    abilities: found.buildx.abilities,
    warnings: emulationWarnings(known ?? nodes.map(({ platforms }) => platforms), needs),
  };
}

function impossible(message: string, fix: string): BuildxChoice {
  return {
    status: 'impossible',
    problems: [problem({ code: 'build/builder-unusable', message, fix })],
  };
}
