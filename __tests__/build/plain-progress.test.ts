import { readPlainProgress } from '../../src/build/buildx/plain-progress.js';
import { collectProgress } from '../../src/build/buildx/progress.js';
import { printProgress } from '../../src/build/progress-lines.js';
import { EXCERPT, recorded } from './followed-progress.js';

test('plain progress adds up to the same', () => {
  const collector = collectProgress({ api: 'api', bad: 'bad' }, () => {});
  let clock = 1_700_000_000_000;
  const stream = readPlainProgress(collector.status, collector.text, () => (clock += 10));
  stream.push(recorded('plain-buildx-0.13'));
  stream.end();
  const log = collector.finish();
  expect(log.failed).toMatchObject([
    { step: { key: 'bad' }, output: ['out', 'err', 'more'], error: expect.stringContaining('exit code: 3') },
  ]);
  expect(log.images['api']!.steps).toEqual({ total: 4, cached: 4 });
  expect(log.text).toEqual(expect.arrayContaining(EXCERPT));
});

test('the plain log has a line per finished step, and what the failing one printed', () => {
  const lines: string[] = [];
  const listener = printProgress((line) => lines.push(line));
  const step = { number: 7, key: 'api', name: '[deps 2/5] RUN npm ci' };
  listener({ type: 'started', step });
  listener({ type: 'output', step, line: 'added 3 packages' });
  listener({ type: 'completed', step, seconds: 3.21 });
  listener({ type: 'cached', step: { ...step, number: 8, name: '[deps 1/5] COPY\n  package.json ./' } });
  listener({
    type: 'completed',
    step: { number: 9, key: 'api', name: '[internal] load .dockerignore' },
    seconds: 0.1,
  });
  listener({
    type: 'completed',
    step: { number: 10, key: 'api', name: '[internal] load build context' },
    seconds: 9,
  });
  listener({ type: 'failed', step, error: 'exit code: 1', output: ['npm error'] });
  expect(lines).toEqual([
    'api  #7 [deps 2/5] RUN npm ci  3.2s',
    'api  #8 [deps 1/5] COPY package.json ./  cached',
    'api  #10 [internal] load build context  9.0s',
    'api  #7 [deps 2/5] RUN npm ci  failed: exit code: 1',
    'api  #7  | npm error',
  ]);
});
