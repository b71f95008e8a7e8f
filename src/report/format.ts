import { counted } from '../lib/counted.js';

/** `842 kB`, `51.3 MB`: decimal units, as registries show them. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** `+1.2 MB (+3 %)`, `−842 kB (−0.4 %)`, `same size`. */
export function formatChange({ before, after }: { before: number; after: number }): string {
  if (before === after) return 'same size';
  const sign = after > before ? '+' : '−';
  const share = (Math.abs(after - before) / before) * 100;
  const percent = share >= 9.95 ? Math.round(share) : Number(share.toFixed(1));
  const ofBefore = before === 0 || percent === 0 ? '' : ` (${sign}${percent} %)`;
  return `${sign}${formatBytes(Math.abs(after - before))}${ofBefore}`;
}

/** `0.4 s`, `12 s`, `3 min 05 s`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}

/** The algorithm and the first twelve hex digits: `sha256:1f2e3d4c5b6a`. */
export function shortDigest(digest: string): string {
  return digest.slice(0, digest.indexOf(':') + 13);
}

/** How long ago: `just now`, `12 min ago`, `3 h ago`, `1 day ago`. Both are points in time. */
export function formatAge(since: Date, now: Date): string {
  const minutes = Math.floor((now.getTime() - since.getTime()) / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ago`;
  return `${counted(Math.floor(hours / 24), 'day')} ago`;
}

/** `2026-01-05 10:11 UTC`, of an ISO 8601 time in UTC. */
export function formatTime(iso: string): string {
  return iso.replace(/^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}).*$/, '$1 $2 UTC');
}
