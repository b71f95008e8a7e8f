import type { KanikoSettings } from '../../config/builder-settings.js';
import type { ImageConfig } from '../../config/config.js';

/** What a runner is written for. */
export interface Runner {
  /** In an order in which an image comes after those that it is built on. */
  images: RunnerImage[];
  /** Without scheme: `github.com/acme/shop.git`, as Kaniko's git context takes it. */
  repository: string;
  /** Built where no commit is asked for. */
  branch: string;
  /** Where pods run and what they may use; its timeout and parallel are the executor's in pods of its own. */
  settings: KanikoSettings;
  /** What keeps `RUN --mount=type=cache` between builds. */
  cache: 'emptyDir' | 'pvc';
}

export interface RunnerImage extends Pick<
  ImageConfig,
  'key' | 'context' | 'dockerfile' | 'target' | 'args' | 'labels' | 'secrets'
> {
  /** Repository reference without tag. */
  image: string;
}

/** Name of the Deployment, and what the names of its parts begin with. */
export const RUNNER = 'kaniko-build-runner';
/** Type `kubernetes.io/dockerconfigjson`, unless the configuration names another. */
export const REGISTRY_SECRET = 'kaniko-registry';
/** Key `token`; may be absent where the repository is public. */
export const GIT_SECRET = 'kaniko-git';
/** A key per build secret; absent where there is none. */
export const BUILD_SECRETS = 'kaniko-build-secrets';

/** Where the container finds the build secrets. */
export const SECRETS_FOLDER = '/kaniko/build-secrets';

export function registrySecretOf({ settings }: Runner): string {
  return settings.registrySecret ?? REGISTRY_SECRET;
}

export function secretIdsOf({ images }: Runner): string[] {
  return [...new Set(images.flatMap(({ secrets }) => secrets.map(({ id }) => id)))];
}
