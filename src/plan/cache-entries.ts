import type { CacheConfig, Config } from '../config/config.js';
import type { Environment } from '../facts/facts.js';
import type { Plan, PlannedImage } from './plan.js';

export interface CacheRequest extends Pick<PlannedImage, 'key' | 'image' | 'platforms'> {
  cache: CacheConfig;
  environment: Environment;
}

/** Entries in BuildKit's CSV grammar, ready for a bake target. */
type CacheEntries = Pick<PlannedImage, 'cacheFrom' | 'cacheTo'>;

/**
 * The sources and targets of an image's build cache. Each image and set of platforms has its own scope: the gha backend
 * keeps one index per scope, so two images in one scope replace each other's (docker/build-push-action#1076). In the
 * Actions cache the scopes of each platform alone and of the builder's own are read too, for a change of `platforms`.
 * BuildKit itself reads the scopes of the default branch. A failing export never fails a release (`ignore-error`).
 */
export function planCache(request: CacheRequest): CacheEntries {
  const { cache, environment } = request;
  const actions = environment.kind === 'actions' ? environment : undefined;
  const type = cache.type === 'auto' ? (actions?.cacheService ? 'gha' : 'none') : cache.type;
  if (type === 'none' || (type === 'gha' && actions?.cacheSilent)) return { cacheFrom: [], cacheTo: [] };
  if (type === 'registry') return registryCache(request);
  const { cacheFrom, cacheTo } = actionsCache(request);
  const mode = actions?.cacheMode;
  return { cacheFrom: mode === 'write' ? [] : cacheFrom, cacheTo: mode === 'read' ? [] : cacheTo };
}

/**
 * Whether a run may save a build cache: only one that publishes, and no pull request. Releases read this cache, so
 * code that is not merged must not reach them through it.
 */
export function mayWriteCache({ source, publish }: Pick<Plan, 'source' | 'publish'>): boolean {
  return publish.mode !== 'build-only' && source.ref.type !== 'pull-request';
}

/** How long BuildKit retries if the service throttles or fails; its own limit is ten minutes. */
const TIMEOUTS = { from: '2m', to: '5m' };

function actionsCache({ key, platforms }: CacheRequest): CacheEntries {
  const [own, ...others] = platformScopes(platforms).map((scope) =>
    [`image-release-${key}`, scope].filter(Boolean).join('-'),
  );
  return {
    cacheFrom: [own, ...others].map((scope) => `type=gha,scope=${scope},timeout=${TIMEOUTS.from}`),
    cacheTo: [`type=gha,mode=max,scope=${own},ignore-error=true,timeout=${TIMEOUTS.to}`],
  };
}

/**
 * image-manifest and oci-mediatypes: ghcr.io, ECR and Harbor refuse the older cache manifest list. Other scopes are not
 * read: each missing one would be an error in the log of every build.
 */
function registryCache(request: CacheRequest): CacheEntries {
  const ref = cacheReference(request, platformScopes(request.platforms)[0]);
  return {
    cacheFrom: [`type=registry,ref=${ref}`],
    cacheTo: [`type=registry,ref=${ref},mode=max,image-manifest=true,oci-mediatypes=true,ignore-error=true`],
  };
}

/** The image's own repository, or the configured one, which several images share: their tags carry the key. */
function cacheReference({ cache, key, image }: CacheRequest, scope: string): string {
  if (cache.type !== 'registry' || cache.ref === undefined) {
    return `${image}:${['cache', scope].filter(Boolean).join('-')}`;
  }
  const [, repository, tag = 'cache'] = /^(.+?)(?::([\w.-]+))?$/.exec(cache.ref) ?? [];
  return `${repository}:${[tag, key.replace(/[^\w.-]/g, '-'), scope].filter(Boolean).join('-')}`;
}

/** Whether a build cache is stored under this tag, for any image and platforms. */
export function isCacheTag({ cache, images, helpers }: Config, image: string, tag: string): boolean {
  const written = [...images, ...helpers].flatMap(({ cacheEntries }) =>
    [...(cacheEntries?.from ?? []), ...(cacheEntries?.to ?? [])].map((entry) => /\bref=([^,]+)/.exec(entry)?.[1]),
  );
  const [, repository = image, base = 'cache'] =
    cache.type === 'registry' && cache.ref !== undefined ? (/^(.+?)(?::([\w.-]+))?$/.exec(cache.ref) ?? []) : [];
  const isConfigured = repository === image && (tag === base || tag.startsWith(`${base}-`));
  return isConfigured || written.includes(`${image}:${tag}`);
}

/** The scope of the complete set first: `linux/arm64,linux/amd64` → `linux-amd64-linux-arm64`, one name in any order. */
function platformScopes(platforms: readonly string[]): [string, ...string[]] {
  const names = [...new Set(platforms)].sort().map((platform) => platform.replaceAll('/', '-'));
  if (names.length === 0) return [''];
  return [names.join('-'), ...(names.length > 1 ? names : []), ''];
}
