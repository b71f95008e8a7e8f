import type { CacheConfig } from '../config/config.js';
import type { Environment } from '../facts/facts.js';
import type { Plan } from './plan.js';

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
 * (docker/build-push-action#1076). In the Actions cache, what a change of `platforms` leaves behind is read as
 * well: the scopes of each platform alone and of the builder's own. That a branch reads what the default branch has saved is the
 * cache service's own doing: BuildKit looks in each ref that the run's token names. A failing export never
 * fails a release (`ignore-error`).
 */
export function planCache(request: CacheRequest): CacheEntries {
  const { from, to } = CACHES[effectiveType(request)](request);
  const { environment } = request;
  const inActions = from.some((entry) => entry.startsWith('type=gha')) && environment.kind === 'actions';
  if (inActions && environment.cacheSilent) return { cacheFrom: [], cacheTo: [] };
  const mode = inActions ? environment.cacheMode : undefined;
  return { cacheFrom: mode === 'write' ? [] : from, cacheTo: mode === 'read' ? [] : to };
}

/**
 * Whether a run may save a build cache: only one that publishes, and not what a pull request proposes. Releases read
 * what is saved here, so code that nobody has merged must not reach them by this way either.
 */
export function mayWriteCache({ source, publish }: Pick<Plan, 'source' | 'publish'>): boolean {
  return publish.mode !== 'build-only' && source.ref.type !== 'pull-request';
}

interface Places {
  from: string[];
  to: string[];
}

/** How long BuildKit tries again where the service throttles or fails; its own bound is ten minutes. */
const TIMEOUTS = { from: '2m', to: '5m' };

const CACHES: Record<Exclude<CacheConfig['type'], 'auto'>, (request: CacheRequest) => Places> = {
  none: () => ({ from: [], to: [] }),
  gha: (request) => {
    const [own, ...earlier] = placesOf(request.platforms).map((place) =>
      [`image-release-${request.key}`, place].filter(Boolean).join('-'),
    );
    return {
      from: [own, ...earlier].map((scope) => `type=gha,scope=${scope},timeout=${TIMEOUTS.from}`),
      to: [`type=gha,mode=max,scope=${own},ignore-error=true,timeout=${TIMEOUTS.to}`],
    };
  },
  // image-manifest and oci-mediatypes: ghcr.io, ECR and Harbor refuse the older cache manifest list. No earlier
  // places: where gha is silent about an absent one, each of these would be an error in every build's log.
  registry: (request) => {
    const ref = cacheReference(request, placesOf(request.platforms)[0]);
    return {
      from: [`type=registry,ref=${ref}`],
      to: [`type=registry,ref=${ref},mode=max,image-manifest=true,oci-mediatypes=true,ignore-error=true`],
    };
  },
};

function effectiveType({ cache, environment }: CacheRequest): Exclude<CacheConfig['type'], 'auto'> {
  if (cache.type !== 'auto') return cache.type;
  return environment.kind === 'actions' && environment.cacheService ? 'gha' : 'none';
}

/** The image's own repository, or the configured one, which several images share: their tags carry the key. */
function cacheReference({ cache, key, image }: CacheRequest, place: string): string {
  if (cache.type !== 'registry' || cache.ref === undefined) {
    return `${image}:${['cache', place].filter(Boolean).join('-')}`;
  }
  const [, repository, tag = 'cache'] = /^(.+?)(?::([\w.-]+))?$/.exec(cache.ref) ?? [];
  return `${repository}:${[tag, key.replace(/[^\w.-]/g, '-'), place].filter(Boolean).join('-')}`;
}

/** The set's own place first: `linux/arm64,linux/amd64` → `linux-amd64-linux-arm64`, one name in any order. */
function placesOf(platforms: readonly string[]): [string, ...string[]] {
  const names = [...new Set(platforms)].sort().map((platform) => platform.replaceAll('/', '-'));
  if (names.length === 0) return [''];
  return [names.join('-'), ...(names.length > 1 ? names : []), ''];
}
