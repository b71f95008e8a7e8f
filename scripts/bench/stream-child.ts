import { packContext } from '../../src/context/pack.js';
import { parseIgnore } from '../../src/inputs/ignore/parse.js';
import { run } from '../../src/lib/process.js';
// Everything that the command line has in memory when it streams.
import '../../src/world.js';

/**
 * Streams the folder that its argument names into another program, as the command line does into kubectl, and prints
 * how much memory that took, in KB.
 */
const [folder = '.'] = process.argv.slice(2);
const rules = parseIgnore('');
if ('doubt' in rules) throw new Error(rules.doubt);
const dockerfile = 'FROM scratch\nCOPY . /\n';
const { stream, done } = packContext({ image: 'app', name: '.', folder, rules, dockerfile });
await run('sh', ['-c', 'cat > /dev/null'], { env: process.env, input: stream });
await done;
console.log(process.resourceUsage().maxRSS);
