import { mayBePlain } from '../../lib/loopback.js';
import type { PlannedImage } from '../../plan/plan.js';
import { parseReference, splitImageName } from '../../plan/references.js';

/** What an image and a helper target have in common for the executor. */
export type KanikoTarget = Pick<PlannedImage, 'key' | 'target' | 'args' | 'labels' | 'noCache'>;

export interface ExecutorOrder {
  target: KanikoTarget;
  /** Where it is pushed to; undefined: it is built to prove that it builds. */
  destination?: { image: string; tag: string };
  /** Undefined: that of the node. */
  platform?: string;
  /** For the manifest, by name. */
  annotations: Readonly<Record<string, string>>;
  /** Repository for layers. */
  cacheRepository: string;
  /** `read`: the run may not write what releases read. */
  cache: 'read' | 'write';
  sourceDateEpoch: number;
  /** Ids of build secrets with the paths at which the pod has them. */
  secrets: readonly { id: string; path: string }[];
  /** References of all images that are read; with the destination's they say which registries are spoken to. */
  reads: readonly string[];
}

/** Where the executor unpacks its standard input; the Dockerfile lies beside the folder of the context. */
export const CONTEXT_FOLDER = 'context';
const DOCKERFILE = '/kaniko/buildcontext/Dockerfile';
/** Kubernetes reads what a container leaves there: https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/ */
const DIGEST_FILE = '/dev/termination-log';
const TRIES = 3;

/** Command line of Kaniko's executor, v1.28: https://github.com/osscontainertools/kaniko#additional-flags */
export function executorArguments(order: ExecutorOrder): string[] {
  const { target, destination, platform, annotations, secrets } = order;
  return [
    '--context=tar://stdin',
    `--context-sub-path=${CONTEXT_FOLDER}`,
    `--dockerfile=${DOCKERFILE}`,
    ...(destination === undefined
      ? ['--no-push']
      : [`--destination=${destination.image}:${destination.tag}`]),
    ...(order.cache === 'read' ? ['--no-push-cache'] : []),
    `--digest-file=${DIGEST_FILE}`,
    // Without it the media types are those of the base image.
    '--image-format=oci',
    ...(target.target === undefined ? [] : [`--target=${target.target}`]),
    ...(platform === undefined ? [] : [`--custom-platform=${platform}`]),
    ...pairs('build-arg', { SOURCE_DATE_EPOCH: String(order.sourceDateEpoch), ...target.args }),
    ...pairs('label', target.labels),
    ...pairs('annotation', annotations),
    ...secrets.map(({ id, path }) => `--secret=id=${id},type=file,src=${path}`),
    // Compressed while it is cached, a layer is held in memory.
    ...(target.noCache
      ? []
      : ['--cache=true', `--cache-repo=${order.cacheRepository}`, '--compressed-caching=false']),
    // All three are zero where nothing is said.
    `--push-retry=${TRIES}`,
    `--image-download-retry=${TRIES}`,
    `--image-fs-extract-retry=${TRIES}`,
    ...plainRegistries(order).map((host) => `--insecure-registry=${host}`),
    // It finds no container around itself on nodes without overlayfs, and refuses to work then.
    '--force',
    // Its own lines are told from those of the steps by their form.
    '--log-format=json',
  ];
}

function pairs(flag: string, values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).map(([name, value]) => `--${flag}=${name}=${value}`);
}

/** Those that may speak plain http; the executor tries https before. */
function plainRegistries({ destination, cacheRepository, reads }: ExecutorOrder): string[] {
  const hosts = [...reads, cacheRepository, ...(destination ? [destination.image] : [])].flatMap(
    (name) => parseReference(name)?.host ?? [],
  );
  return [...new Set(hosts)].filter(mayBePlain);
}

/**
 * Where layers are kept. Docker Hub has repositories of two parts alone, and makes new ones public: there it is the
 * image's own, under tags that are hashes.
 */
export function cacheRepositoryOf(image: string, configured: string | undefined): string {
  if (configured !== undefined) return configured;
  return splitImageName(image).host === 'docker.io' ? image : `${image}/cache`;
}

/**
 * Environment under which the executor does as BuildKit does:
 * https://github.com/osscontainertools/kaniko#buildkit-compatibility
 */
export const EXECUTOR_ENVIRONMENT: Readonly<Record<string, string>> = {
  FF_KANIKO_CHOWN_ON_IMPLICIT_DIRS: 'true',
  FF_KANIKO_COPY_AS_ROOT: 'true',
  FF_KANIKO_COPY_CHMOD_ON_IMPLICIT_DIRS: 'true',
  FF_KANIKO_EXPAND_HEREDOC: 'true',
  FF_KANIKO_RUN_HONOR_GROUP: 'true',
  FF_KANIKO_UNTAR_SKIP_ROOT: 'true',
};
