import { pipeline } from 'node:stream/promises';
import { packContext } from '../../src/context/pack.js';
import { parseIgnore } from '../../src/inputs/ignore/parse.js';
// Everything that the command line has in memory when it streams.
import '../../src/world.js';

/** Streams the folder that its argument names to its output, and says on stderr how much memory that took, in KB. */
const [folder = '.'] = process.argv.slice(2);
const rules = parseIgnore('');
if ('doubt' in rules) throw new Error(rules.doubt);
const { stream, done } = packContext({
  image: 'app',
  name: '.',
  folder,
  rules,
  dockerfile: 'FROM scratch\nCOPY . /\n',
});
await pipeline(stream, process.stdout);
await done;
process.stderr.write(String(process.resourceUsage().maxRSS));
