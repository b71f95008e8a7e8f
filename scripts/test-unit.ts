import { parseCLI, startVitest } from 'vitest/node';

/** `npm run test:unit [PATH…] [-- --watch]`: the fast tests that need nothing but node and git, with Vitest's output. */
const { filter, options } = parseCLI(['vitest', ...process.argv.slice(2)]);
const other = filter.find((path) => /\.(?:lab|slow)\.test\.ts$/.test(path));
if (other !== undefined) {
  console.error(`${other} needs the lab, or takes long. Run \`npm test -- ${other}\`.`);
  process.exit(2);
}
// Nothing goes on when the command is gone, however that went.
const parent = process.ppid;
setInterval(() => process.ppid !== parent && process.exit(1), 500).unref();
const exclude = ['**/*.{lab,slow}.test.ts'];
const tests = await startVitest('test', filter, { watch: false, ...options, exclude, testTimeout: 60_000 });
if (!tests.shouldKeepServer()) await tests.exit();
