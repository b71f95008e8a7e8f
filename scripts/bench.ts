import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { benchBuild } from './bench/build.js';
import { benchDeploy } from './bench/deploy.js';
import { ROOT } from './bench/bundle.js';
import { benchFingerprint } from './bench/fingerprint.js';
import { benchHistory } from './bench/history.js';
import { renderBenchmarks } from './bench/report.js';
import { benchRequests } from './bench/requests.js';
import { benchStart } from './bench/start.js';
import { benchStream } from './bench/stream.js';

/** `npm run bench` measures everything and writes docs/dev/benchmarks.md, `npm run bench -- deploy` one topic. */
const TOPICS: Record<string, () => void | Promise<void>> = {
  start: benchStart,
  deploy: benchDeploy,
  build: benchBuild,
  history: benchHistory,
  fingerprint: benchFingerprint,
  stream: benchStream,
  requests: benchRequests,
};

const wanted = process.argv.slice(2);
const unknown = wanted.find((topic) => !Object.hasOwn(TOPICS, topic));
if (unknown !== undefined)
  throw new Error(`There is no topic ${unknown}; there are ${Object.keys(TOPICS).join(', ')}.`);

console.log('Ratios of things measured side by side in this run; single times depend on the machine.');
for (const [topic, bench] of Object.entries(TOPICS)) {
  if (wanted.length === 0 || wanted.includes(topic)) await bench();
}
if (wanted.length === 0) writeFileSync(join(ROOT, 'docs/dev/benchmarks.md'), renderBenchmarks());
