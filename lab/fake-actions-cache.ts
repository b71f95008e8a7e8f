import { startFakeActionsCache } from '../testing/fake-actions-cache/server.js';

/** `npm run lab fake-actions-cache [v1|v2] [REF]`: prints the environment that the runner would set. */
export async function program([version = 'v2', ref = 'refs/heads/main']: string[]): Promise<string[]> {
  const cache = await startFakeActionsCache();
  const environment = cache.environment({ version: version === 'v1' ? 'v1' : 'v2', ref });
  return Object.entries(environment).map(([name, value]) => `export ${name}=${value}`);
}
