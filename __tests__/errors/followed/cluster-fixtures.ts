import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startFakeCluster, type FakeCluster } from '../../../testing/fake-cluster/cluster.js';
import { LESS_GC } from '../../../testing/processes.js';
import { labFromEnvironment } from '../../../lab/shared-lab.js';
import { connectKubectl } from '../../../src/kubernetes/kubectl.js';
import { createObject } from '../../../src/kubernetes/objects.js';
import { readPodState } from '../../../src/kubernetes/pod-state.js';
import type { Manifest, Pod, PodEvent } from '../../../src/kubernetes/pod.js';
import { run } from '../../../src/lib/process.js';
import { podOf, type PodOptions } from '../../kubernetes/fixtures/cluster.js';
import { told, type Told } from '../followed-fix.js';

const signal = new AbortController().signal;

/** A cluster with one node, in which the real kubectl creates pods and secrets, with the lab's image. */
export async function startCluster() {
  const lab = labFromEnvironment();
  const dir = await mkdtemp(join(tmpdir(), 'followed-'));
  const enforce = (level: string) => ({ 'pod-security.kubernetes.io/enforce': level });
  const cluster = await startFakeCluster({
    ...{ dir, dockerHost: lab.dockerHost, network: 'host', namespace: 'builds', backoffMs: 100 },
    namespaces: { builds: {}, watched: {}, baseline: enforce('baseline'), strict: enforce('restricted') },
  });
  const env = (kubeconfig = cluster.kubeconfig) => ({
    ...LESS_GC,
    PATH: process.env.PATH,
    KUBECONFIG: kubeconfig,
    HOME: dir,
  });
  let made = 0;

  /** Runs a command that a user would type; it must succeed. */
  const kubectl = async (args: readonly string[], input = '', at = env()) => {
    const done = await run('kubectl', args, { env: at, input });
    if (done.code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${done.stderr.toString()}`);
  };
  const create = (manifest: Manifest, at: NodeJS.ProcessEnv = env(), namespace?: string) =>
    told(() => createObject(connectKubectl({ env: at, run, ...(namespace && { namespace }) }), manifest, signal));

  return {
    cluster,
    dir,
    env,
    kubectl,
    create,
    image: lab.baseBusybox,
    secret: (): Manifest => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name: `secret-${++made}` } }),
    pod: (options: Partial<PodOptions> = {}) => podOf({ image: lab.baseBusybox, script: 'true', ...options }),

    /** Creates a pod, follows it until it ends or has a problem, and returns the problems. */
    async pods(manifest: ReturnType<typeof podOf>, namespace = 'builds'): Promise<Told> {
      const refused = await create(manifest, env(), namespace);
      if (refused.length > 0) return refused;
      const { name } = manifest.metadata;
      try {
        return await endOf(cluster, name, namespace);
      } finally {
        cluster.remove(name, namespace);
      }
    },

    /** Writes a changed copy of the kubeconfig. */
    async kubeconfig(change: (text: string) => string): Promise<string> {
      const path = join(dir, `changed-${++made}`);
      await writeFile(path, change(await readFile(cluster.kubeconfig, 'utf8')), { mode: 0o600 });
      return path;
    },
  };
}

export type ClusterFixture = Awaited<ReturnType<typeof startCluster>>;

async function endOf(cluster: FakeCluster, name: string, namespace: string): Promise<Told> {
  let last: Pod | undefined;
  for (const until = Date.now() + 20_000; Date.now() < until; await delay(25)) {
    const found = cluster.pods(namespace).find(({ metadata }) => metadata.name === name) as Pod | undefined;
    if (found === undefined && last === undefined) continue;
    const events = cluster
      .list('Event', namespace)
      .filter((event) => (event['involvedObject'] as { name?: string }).name === name) as unknown as PodEvent[];
    const gone = found === undefined;
    last = found ?? last;
    const state = readPodState({ pod: last!, events, gone });
    if (state.status === 'ending') continue;
    if (state.status === 'exited') return [];
    if (state.status === 'failed') return [state.problem];
    if (state.status === 'waiting' && state.trouble !== undefined) return [state.trouble.problem];
  }
  throw new Error(`${name} comes to no end`);
}
