import { resolve } from 'node:path';
import { settingsFor, type BuilderSettings, type RemoteSettings } from '../config/builder-settings.js';
import { listBuilders, type ListedBuilder, probeDocker, type DockerFacts } from './docker.js';
import { probeEndpoints, type BuildkitEndpoint } from './buildkit-endpoints.js';
import { probeCluster, type ClusterFacts, type ClusterUse } from './cluster.js';
import { probeForge, type ForgeFacts } from './forge-access.js';
import type { MachineFacts } from './machine.js';
import type { Probe } from './probe.js';
import { probeStorage, type StorageFacts } from './storage.js';

/** Everything that decides which builder can build. */
export interface BuildFacts {
  machine: MachineFacts;
  docker: DockerFacts;
  storage: StorageFacts;
  builders: ListedBuilder[];
  endpoints: BuildkitEndpoint[];
  cluster: ClusterFacts;
  forge: ForgeFacts;
}

/** Facts that are only found out if something depends on them: a host with a usable Docker waits for no cluster. */
export type FactName = Exclude<keyof BuildFacts, 'machine'>;
export type KnownFacts = Pick<BuildFacts, 'machine'> & Partial<BuildFacts>;

export type BuildProbes = { [Name in FactName]: () => Promise<BuildFacts[Name]> };

export function createBuildProbes(
  request: Probe & {
    machine: MachineFacts;
    settings: readonly BuilderSettings[];
    /** Repository root: certificates are named relative to it. */
    root: string;
    repository?: string;
    forgeHost?: string;
    /** Use of a cluster that is checked in addition to building. */
    alsoFor?: 'live';
    /** Default: docker is asked here. */
    docker?: BuildProbes['docker'];
  },
): BuildProbes {
  const { machine, env, run, signal, settings, root } = request;
  const { docker = once(() => probeDocker({ env, run, signal, builder: settingsFor(settings, 'buildx')?.name })) } =
    request;
  const uses: ClusterUse[] = ['kaniko', 'kaniko-secret', 'kubernetes', ...(request.alsoFor ? [request.alsoFor] : [])];
  const [namespace] = settings.flatMap((each) => ('namespace' in each ? (each.namespace ?? []) : []));
  return {
    docker,
    storage: once(async () => {
      const facts = await docker();
      if (facts.docker === 'missing') return { seen: 'no', reason: 'there is no docker' };
      return probeStorage({ server: facts.server, env, run, signal });
    }),
    builders: once(() => listBuilders({ env, run, signal })),
    endpoints: once(() => {
      const { nodes = [], tls } = settingsFor(settings, 'remote') ?? {};
      const files = tls && fromRoot(tls, root);
      const configured = nodes.map(({ endpoint }) => ({ address: endpoint, tls: files }));
      return probeEndpoints({ env, run, signal, configured, pod: machine.pod });
    }),
    cluster: once(() => probeCluster({ env, run, signal, namespace, uses })),
    forge: once(() => probeForge({ env, run, signal, repository: request.repository, host: request.forgeHost })),
  };
}

function fromRoot<Tls extends NonNullable<RemoteSettings['tls']>>(tls: Tls, root: string) {
  const whole = (path: string | undefined) => (path === undefined ? undefined : resolve(root, path));
  return { ...tls, ca: whole(tls.ca), cert: whole(tls.cert), key: whole(tls.key) };
}

function once<T>(probe: () => Promise<T>): () => Promise<T> {
  let known: Promise<T> | undefined;
  return () => (known ??= probe());
}
