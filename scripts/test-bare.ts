import { access, cp, mkdir, rm } from 'node:fs/promises';
import { randomInt } from 'node:crypto';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { copyRoot, makeBareRoot, runInRoot } from '../lab/bare-root.js';
import { createLabDirectory } from '../lab/lab-directory.js';
import { packagesOf } from '../lab/packages.js';
import { run } from '../src/lib/process.js';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * `npm run test:bare [-- --seed N]… [--with PROGRAM]… [COMMAND…]`: runs `npm test` on the last commit, as on a
 * stranger's machine: in a Debian that has node, npm and git only. Each seed is a run in a fresh root, with the test
 * files in an order of its own. `--with` installs programs before, which must change nothing.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', multiple: true, default: [String(randomInt(1_000_000))] },
    with: { type: 'string', multiple: true, default: [] },
  },
});
const command = positionals.length > 0 ? positionals : ['npm', 'test'];

const dir = await createLabDirectory();
console.error('Making a bare Debian root …');
const pristine = join(dir, 'pristine');
await makeBareRoot(pristine);
const failed: string[] = [];
for (const seed of values.seed) {
  const root = join(dir, 'root');
  await copyRoot(pristine, root);
  await layProject(join(root, 'srv'));
  console.error(`${command.join(' ')} in a bare root, order of the test files: seed ${seed}`);
  const code =
    (await install(root)) || (await runInRoot(root, '/srv/project', command, { CI: 'true', TEST_ORDER: seed }));
  if (code !== 0) failed.push(seed);
  console.error(`Seed ${seed}: exit code ${code}`);
  await rm(root, { recursive: true, force: true });
}
console.log(`${values.seed.length - failed.length} of ${values.seed.length} runs passed`);
process.exit(failed.length === 0 ? 0 : 1);

async function layProject(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const clone = await run('git', ['clone', '--quiet', ROOT, join(folder, 'project')], { env: process.env });
  if (clone.code !== 0) throw new Error(clone.stderr.toString());
  const shared = join(dirname(ROOT), 'shared');
  const isThere = await access(shared).then(
    () => true,
    () => false,
  );
  if (isThere) await cp(shared, join(folder, 'shared'), { recursive: true });
}

async function install(root: string): Promise<number> {
  const packages = packagesOf(values.with);
  if (packages.length === 0) return 0;
  const script = `apt-get update -q && apt-get install -q -y --no-install-recommends ${packages.join(' ')}`;
  return runInRoot(root, '/', ['sh', '-c', script], { DEBIAN_FRONTEND: 'noninteractive' });
}
