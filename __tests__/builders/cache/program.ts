import { fileURLToPath } from 'node:url';

/** The bundled program that the Action starts. */
export const CACHE_PROGRAM = [
  process.execPath,
  fileURLToPath(new URL('../../../dist/actions-cache.js', import.meta.url)),
] as const;
