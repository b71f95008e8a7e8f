import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FakeActionsCache, startFakeActionsCache } from '../../testing/fake-actions-cache/server.js';

let dir: string;
let cache: FakeActionsCache;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'cache-'));
  cache = await startFakeActionsCache();
});
afterEach(async () => {
  await cache.stop();
  await rm(dir, { recursive: true, force: true });
});

/** GitHub's own client, in one process: it reads the variables of a step again at each call. */
const CLIENT = `
  import { createInterface } from 'node:readline';
  const cache = await import('@actions/cache');
  for await (const line of createInterface({ input: process.stdin })) {
    const { env, name, args } = JSON.parse(line);
    Object.assign(process.env, env);
    const result = await cache[name](...args);
    console.log('result:' + JSON.stringify(result ?? null));
  }`;
let program: ChildProcessByStdio<Writable, Readable, Readable>;
beforeAll(() => {
  program = spawn(process.execPath, ['--input-type=module', '--eval', CLIENT], {
    // `cwd` decides where the client is found; paths in the arguments are absolute.
    cwd: process.cwd(),
    env: { PATH: process.env.PATH, GITHUB_SERVER_URL: 'https://github.com' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
});
afterAll(() => program.stdin.end());

/** Calls GitHub's own client as a step of a job does; @returns what it resolves to, and what it printed meanwhile */
async function client(
  name: 'saveCache' | 'restoreCache',
  args: unknown[],
  run_: Parameters<FakeActionsCache['environment']>[0],
) {
  let text = '';
  const ended = new Promise<unknown>((resolve, reject) => {
    const listen = (bytes: Buffer) => {
      text += bytes.toString();
      const result = /^result:(.*)\n/m.exec(text)?.[1];
      if (result !== undefined) resolve(JSON.parse(result));
    };
    program.stdout.on('data', listen);
    program.stderr.on('data', listen);
    program.once('close', () => reject(new Error(`GitHub's client ended.\n${text}`)));
  });
  const env = { RUNNER_TEMP: dir, GITHUB_WORKSPACE: dir, ...cache.environment(run_) };
  program.stdin.write(`${JSON.stringify({ env, name, args })}\n`);
  const result = await ended;
  for (const emitter of [program, program.stdout, program.stderr]) emitter.removeAllListeners();
  return { result, text };
}

const MAIN = 'refs/heads/main';
const BRANCH = 'refs/heads/feature';

describe.each(['v1', 'v2'] as const)("GitHub's own client, protocol %s", (version) => {
  let folder: string;
  const save = (key: string, ref = MAIN, readOnly = false) =>
    client('saveCache', [[folder], key], { version, ref, readOnly });
  const restore = (key: string, ref = MAIN, restoreKeys: string[] = []) =>
    client('restoreCache', [[folder], key, restoreKeys], { version, ref });

  beforeEach(async () => {
    folder = join(dir, 'kept');
    await mkdir(folder);
    await writeFile(join(folder, 'file'), 'content');
  });

  test('what was saved is restored', async () => {
    expect((await save('key-1')).result).toBeGreaterThan(0);
    await rm(folder, { recursive: true });
    expect((await restore('key-1')).result).toBe('key-1');
    expect(await readFile(join(folder, 'file'), 'utf8')).toBe('content');
    expect(new Set(cache.requests.map((request) => request.version))).toEqual(new Set([version]));
  });

  test('a restore key finds the newest entry that begins with it', async () => {
    await save('deps-1');
    await save('deps-2');
    expect((await restore('deps-9', MAIN, ['deps-'])).result).toBe('deps-2');
  });

  test('a branch reads the entries of the default branch, not the other way round', async () => {
    await save('of-main', MAIN);
    await save('of-feature', BRANCH);
    expect((await restore('of-main', BRANCH)).result).toBe('of-main');
    expect((await restore('of-feature', MAIN)).result).toBeNull();
  });

  test('an entry is never overwritten', async () => {
    await save('same');
    const second = await save('same');
    expect(second.result).toBe(-1);
    expect(second.text).toContain('another job may be creating this cache');
  });

  test('a read-only token saves nothing and is told so', async () => {
    const { result, text } = await save('denied', MAIN, true);
    expect(result).toBe(-1);
    expect(text).toContain('cache write denied');
    expect(cache.store.entries).toHaveLength(0);
  });
});
