import type { MountReport } from '../builders/built.js';
import { formatBytes } from './format.js';

/** `exact, 51.3 MB`; `partial, 51.3 MB, saved 64.1 MB`; `none found, saved 51.3 MB`. */
export function describeCacheMounts({ hit, bytes, saved }: MountReport): string {
  return [
    // With `no-cache` what is found is not put in.
    ...(hit === 'none' ? ['none found'] : [hit, bytes > 0 ? formatBytes(bytes) : 'not put in']),
    ...(saved === undefined ? [] : [`saved ${formatBytes(saved)}`]),
  ].join(', ');
}
