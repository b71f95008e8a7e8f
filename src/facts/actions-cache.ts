/** What this run may do with the Actions cache. */
export interface CacheAccess {
  /** The runner handed over the service's address and token, and the run may use them. */
  cacheService: boolean;
  /** Absent: it may read and write. */
  cacheMode?: CacheMode;
}

/** `read`: what is in the cache is used, nothing is saved in it; `write`: the other way round. */
export type CacheMode = 'read' | 'write';

/**
 * Rule: `@actions/cache`, internal/config: GitHub Enterprise Server has v1 alone; of ACTIONS_CACHE_MODE's values
 * `none`, `read`, `write`, `write-only` an unknown one permits all.
 */
export function readCacheAccess(env: Readonly<Record<string, string | undefined>>): CacheAccess {
  const server = env['GITHUB_SERVER_URL'] ?? '';
  const host = URL.canParse(server) ? new URL(server).hostname : 'github.com';
  const cloud = /(^github\.com|\.ghe\.com|\.localhost)$/i.test(host);
  const v2 = cloud && Boolean(env['ACTIONS_CACHE_SERVICE_V2']);
  const url = (!v2 && env['ACTIONS_CACHE_URL']) || env['ACTIONS_RESULTS_URL'];
  const mode = MODES[(env['ACTIONS_CACHE_MODE'] ?? '').trim().toLowerCase()];
  const cacheService = Boolean(url && env['ACTIONS_RUNTIME_TOKEN']) && mode !== 'none';
  return { cacheService, ...(mode !== undefined && mode !== 'none' && { cacheMode: mode }) };
}

const MODES: Partial<Record<string, CacheMode | 'none'>> = {
  none: 'none',
  read: 'read',
  'write-only': 'write',
};
