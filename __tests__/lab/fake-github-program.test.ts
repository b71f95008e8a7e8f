import { jest } from '@jest/globals';
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { commitTo, createBareRepository } from '../../testing/bare-repository.js';

jest.setTimeout(60_000);

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const execute = promisify(execFile);

let scratch: string;
let program: ChildProcess;
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'fake-github-program-'));
});
afterEach(async () => {
  if (program.exitCode === null) program.kill('SIGKILL');
  await rm(scratch, { recursive: true, force: true });
});

/** Starts the program and reads the environment that it prints. */
async function start(args: string[]): Promise<Record<string, string>> {
  program = spawn(process.execPath, ['--import', 'tsx', 'lab/lab.ts', 'fake-github', ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const environment: Record<string, string> = {};
  for await (const line of createInterface({ input: program.stdout as NodeJS.ReadableStream })) {
    if (line.startsWith('# git clone')) return { ...environment, clone: line.slice('# git clone '.length) };
    const at = line.indexOf('=');
    environment[line.slice(0, at)] = line.slice(at + 1);
  }
  throw new Error('the program ended before it printed its environment');
}

/** What an action does in its own process: everything from the environment. */
const ACTION = `
  import { getOctokit } from '@actions/github';
  const octokit = getOctokit(process.env.GITHUB_TOKEN);
  const query = '{ repository(owner: "acme", name: "app") { object(expression: "main") { oid } } }';
  const { repository } = await octokit.graphql(query);
  console.log(repository.object.oid);
`;

test('prints the environment for an action and a clone URL, and runs until it is ended', async () => {
  createBareRepository(join(scratch, 'app.git'));
  commitTo(join(scratch, 'app.git'), { branch: 'main', files: { 'a.txt': 'x' }, message: 'Begin' });
  const { clone = '', ...environment } = await start([
    '--repository',
    `acme/app=${join(scratch, 'app.git')}`,
    '--token',
    'a-token',
  ]);
  expect(Object.keys(environment)).toEqual([
    'GITHUB_SERVER_URL',
    'GITHUB_API_URL',
    'GITHUB_GRAPHQL_URL',
    'GITHUB_TOKEN',
  ]);
  const action = await execute(process.execPath, ['--input-type=module', '--eval', ACTION], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, ...environment },
  });
  await execute('git', ['clone', '-q', clone, join(scratch, 'clone')]);
  const head = await execute('git', ['-C', join(scratch, 'clone'), 'rev-parse', 'HEAD']);
  expect(head.stdout).toBe(action.stdout);
  expect(program.exitCode).toBeNull();
});
