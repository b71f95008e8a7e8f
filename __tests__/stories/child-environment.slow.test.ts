/** @programs git */
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../src/lib/process.js';
import { runAction, runCli } from '../../testing/runner.js';

const MARKS = { token: 'MARKER-token', deploy: 'MARKER-deploy-token', password: 'MARKER-registry-password' };

let folder: string;
let dir: string;
let env: Record<string, string>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'child-environment-'));
  dir = join(folder, 'app');
  await mkdir(join(dir, 'api'), { recursive: true });
  await writeFile(join(dir, 'image-release.yml'), 'registry: 127.0.0.1:9\nimages: { api: }\n');
  await writeFile(join(dir, 'api/Dockerfile'), 'FROM scratch\nCOPY . /\n');
  const git = async (...args: string[]) => {
    const { code, stderr } = await run('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], {
      cwd: dir,
      env: process.env,
    });
    if (code !== 0) throw new Error(stderr.toString());
  };
  await git('init', '--quiet', '--initial-branch=main');
  await git('add', '--all');
  await git('commit', '--quiet', '--message', 'Begin');
  const { stdout } = await run('/bin/sh', ['-c', 'command -v git'], { env: process.env });
  const bin = join(folder, 'bin');
  await mkdir(bin);
  // Each program appends its name and environment to the file $INHERITED.
  for (const [name, rest] of [
    ['git', `exec ${stdout.toString().trim()} "$@"`],
    ['docker', 'exit 1'],
  ] as const) {
    const path = join(bin, name);
    await writeFile(path, `#!/bin/sh\n{ echo "program ${name}"; env; } >> "$INHERITED"\n${rest}\n`);
    await chmod(path, 0o755);
  }
  env = {
    PATH: `${bin}:${process.env['PATH']}`,
    INHERITED: join(folder, 'inherited'),
    IMAGE_RELEASE_DEPLOY_TOKEN: MARKS.deploy,
    IMAGE_RELEASE_REGISTRY_PASSWORD: MARKS.password,
  };
});
beforeEach(() => writeFile(join(folder, 'inherited'), ''));
afterAll(() => rm(folder, { recursive: true, force: true }));

async function expectNoneOf(programs: string[]) {
  const inherited = await readFile(join(folder, 'inherited'), 'utf8');
  const called = [...inherited.matchAll(/^program (\w+)$/gm)].map(([, name]) => name);
  expect([...new Set(called)]).toEqual(expect.arrayContaining(programs));
  for (const mark of Object.values(MARKS)) expect(inherited).not.toContain(mark);
}

const action = {
  event: { name: 'push', payload: {}, ref: 'refs/heads/main', sha: 'a'.repeat(40) },
  inputs: { token: MARKS.token, 'deploy-token': MARKS.deploy, 'registry-password': MARKS.password },
} as const;

test('programs that the command line calls inherit neither its deploy token nor its registry password', async () => {
  const { exitCode } = await runCli({ args: ['plan', '--offline'], cwd: dir, env });
  expect(exitCode).toBe(0);
  await expectNoneOf(['git']);
});

test('programs that the Action and its post step call inherit no secret, and the log masks each secret', async () => {
  const { stdout } = await runAction({ ...action, workspace: dir, env });
  await expectNoneOf(['git']);
  const masked = [...stdout.matchAll(/^::add-mask::(.*)$/gm)].map(([, value]) => value);
  expect(masked).toEqual(expect.arrayContaining(Object.values(MARKS)));
  const state = { leftovers: JSON.stringify([{ builder: 'image-release-1' }]) };
  await runAction({ ...action, workspace: dir, env, stage: 'post', state });
  await expectNoneOf(['git', 'docker']);
});

test('a registry receives its login, but no GitHub token and no deploy token', async () => {
  const sent: string[] = [];
  const registry = createServer((request, response) => {
    const { authorization = '' } = request.headers;
    const login = Buffer.from(authorization.replace(/^Basic /, ''), 'base64').toString('latin1');
    sent.push(JSON.stringify([request.url, request.headers, login]));
    response.writeHead(401, { 'www-authenticate': 'Basic realm="registry"' }).end('{}');
  }).listen(0, '127.0.0.1');
  await new Promise((listening) => registry.once('listening', listening));
  const host = `127.0.0.1:${(registry.address() as AddressInfo).port}`;
  await writeFile(join(dir, 'image-release.yml'), `registry: ${host}\nimages: { api: }\n`);
  const own = { IMAGE_RELEASE_REGISTRY_USERNAME: 'robot', GITHUB_TOKEN: MARKS.token };
  await runCli({ args: ['plan'], cwd: dir, env: { ...env, ...own } });
  registry.close();
  expect(sent.filter((request) => request.includes(`robot:${MARKS.password}`)).length).toBeGreaterThan(0);
  for (const token of [MARKS.token, MARKS.deploy])
    expect(sent.filter((request) => request.includes(token))).toEqual([]);
});
