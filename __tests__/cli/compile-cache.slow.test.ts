import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CLI } from '../stories/shared-cli.js';

/** Node.js 22.8 and later. */
const canStoreCode = 'enableCompileCache' in nodeModule;

let scratch: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'image-release-start-'));
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

const at = (...names: string[]) => join(scratch, ...names);

/** @returns the files in the scratch folder after a start with only these variables */
function start(env: NodeJS.ProcessEnv): string[] {
  const options = { env: { TMPDIR: scratch, ...env }, encoding: 'utf8' } as const;
  const { stdout, stderr } = spawnSync(process.execPath, [CLI, 'schema'], options);
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toHaveProperty('$schema');
  const entries = readdirSync(scratch, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

describe('compiled code', () => {
  test.each([
    { of: 'of the user', env: () => ({ HOME: at('home') }), folder: 'home/.cache/image-release' },
    {
      of: 'in XDG_CACHE_HOME',
      env: () => ({ HOME: at('home'), XDG_CACHE_HOME: at('caches') }),
      folder: 'caches/image-release',
    },
  ])('is stored in the cache folder $of if node supports it, and a second start adds no file', ({ env, folder }) => {
    const stored = start(env());
    expect(stored.length > 0).toBe(canStoreCode);
    for (const file of stored) expect(file.startsWith(at(folder, '/'))).toBe(true);
    expect(start(env())).toEqual(stored);
  });

  test.each([
    { where: 'without HOME', env: () => ({}) },
    {
      where: 'if NODE_DISABLE_COMPILE_CACHE is set',
      env: () => ({ HOME: at('home'), NODE_DISABLE_COMPILE_CACHE: '1' }),
    },
  ])('is not stored $where', ({ env }) => {
    expect(start(env())).toEqual([]);
  });

  test("is not stored, and causes no warning, if its folder can't be created", () => {
    writeFileSync(at('file'), '');
    expect(start({ HOME: at('file') })).toEqual([at('file')]);
  });
});
