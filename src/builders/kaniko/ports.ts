import type { Readable } from 'node:stream';
import type { Manifest, PodManifest } from '../../kubernetes/pod.js';
import type { PodEnd, PodProgress } from '../../kubernetes/run-pod.js';
import type { Source } from '../../facts/source.js';
import type { BaseImages, BuildDescription } from '../../dockerfile/description.js';
import type { parseDockerfile } from '../../dockerfile/parse.js';
import type { readMount } from '../../dockerfile/sources.js';
import type { findContext, kindOfContext } from '../../dockerfile/references.js';
import type { openGlobalScope } from '../../dockerfile/scope.js';
import type { copyWords } from '../../dockerfile/instructions.js';
import type { substitute } from '../../dockerfile/substitute.js';
import type { useOf } from '../../dockerfile/use.js';
import type { IgnoreRules } from '../../dockerfile/ignore/ignore.js';
import type { Problem } from '../../lib/errors.js';
import type { ProblemCode } from '../../lib/problem-catalogue.js';
import type { Secret } from '../../lib/secret.js';
import type { PlannedImage } from '../../plan/plan.js';

/** What the builder needs of others, each from the folder that has it; world/ connects them. */
export interface KanikoPorts {
  /** Of this run: letters and digits, eight or so. Everything that it makes has it in its name and its labels. */
  run: string;
  /** Limits how many tasks run at once; `onWait` is called for one that has to wait. */
  createPool(
    limit: number,
  ): <T>(task: () => Promise<T>, signal: AbortSignal, onWait: () => void) => Promise<T>;
  runPod: RunPod;
  /** Problems of a pod after which another one may do. */
  retriable: ReadonlySet<ProblemCode>;
  packContext: PackContext;
  /** @throws ReleaseError `build/context-unreadable`, before any pod is made */
  surveyContext(order: ContextOrder): Promise<unknown>;
  readIgnoreRules(
    folder: string,
    image: Pick<BuildDescription, 'dockerfile' | 'dockerfileInline'>,
  ): { rules: IgnoreRules } | { doubt: string };
  dockerfiles: DockerfileReader;
  /** The login that this machine has for a registry; undefined: none. Host as in image names. */
  findLogin(host: string): Promise<RegistryCredentials | undefined>;
  /** The digest that a registry serves for a tag or digest; undefined: none. */
  resolve(image: string, reference: string): Promise<string | undefined>;
  /** Also after a cancel, within seconds. `false`: this registry deletes no tags. */
  deleteTag(image: string, tag: string): Promise<boolean>;
  attest: Attest;
}

/** Of `inputs/dockerfile`. */
export interface DockerfileReader {
  parse: typeof parseDockerfile;
  use: typeof useOf;
  scope: typeof openGlobalScope;
  substitute: typeof substitute;
  mount: typeof readMount;
  copyWords: typeof copyWords;
  findContext: typeof findContext;
  kindOfContext: typeof kindOfContext;
}

export type RegistryCredentials = { username: string; password: Secret } | { identityToken: Secret };

export interface ContextOrder {
  image: string;
  name: string;
  folder: string;
  rules: IgnoreRules;
  dockerfile: string | Uint8Array;
  signal?: AbortSignal;
}

export type PackContext = (order: ContextOrder) => { stream: Readable; done: Promise<unknown> };

/** Runs one pod to its end and removes it, whatever happens. A non-zero exit code is a result. */
export type RunPod = (order: PodOrder) => Promise<PodEnd>;

export interface PodOrder {
  manifest: PodManifest;
  /** Made with it, and removed with it. */
  secrets: readonly Manifest[];
  /** Begun when the container runs; its end is the end of the container's standard input. */
  stdin?: () => Readable;
  /** A whole line of its log. */
  onLine(line: string): void;
  onProgress(progress: PodProgress): void;
  signal: AbortSignal;
}

/** Makes of pushed manifests what BuildKit would have pushed: one index with SBOM and provenance. */
export type Attest = (request: AttestRequest) => Promise<{ digest: string; warnings: Problem[] }>;

export interface AttestRequest {
  image: PlannedImage;
  source: Source;
  /** As they were pushed to `image.image`. `platform` is empty where none was planned: the config says it. */
  manifests: { platform: string; digest: string }[];
  /** `executor`: reference of its image. */
  builder: { type: 'kaniko'; executor: string };
  /** Milliseconds since the epoch. */
  startedAt: number;
  finishedAt: number;
  /** As they were before the build. */
  bases: BaseImages;
  /**
   * Images that it stands on or copies from, and those that helpers on the way do: as the Dockerfile names them, or by
   * the digest of their index where they were built before.
   */
  reads: readonly string[];
  /** The Dockerfile that was sent for the first of the platforms. */
  dockerfile: string;
  signal: AbortSignal;
  say(line: string): void;
  /**
   * Builds a Dockerfile over an empty context in a pod of the platform and pushes the result to `image.image` under
   * a tag that is removed afterwards.
   */
  buildFile(file: { platform: string; dockerfile: string; name: string }): Promise<{ digest: string }>;
}
