/** @programs git */
import { spawn } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../src/lib/process.js';
import { runCli } from '../../testing/runner.js';
import { CLI } from './shared-cli.js';

const PASSWORD = 'MARKER-registry-password';

let folder: string;
let silent: Server;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-killed-'));
  // While the CLI waits for this registry, its login stays on disk.
  silent = createServer(() => {}).listen(0, '127.0.0.1');
  await new Promise((listening) => silent.once('listening', listening));
});
afterAll(async () => {
  silent.closeAllConnections();
  silent.close();
  await rm(folder, { recursive: true, force: true });
});

test('the next command removes the registry login that a killed command left behind', async () => {
  const [dir, temp] = [join(folder, 'app'), join(folder, 'temp')];
  await mkdir(join(dir, 'api'), { recursive: true });
  await mkdir(temp);
  const registry = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
  await writeFile(join(dir, 'image-release.yml'), `registry: ${registry}\nimages: { api: }\n`);
  await writeFile(join(dir, 'api/Dockerfile'), `FROM ${registry}/base:1\nCOPY . /\n`);
  const author = ['-c', 'user.name=t', '-c', 'user.email=t@t'];
  for (const args of [
    ['init', '--quiet'],
    ['add', '--all'],
    [...author, 'commit', '--quiet', '-m', 'Begin'],
  ])
    expect((await run('git', args, { cwd: dir, env: process.env })).code).toBe(0);
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    TMPDIR: temp,
    IMAGE_RELEASE_REGISTRY_USERNAME: 'robot',
    IMAGE_RELEASE_REGISTRY_PASSWORD: PASSWORD,
  };
  const killed = spawn(process.execPath, [CLI, 'plan'], { cwd: dir, env, stdio: 'ignore' });
  const ended = new Promise((exited) => killed.once('exit', exited));
  const login = await loginIn(temp);
  killed.kill('SIGKILL');
  await ended;
  expect(Buffer.from(login, 'base64').toString()).toBe(`robot:${PASSWORD}`);
  expect(await loginIn(temp)).toBe(login);

  expect((await runCli({ args: ['plan', '--offline'], cwd: dir, env })).exitCode).toBe(0);
  expect((await readdir(temp)).filter((name) => name.startsWith('image-release-docker-'))).toEqual([]);
});

/** Waits until the folder contains a login. */
async function loginIn(temp: string): Promise<string> {
  for (;;) {
    const [name] = (await readdir(temp)).filter((each) => each.startsWith('image-release-docker-'));
    const text = name && (await readFile(join(temp, name, 'config.json'), 'utf8').catch(() => undefined));
    const [, login] = /"auth": "([^"]+)"/.exec(text || '') ?? [];
    if (login !== undefined) return login;
    await new Promise((wait) => setTimeout(wait, 20));
  }
}
