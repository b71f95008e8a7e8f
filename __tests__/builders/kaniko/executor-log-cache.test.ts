import { ExecutorLog } from '../../../src/builders/kaniko/executor-log.js';
import type { ProgressEvent } from '../../../src/builders/progress-events.js';
import { parseDockerfile } from '../../../src/dockerfile/parse.js';

const DOCKERFILE = [
  'FROM base:1 AS one',
  'RUN echo fresh > /fresh',
  'RUN sleep 1; echo line of it; exit 9',
  '',
].join('\n');

/** As Kaniko v1.28.3 wrote it with `--cache`: the first step's layer is pushed while the second step runs. */
const LOG = [
  info("Building stage 'base:1' [idx: '0', base-idx: '-1']"),
  info('No cached layer found for cmd RUN echo fresh > /fresh'),
  info('RUN echo fresh > /fresh'),
  info('Cmd: /bin/sh'),
  info('Args: [-c echo fresh > /fresh]'),
  info('Running: [/bin/sh -c echo fresh > /fresh]'),
  info('Taking snapshot of full filesystem...'),
  info('Pushing layer registry.example.org/shop/cache:53583eff57 to cache now'),
  info('RUN sleep 1; echo line of it; exit 9'),
  info('Cmd: /bin/sh'),
  info('Args: [-c sleep 1; echo line of it; exit 9]'),
  info('Running: [/bin/sh -c sleep 1; echo line of it; exit 9]'),
  info('Pushing image to registry.example.org/shop/cache:53583eff57'),
  info('Pushed registry.example.org/shop/cache@sha256:fe3294e1406f'),
  'line of it',
  'error building image: error building stage: failed to execute command: waiting for process to exit: exit status 9',
];

function info(msg: string): string {
  return JSON.stringify({ level: 'info', msg, time: '2026-11-26T09:50:20Z' });
}

test('a layer on its way to the cache takes neither time nor output nor failure from the step that runs', () => {
  const dockerfile = parseDockerfile(DOCKERFILE);
  if ('unreadable' in dockerfile) throw new Error(dockerfile.unreadable);
  const events: ProgressEvent[] = [];
  let count = 0;
  const log = new ExecutorLog({
    key: 'shop',
    dockerfile,
    listener: (event) => events.push(event),
    nextNumber: () => ++count,
    now: () => 0,
  });
  for (const line of LOG) log.push(line);
  const record = log.end('failed');

  expect(events.map((event) => [event.type, 'step' in event ? event.step.name : ''])).toEqual([
    ['started', '[one 1/2] RUN echo fresh > /fresh'],
    ['completed', '[one 1/2] RUN echo fresh > /fresh'],
    ['started', '[one 2/2] RUN sleep 1; echo line of it; exit 9'],
    ['output', '[one 2/2] RUN sleep 1; echo line of it; exit 9'],
    ['failed', '[one 2/2] RUN sleep 1; echo line of it; exit 9'],
  ]);
  expect(record.last).toMatchObject({ instruction: { line: 3 }, output: ['line of it'] });
});
