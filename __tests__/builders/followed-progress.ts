import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { collectProgress, type BuildLog } from '../../src/builders/buildx/progress.js';
import type { ProgressEvent } from '../../src/builders/progress-events.js';
import { readProgress } from '../../src/builders/buildx/progress-stream.js';

/** What buildx really wrote to stderr: targets api and bad in one bake, bad's last step fails. */
export function recorded(name: string): Buffer {
  return readFileSync(fileURLToPath(new URL(`fixtures/${name}.txt`, import.meta.url)));
}

export function follow(
  bytes: Buffer,
  keys: string[],
  chunk = bytes.length,
): { log: BuildLog; events: ProgressEvent[] } {
  const events: ProgressEvent[] = [];
  const collector = collectProgress(Object.fromEntries(keys.map((key) => [key, key])), (event) =>
    events.push(event),
  );
  const stream = readProgress(collector.status, collector.text);
  for (let at = 0; at < bytes.length; at += chunk) stream.push(bytes.subarray(at, at + chunk));
  stream.end();
  return { log: collector.finish(), events };
}

export const EXCERPT = [
  'Dockerfile:9',
  '--------------------',
  '   8 |     # comment',
  '   9 | >>> RUN echo out; echo err >&2; \\',
  '  10 | >>>     echo more; \\',
  '  11 | >>>     exit 3',
  '  12 |     ',
  '--------------------',
  expect.stringMatching(/^ERROR: .*exit code: 3$/),
];

export function json(...objects: object[]): Buffer {
  return Buffer.from(objects.map((object) => `${JSON.stringify(object)}\n`).join(''));
}

export const STARTED = '2026-01-01T00:00:00Z';
export const COMPLETED = '2026-01-01T00:00:03.5Z';
