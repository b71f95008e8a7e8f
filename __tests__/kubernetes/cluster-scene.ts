import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { FakeCluster } from '../../testing/fake-cluster/cluster.js';
import { connectKubectl, type Kubectl } from '../../src/kubernetes/kubectl.js';
import type { RunOwner } from '../../src/kubernetes/ownership.js';
import { currentOwner } from '../../src/kubernetes/owner.js';
import type { PodManifest } from '../../src/kubernetes/pod.js';
import { runPod, type PodEnd, type PodOrder, type PodProgress } from '../../src/kubernetes/run-pod.js';
import type { PodLimits } from '../../src/kubernetes/pod-watch.js';
import { run } from '../../src/lib/process.js';

export interface Scene {
  kubectl: Kubectl;
  env: NodeJS.ProcessEnv;
  owner: RunOwner;
}

export async function setScene(cluster: FakeCluster, kubeconfig = cluster.kubeconfig): Promise<Scene> {
  const home = join(cluster.kubeconfig, '..');
  const env = { PATH: process.env.PATH, KUBECONFIG: kubeconfig, HOME: home };
  return { env, kubectl: connectKubectl({ env, run }), owner: await currentOwner('run-1') };
}

/** Fast enough for tests; the ratios are those of real clusters. */
export const FAST: Partial<PodLimits> = {
  schedulingMs: 1500,
  startMs: 60_000,
  outageMs: 20_000,
  // Each look is a process.
  eventsMs: 400,
  againMs: 3000,
  retryMs: 100,
  patience: 0.01,
};

let made = 0;

export interface PodWishes {
  image: string;
  script: string;
  stdin?: boolean;
  memory?: string;
  name?: string;
  more?: object;
}

export function podOf({ image, script, stdin, memory, name, more }: PodWishes): PodManifest {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: name ?? `pod-${++made}` },
    spec: {
      ...({ restartPolicy: 'Never', automountServiceAccountToken: false } as object),
      containers: [
        {
          name: 'main',
          image,
          ...({ command: ['sh', '-c', script] } as object),
          ...(stdin && { stdin: true, stdinOnce: true }),
          ...(memory !== undefined && { resources: { limits: { memory } } }),
        },
      ],
      ...more,
    },
  };
}

export interface Told {
  lines: string[];
  progress: PodProgress[];
}

/** Runs a pod and keeps what is told. The promise never rejects unhandled. */
export function start(scene: Scene, manifest: PodManifest, more: Partial<PodOrder> = {}) {
  const told: Told = { lines: [], progress: [] };
  const end: Promise<PodEnd> = runPod({
    ...scene,
    manifest,
    onLine: (line) => told.lines.push(line),
    onProgress: (progress) => told.progress.push(progress),
    signal: new AbortController().signal,
    limits: FAST,
    ...more,
  });
  end.catch(() => {});
  return { ...told, end };
}

/** A stream of so many bytes that can't be compressed away; counts what was taken of it. */
export function bytes(size: number): { stream: Readable; given: () => number } {
  let given = 0;
  const chunk = Buffer.alloc(64 * 1024, 'x');
  const stream = new Readable({
    read() {
      const left = size - given;
      given += Math.min(left, chunk.length);
      this.push(left <= 0 ? null : chunk.subarray(0, Math.min(left, chunk.length)));
    },
  });
  return { stream, given: () => given };
}
