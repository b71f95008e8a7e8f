/** @programs docker */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FakeActionsCache, startFakeActionsCache } from '../../testing/fake-actions-cache/server.js';
import { labFromEnvironment } from '../../lab/shared-lab.js';
import { run } from '../../src/lib/process.js';

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

  test('an evicted blob is a miss with a warning', async () => {
    await save('key-1');
    expect(cache.store.evict(/^key-/)).toBe(1);
    const { result, text } = await restore('key-1');
    expect(result).toBeNull();
    expect(text).toContain('::warning::Failed to restore');
  });

  test('a server error is tried again', async () => {
    await save('key-1');
    cache.faults.push({ on: 'lookup', status: 503 });
    expect((await restore('key-1')).result).toBe('key-1');
    expect(cache.requests.filter(({ operation }) => operation === 'lookup').map(({ status }) => status)).toEqual([
      503, 200,
    ]);
  }, 20_000);
});

test("a token that is not this service's is refused", async () => {
  const response = await fetch(`${cache.url}_apis/artifactcache/cache?keys=a&version=b`, {
    headers: { authorization: 'Bearer eyJhbGciOiJub25lIn0.e30.' },
  });
  expect(response.status).toBe(401);
});

/** How many RUN steps of a plain progress log were taken from a cache. */
function cachedSteps(log: string): number {
  return [...log.matchAll(/^#(\d+) \[\d\/\d\] RUN .*\n#\1 CACHED$/gm)].length;
}

test("BuildKit's gha cache is written by one build and read by the next", async () => {
  const lab = labFromEnvironment();
  const marker = String(Math.random());
  await writeFile(
    join(dir, 'Dockerfile'),
    `FROM ${lab.baseBusybox}\nRUN echo ${marker} > /made\nRUN echo ${marker} again > /again\n`,
  );
  const docker = async (...args: string[]) => {
    const result = await run('docker', args, {
      env: {
        PATH: process.env.PATH,
        HOME: dir,
        DOCKER_HOST: lab.dockerHost,
        ...cache.environment({ version: 'v1', ref: MAIN }),
      },
    });
    expect(result.stderr.toString()).not.toContain('ERROR');
    return result.stdout.toString() + result.stderr.toString();
  };
  const build = () =>
    docker(
      ...['buildx', 'build', '--progress=plain', '--cache-to=type=gha,mode=max,scope=api'],
      ...['--cache-from=type=gha,scope=api', dir],
    );
  expect(cachedSteps(await build())).toBe(0);
  expect(cache.store.entries.some(({ key }) => key.startsWith('index-api-'))).toBe(true);
  expect(cache.store.entries.filter(({ key }) => key.startsWith('buildkit-blob-'))).not.toHaveLength(0);
  expect(cache.store.entries.every(({ scope }) => scope === MAIN)).toBe(true);

  // Only what this test has built, the later step first: other tests share the daemon.
  for (const step of [`${marker} again`, marker]) {
    const records = (await docker('buildx', 'du', '--verbose')).split(/\n\n/);
    const id = /^ID:\s+(\S+)/m.exec(records.find((record) => record.includes(step)) ?? '')?.[1];
    await docker('buildx', 'prune', '--force', '--all', '--filter', `id=${id}`);
  }
  expect(await docker('buildx', 'du', '--verbose')).not.toContain(marker);
  cache.requests.length = 0;
  expect(cachedSteps(await build())).toBe(2);
  expect(cache.requests.some(({ operation, status }) => operation === 'download' && status === 200)).toBe(true);
}, 60_000);
