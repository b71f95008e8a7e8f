import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

function filesUnder(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => relative(folder, path))
    .sort();
}

function sameBytes(a: string, b: string): boolean {
  return readFileSync(a).equals(readFileSync(b));
}

function executable(path: string): boolean {
  return (statSync(path).mode & 0o100) !== 0;
}

const fresh = mkdtempSync(join(tmpdir(), 'image-release-dist-'));
try {
  const build = spawnSync(process.execPath, ['--import', 'tsx', 'scripts/build.ts', fresh], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (build.status !== 0) process.exit(1);
  const committed = join(root, 'dist');
  const names = [...new Set([...filesUnder(fresh), ...filesUnder(committed)])];
  const differing = names.filter((name) => {
    const [a, b] = [join(fresh, name), join(committed, name)];
    return !existsSync(a) || !existsSync(b) || executable(a) !== executable(b) || !sameBytes(a, b);
  });
  if (differing.length > 0) {
    console.error(
      `dist/ is not what the build makes: ${differing.join(', ')}. Run \`npm run bundle\` and commit dist/.`,
    );
    process.exitCode = 1;
  }
} finally {
  rmSync(fresh, { recursive: true, force: true });
}
