import type { KanikoSettings } from '../../config/builder-settings.js';
import type { Problem } from '../../lib/errors.js';
import type { BuildRequest } from '../built.js';
import type { PreparedTarget, PodLogin } from './prepare.js';
import type { StagingTag } from './run-executor.js';
import type { BaseImages, BuildDescription } from '../../dockerfile/description.js';
import type { IgnoreRules } from '../../dockerfile/ignore/ignore.js';
import type { Source } from '../../facts/source.js';
import type { PodEnd, PodRequest } from '../../kubernetes/run-pod.js';
import type { Secret } from '../../lib/secret.js';
import type { PlannedImage } from '../../plan/plan.js';

/** One build of a plan: what its targets share, and what they leave. */
export interface KanikoBuild {
  order: BuildRequest;
  settings: KanikoSettings;
  ports: KanikoPorts;
  targets: readonly PreparedTarget[];
  pool: Pool;
  parallel: number;
  /** Also aborted when another image has failed. */
  signal: AbortSignal;
  nextNumber(): number;
  queued(key: string, message: string): void;
  login?: PodLogin;
  stagingTags: StagingTag[];
  /** Pods that were stopped and deleted. */
  removed: string[];
  warnings: Problem[];
}

export interface BuiltTarget {
  key: string;
  /** As pushed; empty: nothing was pushed. */
  manifests: { platform: string; digest: string }[];
  /** Of the index; undefined: not published. */
  digest?: string;
  reads: string[];
  seconds: number;
  counts: { total: number; cached: number };
}

/** Runs a task when a place is free; `onWait` is called if none is. */
type Pool = <Result>(task: () => Promise<Result>, signal: AbortSignal, onWait: () => void) => Promise<Result>;

/** At most `places` tasks at once; the others wait in order, and an abort ends their wait. */
export function createPool(places: number): Pool {
  const running = new Set<Promise<unknown>>();
  return async (task, signal, onWait) => {
    if (running.size >= places) {
      onWait();
      const waited = new AbortController();
      const aborted = new Promise((resolve) => {
        signal.addEventListener('abort', resolve, { once: true, signal: waited.signal });
      });
      while (running.size >= places && !signal.aborted) await Promise.race([...running, aborted]);
      waited.abort();
    }
    signal.throwIfAborted();
    const work = task();
    const ended: Promise<unknown> = work.then(
      () => running.delete(ended),
      () => running.delete(ended),
    );
    running.add(ended);
    return work;
  };
}

/** Functions of other folders that Kaniko's builder needs; `app/` connects them. */
export interface KanikoPorts {
  /** Of this run: letters and digits, about eight. All names in the cluster contain it. */
  run: string;
  /** Runs one pod to its end and deletes it in any case. A non-zero exit code is a result. */
  runPod(pod: Omit<PodRequest, 'kubectl' | 'owner' | 'limits'>): Promise<PodEnd>;
  readIgnoreRules(
    folder: string,
    image: Pick<BuildDescription, 'dockerfile' | 'dockerfileInline'>,
  ): { status: 'read'; rules: IgnoreRules } | { status: 'unknown'; reason: string };
  /** The login that this machine has for a registry; undefined: none. Host as in image names. */
  findLogin(host: string): Promise<RegistryCredentials | undefined>;
  /** The digest that a registry has for a tag or digest; undefined: none. */
  resolve(image: string, reference: string): Promise<string | undefined>;
  /** Also after a cancel, within seconds. `false`: this registry deletes no tags. */
  deleteTag(image: string, tag: string): Promise<boolean>;
  attest: Attest;
}

export type RegistryCredentials = { username: string; password: Secret } | { identityToken: Secret };

/** Makes of pushed manifests what BuildKit would have pushed: one index with SBOM and provenance. */
export type Attest = (request: AttestRequest) => Promise<{ digest: string; warnings: Problem[] }>;

export interface AttestRequest {
  image: PlannedImage;
  source: Source;
  /** As pushed to `image.image`. `platform` is empty if none was planned: the image's config has it. */
  manifests: { platform: string; digest: string }[];
  /** `executor`: reference of its image. */
  builder: { type: 'kaniko'; executor: string };
  /** Milliseconds since the epoch. */
  startedAt: number;
  finishedAt: number;
  bases: BaseImages;
  /**
   * Images that it and its helper targets are built on or copy from: as the Dockerfile names them, or by the digest of
   * their index if this run built them.
   */
  reads: readonly string[];
  /** The Dockerfile that was sent for the first platform. */
  dockerfile: string;
  signal: AbortSignal;
  say(line: string): void;
  /**
   * Builds a Dockerfile over an empty context in a pod of the platform, and pushes the result to `image.image` under
   * a tag that is deleted afterwards.
   */
  buildFile(file: { platform: string; dockerfile: string; name: string }): Promise<{ digest: string }>;
}
