import { ExecutorLog } from '../../../src/builders/kaniko/executor-log.js';
import type { ProgressEvent } from '../../../src/builders/progress-events.js';
import type { Dockerfile } from '../../../src/dockerfile/dockerfile.js';
import { parseDockerfile } from '../../../src/dockerfile/parse.js';

export const TEXT = `FROM node:24 AS deps
WORKDIR /app
RUN npm ci
FROM deps
ARG WHO
COPY \${WHO}.js /app/
RUN npm run \\
  build
CMD ["node"]
`;

export function read(
  lines: readonly string[],
  outcome: 'done' | 'failed' | 'broken-off',
  text = TEXT,
  platform?: string,
) {
  const events: ProgressEvent[] = [];
  let [number, clock] = [0, 0];
  const log = new ExecutorLog({
    key: 'api',
    dockerfile: parseDockerfile(text) as Dockerfile,
    ...(platform !== undefined && { platform }),
    listener: (event) => events.push(event),
    nextNumber: () => (number += 1),
    now: () => (clock += 1000),
  });
  for (const line of lines) log.push(line);
  return { events, record: log.end(outcome) };
}

export const says = (msg: string, level = 'info') =>
  JSON.stringify({ level, msg, time: '2026-01-01T00:00:00Z' });

/** As the executor v1.28.3 prints it; `deps` is squashed into the stage that begins with it. */
export const LOG = [
  says("To simulate EOF and exit, press 'Ctrl+D'"),
  says("Building stage 'node:24' [idx: '1', base-idx: '-1']"),
  says('Checking for cached layer ghcr.io/acme/api/cache:00…'),
  says('Using caching version of cmd: RUN npm ci'),
  says('Unpacking rootfs as cmd COPY main.js /app/ requires it.'),
  says('WORKDIR /app'),
  says('Cmd: workdir'),
  says('RUN npm ci'),
  says('Found cached layer, extracting to filesystem'),
  says('COPY main.js /app/'),
  says('Taking snapshot of files...'),
  says('RUN npm run   build'),
  says('Cmd: /bin/sh'),
  says('Args: [-c npm run   build]'),
  '> build',
  '{"a": "line of a step that looks like one of the executor\'s"}',
];
