import { readFile } from 'node:fs/promises';
import { packContext } from '../../src/builders/context/pack.js';
import { parseIgnore } from '../../src/dockerfile/ignore/ignore.js';
import { run } from '../../src/lib/process.js';
// Everything that the command line has in memory when it streams.
import '../../src/app/connect.js';

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
// Not maxRSS, in which Linux counts what the process that started this one had.
console.log(/^VmHWM:\s+(\d+) kB$/m.exec(await readFile('/proc/self/status', 'utf8'))?.[1]);
