import { HttpFailure, type HttpClient } from '../lib/http.js';

type Variables = Readonly<Record<string, string | undefined>>;

export interface CacheAccess {
  /** The runner provides the service's address and token, and the run may use them. */
  cacheService: boolean;
  /** The service exists but answers no request: nothing may wait for it. */
  cacheSilent?: true;
  /** Absent: it may read and write. */
  cacheMode?: CacheMode;
}

/** `read`: the cache is used, nothing is saved in it; `write`: the other way round. */
export type CacheMode = 'read' | 'write';

/**
 * Rule: `@actions/cache`, internal/config: GitHub Enterprise Server has v1 alone; of ACTIONS_CACHE_MODE's values
 * `none`, `read`, `write`, `write-only` an unknown one permits all.
 */
export function readCacheAccess(env: Variables): CacheAccess {
  const server = env['GITHUB_SERVER_URL'] ?? '';
  const host = URL.canParse(server) ? new URL(server).hostname : 'github.com';
  const cloud = /(^github\.com|\.ghe\.com|\.localhost)$/i.test(host);
  const v2 = cloud && Boolean(env['ACTIONS_CACHE_SERVICE_V2']);
  const url = (!v2 && env['ACTIONS_CACHE_URL']) || env['ACTIONS_RESULTS_URL'];
  const mode = MODES[(env['ACTIONS_CACHE_MODE'] ?? '').trim().toLowerCase()];
  const cacheService = Boolean(url && env['ACTIONS_RUNTIME_TOKEN']) && mode !== 'none';
  return { cacheService, ...(mode !== undefined && mode !== 'none' && { cacheMode: mode }) };
}

/**
 * Looks for an entry that does not exist. Any answer will do; a service that accepts the request and stays silent would
 * block BuildKit forever, whose `timeout` bounds no request, and all its later builds.
 * @throws Cancelled
 */
export async function probeCacheService(
  env: Variables,
  http: Pick<HttpClient, 'exchange'>,
  signal: AbortSignal,
): Promise<CacheAccess> {
  const access = readCacheAccess(env);
  // As buildx finds the service for BuildKit (util/buildflags/cache.go).
  const v2 = /^(?:1|t|true)$/i.test(env['ACTIONS_CACHE_SERVICE_V2'] ?? '');
  const url = (!v2 && env['ACTIONS_CACHE_URL']) || env['ACTIONS_RESULTS_URL'] || '';
  if (!access.cacheService || !URL.canParse(url)) return access;
  const authorization = `Bearer ${env['ACTIONS_RUNTIME_TOKEN']}`;
  const asked = v2
    ? {
        method: 'POST' as const,
        url: new URL('twirp/github.actions.results.api.v1.CacheService/GetCacheEntryDownloadURL', url),
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify({ key: PROBED, restore_keys: [], version: PROBED }),
      }
    : {
        method: 'GET' as const,
        url: new URL(`_apis/artifactcache/cache?keys=${PROBED}&version=${PROBED}`, url),
        headers: { authorization, accept: 'application/json;api-version=6.0-preview.1' },
      };
  try {
    await http.exchange({ ...asked, maxBytes: 1_000_000, signal });
    return access;
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error;
    return error.code === 'SILENT' ? { ...access, cacheService: false, cacheSilent: true } : access;
  }
}

const PROBED = 'image-release-probe';

const MODES: Partial<Record<string, CacheMode | 'none'>> = {
  none: 'none',
  read: 'read',
  'write-only': 'write',
};
