import { mayBePlain } from '../../lib/loopback.js';
import { parseReference, splitImageName } from '../../plan/references.js';
import type { Target } from './targets.js';

export interface ExecutorOptions {
  target: Pick<Target, 'target' | 'args' | 'labels' | 'noCache'>;
  /** Undefined: nothing is pushed. */
  destination?: { image: string; tag: string };
  /** Empty: that of the node. */
  platform: string;
  /** Of the manifest. */
  annotations: Readonly<Record<string, string>>;
  cacheRepository: string;
  /** `read`: the run must not write what releases read. */
  cache: 'read' | 'write';
  sourceDateEpoch: number;
  secrets: readonly { id: string; path: string }[];
  /** References of all images that are read. */
  reads: readonly string[];
}

/** The folder of the context in the standard input of the executor; the Dockerfile is next to it. */
const CONTEXT_FOLDER = 'context';
const DOCKERFILE = '/kaniko/buildcontext/Dockerfile';
/** https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/ */
export const DIGEST_FILE = '/dev/termination-log';
const RETRIES = 3;

/** Command line of Kaniko's executor, v1.28: https://github.com/osscontainertools/kaniko#additional-flags */
export function executorArguments(options: ExecutorOptions): string[] {
  const { target, destination, platform, annotations, secrets, cacheRepository } = options;
  const plain = hostsOf([...options.reads, cacheRepository, destination?.image ?? '']).filter(mayBePlain);
  return [
    '--context=tar://stdin',
    `--context-sub-path=${CONTEXT_FOLDER}`,
    `--dockerfile=${DOCKERFILE}`,
    destination === undefined ? '--no-push' : `--destination=${destination.image}:${destination.tag}`,
    ...(options.cache === 'read' ? ['--no-push-cache'] : []),
    `--digest-file=${DIGEST_FILE}`,
    // Without it the media types are those of the base image.
    '--image-format=oci',
    ...(target.target === undefined ? [] : [`--target=${target.target}`]),
    ...(platform === '' ? [] : [`--custom-platform=${platform}`]),
    ...pairs('build-arg', { SOURCE_DATE_EPOCH: String(options.sourceDateEpoch), ...target.args }),
    ...pairs('label', target.labels),
    ...pairs('annotation', annotations),
    ...secrets.map(({ id, path }) => `--secret=id=${id},type=file,src=${path}`),
    // A compressed layer is kept in memory while it is cached.
    ...(target.noCache ? [] : ['--cache=true', `--cache-repo=${cacheRepository}`, '--compressed-caching=false']),
    // Zero by default.
    `--push-retry=${RETRIES}`,
    `--image-download-retry=${RETRIES}`,
    `--image-fs-extract-retry=${RETRIES}`,
    // The executor tries https first.
    ...plain.map((host) => `--insecure-registry=${host}`),
    // On nodes without overlayfs it doesn't notice that it runs in a container, and refuses to work.
    '--force',
    '--log-format=json',
  ];
}

function pairs(flag: string, values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).map(([name, value]) => `--${flag}=${name}=${value}`);
}

export function hostsOf(references: readonly string[]): string[] {
  return [...new Set(references.flatMap((reference) => parseReference(reference)?.host ?? []))];
}

/**
 * The repository for layers. Docker Hub's repositories have two parts, and new ones are public: there it is the
 * repository of the image, whose tags of layers are hashes.
 */
export function cacheRepositoryOf(image: string, configured: string | undefined): string {
  if (configured !== undefined) return configured;
  return splitImageName(image).host === 'docker.io' ? image : `${image}/cache`;
}

/** Makes the executor behave as BuildKit: https://github.com/osscontainertools/kaniko#buildkit-compatibility */
export const EXECUTOR_ENVIRONMENT: Readonly<Record<string, string>> = {
  FF_KANIKO_CHOWN_ON_IMPLICIT_DIRS: 'true',
  FF_KANIKO_COPY_AS_ROOT: 'true',
  FF_KANIKO_COPY_CHMOD_ON_IMPLICIT_DIRS: 'true',
  FF_KANIKO_EXPAND_HEREDOC: 'true',
  FF_KANIKO_RUN_HONOR_GROUP: 'true',
  FF_KANIKO_UNTAR_SKIP_ROOT: 'true',
};
