import { startFakeActionsCache } from './fake-actions-cache/server.js';
import { runAsProgram } from './program.js';

/** `tsx lab/fake-actions-cache.ts [v1|v2] [ref]`: prints the environment that the runner would set. */
runAsProgram(import.meta.url, async ([version = 'v2', ref = 'refs/heads/main']) => {
  const cache = await startFakeActionsCache();
  const environment = cache.environment({ version: version === 'v1' ? 'v1' : 'v2', ref });
  return {
    lines: Object.entries(environment).map(([name, value]) => `export ${name}=${value}`),
    stop: () => cache.stop(),
  };
});
