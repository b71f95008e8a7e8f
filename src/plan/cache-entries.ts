import type { CacheConfig } from '../config/config.js';
import type { Environment } from '../facts/facts.js';

export interface CacheRequest {
  cache: CacheConfig;
  /** Key of the image. */
  key: string;
  /** Repository reference without tag. */
  image: string;
  /** Empty: the builder's own platform. */
  platforms: readonly string[];
  environment: Environment;
}

/** Entries in BuildKit's CSV grammar, ready for a bake target. */
export interface CacheEntries {
  cacheFrom: string[];
  cacheTo: string[];
}

/**
 * Where an image's build cache is read from and written to. Each image and set of platforms has a place of
 * its own: the gha backend keeps one index per scope, so two images on one scope replace each other's
 * (docker/build-push-action#1076). A failing export never fails a release (`ignore-error`).
 */
export function planCache(request: CacheRequest): CacheEntries {
  return CACHES[effectiveType(request)](request);
}

const CACHES: Record<Exclude<CacheConfig['type'], 'auto'>, (request: CacheRequest) => CacheEntries> = {
  none: () => ({ cacheFrom: [], cacheTo: [] }),
  gha: (request) => {
    const scope = ['image-release', request.key, platformPart(request.platforms)].filter(Boolean).join('-');
    return {
      cacheFrom: [`type=gha,scope=${scope}`],
      cacheTo: [`type=gha,mode=max,scope=${scope},ignore-error=true`],
    };
  },
  // image-manifest and oci-mediatypes: ghcr.io, ECR and Harbor refuse the older cache manifest list.
  registry: (request) => {
    const ref = cacheReference(request);
    return {
      cacheFrom: [`type=registry,ref=${ref}`],
      cacheTo: [
        `type=registry,ref=${ref},mode=max,image-manifest=true,oci-mediatypes=true,ignore-error=true`,
      ],
    };
  },
};

function effectiveType({ cache, environment }: CacheRequest): Exclude<CacheConfig['type'], 'auto'> {
  if (cache.type !== 'auto') return cache.type;
  return environment.kind === 'actions' && environment.cacheService ? 'gha' : 'none';
}

/** The image's own repository, or the configured one, which several images share: their tags carry the key. */
function cacheReference({ cache, key, image, platforms }: CacheRequest): string {
  const suffix = platformPart(platforms);
  if (cache.type !== 'registry' || cache.ref === undefined) {
    return `${image}:${['cache', suffix].filter(Boolean).join('-')}`;
  }
  const [, repository, tag = 'cache'] = /^(.+?)(?::([\w.-]+))?$/.exec(cache.ref) ?? [];
  return `${repository}:${[tag, key.replace(/[^\w.-]/g, '-'), suffix].filter(Boolean).join('-')}`;
}

/** `linux/arm64,linux/amd64` → `linux-amd64-linux-arm64`: one name for a set in any order. */
function platformPart(platforms: readonly string[]): string {
  return [...platforms].sort().join('-').replaceAll('/', '-');
}
