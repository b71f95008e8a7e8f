import { parseArgs } from 'node:util';
import { run } from '../src/lib/process.js';
import { WAYS } from '../testing/race/faults.js';
import { race } from '../testing/race/race.js';

/** Files whose searches go further in a soak: those that ask `soak()`. */
const SEARCHES = [
  ...['deploy/kustomization/properties', 'deploy/model', 'history/replay'],
  ...['mutations', 'registry/moving-tags/interleavings', 'registry/publish-faults', 'real-builds'],
  ...['unreadable-answers', 'targets-github-requests'],
  ...['stories/action-cancel', 'stories/hostile', 'stories/cli-promote'],
];

/**
 * `npm run soak`: what only a long search can find. Runs the searches of the tests with larger bounds, then races of
 * real processes. `npm run soak -- --only races --count 200 --seed 1` races alone; a race that failed is repeated by
 * `npm run soak -- --only races --count 1 --seed SEED --way 'git over HTTP'`.
 */
const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    count: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    way: { type: 'string' },
    processes: { type: 'string', default: '20' },
  },
});
const PARTS = { searches, races };
const parts = Object.entries(PARTS).filter(([name]) => values.only === undefined || name === values.only);
if (parts.length === 0) throw new Error(`--only is one of: ${Object.keys(PARTS).join(', ')}`);

let failed = 0;
for (const [, part] of parts) failed += await part();
process.exit(failed > 0 ? 1 : 0);

async function searches(): Promise<number> {
  const args = ['--import', 'tsx', 'scripts/test.ts', ...SEARCHES];
  const { code } = await run(process.execPath, args, {
    env: { ...process.env, SOAK: '1' },
    onStdout: (chunk) => process.stdout.write(chunk),
    onStderr: (chunk) => process.stderr.write(chunk),
  });
  return code === 0 ? 0 : 1;
}

async function races(): Promise<number> {
  const ways = WAYS.filter((way) => values.way === undefined || way === values.way);
  if (ways.length === 0) throw new Error(`--way is one of: ${WAYS.join(', ')}`);
  const first = Number(values.seed);
  let inconsistent = 0;
  for (let index = 0; index < Number(values.count); index++) {
    const result = await race(first + index, ways[index % ways.length]!, Number(values.processes));
    const exits = Object.entries(result.exitCodes).map(([code, times]) => `${times}× exit ${code}`);
    console.log(
      `seed ${result.seed}, ${result.way}: ${result.faults.length === 0 ? 'consistent' : 'FAILED'}, ` +
        `${result.deployCommits} commits, ${exits.join(', ')}, ${result.seconds.toFixed(1)} s`,
    );
    for (const fault of result.faults) console.log(`  ${fault.replaceAll('\n', '\n  ')}`);
    if (result.faults.length > 0) inconsistent += 1;
  }
  console.log(`${values.count} races of ${values.processes} processes: ${inconsistent} failed`);
  return inconsistent;
}
