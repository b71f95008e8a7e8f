import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createLabDirectory } from '../../lab/lab-directory.js';
import { processes } from '../processes.js';

const ROOT = process.cwd();
const LIMIT_MS = 15_000;

/** A program that starts a process in a separate session, which only SIGKILL ends. */
const STUBBORN = `
  import { spawn } from 'node:child_process';
  import { writeFileSync } from 'node:fs';
  import { join } from 'node:path';
  const file = join(process.env.LAB_DIR, 'data');
  const script = "for (const s of ['SIGTERM', 'SIGHUP', 'SIGINT']) process.on(s, () => {}); setInterval(() => {}, 1000);";
  spawn(process.execPath, ['-e', script, file], { detached: true, stdio: 'ignore' });
  writeFileSync(file, '');
  console.log('started');
  setInterval(() => {}, 1000);
`;

/** Command lines of processes that name the lab's folder in their command line or environment. */
async function processesOf(dir: string): Promise<string[]> {
  const found: string[] = [];
  for (const { pid, command } of processes()) {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    if (pid !== process.pid && `${command}\0${environment}`.includes(dir)) found.push(command);
  }
  return found;
}

let parent: string;
beforeEach(async () => {
  parent = await createLabDirectory();
});
afterEach(() => rm(parent, { recursive: true, force: true }));

/** Starts a command and waits until it prints `words`. The folder of its lab is in `parent`. */
async function start(command: readonly string[], words: string) {
  const [program, ...args] = command;
  const child = spawn(program!, args, {
    cwd: ROOT,
    env: { ...process.env, LAB_DIR: parent, npm_config_update_notifier: 'false' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
      if (printed.includes(words)) resolve();
    });
    child.on('close', (code) => reject(new Error(`${command.join(' ')} ended with exit code ${code}: ${printed}`)));
  });
  return { child, printed, dir: join(parent, (await readdir(parent))[0]!) };
}

async function expectNothingLeft(dir: string): Promise<void> {
  const deadline = Date.now() + LIMIT_MS;
  while (Date.now() < deadline && (existsSync(dir) || (await processesOf(dir)).length > 0)) await delay(100);
  expect(await processesOf(dir)).toEqual([]);
  expect(existsSync(dir)).toBe(false);
}

/** The id of the process itself, not of the processes that started it. */
async function pidOf(program: string): Promise<number> {
  const started = `${process.execPath} --import tsx ${program}`;
  const found = processes().filter(({ command }) => command === started);
  expect(found).toHaveLength(1);
  return found[0]!.pid;
}

/** Writes a program with this text and returns its path. */
async function programOf(text: string): Promise<string> {
  const path = join(await mkdtemp(join(tmpdir(), 'enclosed-')), 'program.mts');
  await writeFile(path, text);
  return path;
}
const lab = (name: string) => JSON.stringify(join(ROOT, 'lab', name));
const wrapper = (program: string) => [process.execPath, 'scripts/run.mjs', '--lab', program];

describe('no process or file remains', () => {
  test.each([
    ['the wrapper', 'SIGTERM', wrapper],
    ['the wrapper', 'SIGKILL', wrapper],
    ['npm', 'SIGHUP', (program: string) => ['npm', 'exec', '-c', `node scripts/run.mjs --lab ${program}`]],
  ] as const)('when %s gets %s', async (_, signal, command) => {
    const { child, dir } = await start(command(await programOf(STUBBORN)), 'started');
    child.kill(signal);
    await expectNothingLeft(dir);
  });

  test('when the program gets SIGKILL', async () => {
    const program = await programOf(STUBBORN);
    const { dir } = await start(wrapper(program), 'started');
    process.kill(await pidOf(program), 'SIGKILL');
    await expectNothingLeft(dir);
  });

  test('when the program ends by itself', async () => {
    const ending = STUBBORN.replace(/setInterval\(\(\) => \{\}, 1000\);\n$/, 'process.exit(3);');
    const { child, dir } = await start(wrapper(await programOf(ending)), 'started');
    expect(child.exitCode ?? (await new Promise((resolve) => child.on('close', resolve)))).toBe(3);
    // The command waits for the cleanup in this case.
    expect(existsSync(dir)).toBe(false);
    expect(await processesOf(dir)).toEqual([]);
  });
});

test.each([
  ['on disk', `createLabDirectory()`],
  ['in memory', `makeMemoryFolder(join(process.env.LAB_DIR, 'm'))`],
])('a killed daemon with its data %s leaves no process, network interface or mount', async (_, folder) => {
  const program = await programOf(`
    import { readFile } from 'node:fs/promises';
    import { join } from 'node:path';
    import { startDockerDaemon } from ${lab('docker-daemon.ts')};
    import { createLabDirectory } from ${lab('lab-directory.ts')};
    import { makeMemoryFolder } from ${lab('memory-folder.ts')};
    const dir = join(await ${folder}, 'd');
    await startDockerDaemon({ dir });
    console.log('started ' + (await readFile(join(dir, 'bridge.name'), 'utf8')) + '.');
    setInterval(() => {}, 1000);
  `);
  const { child, dir, printed } = await start(wrapper(program), '.\n');
  const [, bridge = ''] = /started (\S+)\./.exec(printed) ?? [];
  expect(Object.keys(networkInterfaces())).toContain(bridge);
  child.kill('SIGKILL');
  await expectNothingLeft(dir);
  expect(Object.keys(networkInterfaces())).not.toContain(bridge);
  const mounts = await readFile('/proc/self/mountinfo', 'utf8');
  expect(mounts.split('\n').filter((line) => line.includes(dir))).toEqual([]);
});
