import { parseArgs } from 'node:util';
import { WAYS } from '../testing/race/faults.js';
import { race } from '../testing/race/race.js';

/**
 * Races many times over. `npm run soak -- --count 200 --seed 1`; a race that failed is repeated by
 * `npm run soak -- --count 1 --seed SEED --way 'git over HTTP'`.
 */
const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    way: { type: 'string' },
    processes: { type: 'string', default: '20' },
  },
});
const ways = WAYS.filter((way) => values.way === undefined || way === values.way);
if (ways.length === 0) throw new Error(`--way is one of: ${WAYS.join(', ')}`);

const first = Number(values.seed);
let failed = 0;
for (let index = 0; index < Number(values.count); index++) {
  const result = await race(first + index, ways[index % ways.length]!, Number(values.processes));
  const exits = Object.entries(result.exitCodes).map(([code, times]) => `${times}× exit ${code}`);
  console.log(
    `seed ${result.seed}, ${result.way}: ${result.faults.length === 0 ? 'consistent' : 'FAILED'}, ` +
      `${result.deployCommits} commits, ${exits.join(', ')}, ${result.seconds.toFixed(1)} s`,
  );
  for (const fault of result.faults) console.log(`  ${fault.replaceAll('\n', '\n  ')}`);
  if (result.faults.length > 0) failed += 1;
}
console.log(`${values.count} races of ${values.processes} processes: ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
