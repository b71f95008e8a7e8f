import { fileURLToPath } from 'node:url';

/** As the Action starts it: of the bundle, so that it is what is shipped. */
export const CACHE_PROGRAM = [
  process.execPath,
  fileURLToPath(new URL('../../../dist/actions-cache.js', import.meta.url)),
] as const;
