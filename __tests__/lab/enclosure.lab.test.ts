import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createLabDirectory } from '../../lab/lab-directory.js';
import { processes } from '../processes.js';
import { notedBridges } from '../../lab/bridge.js';

const ROOT = process.cwd();
const LIMIT_MS = 15_000;

/** Starts daemons' worst relatives: a process that no signal but SIGKILL ends, in a session of its own. */
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

/** Processes that name the lab's folder, in their command line or their environment. */
async function processesOf(dir: string): Promise<string[]> {
  const found: string[] = [];
  for (const { pid, command } of await processes()) {
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

/** Starts a command, and waits until it has printed `words`. Its lab gets a folder in `parent`. */
async function start(command: string[], words: string): Promise<{ child: ChildProcess; dir: string }> {
  const [program, ...args] = command;
  const child = spawn(program!, args, {
    cwd: ROOT,
    env: { ...process.env, LAB_DIR: parent, npm_config_update_notifier: 'false' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise<void>((resolve, reject) => {
    let printed = '';
    child.stdout.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
      if (printed.includes(words)) resolve();
    });
    child.on('close', (code) => reject(new Error(`${command.join(' ')} ended with exit code ${code}: ${printed}`)));
  });
  return { child, dir: join(parent, (await readdir(parent))[0]!) };
}

async function expectNothingLeft(dir: string): Promise<void> {
  const deadline = Date.now() + LIMIT_MS;
  while (Date.now() < deadline && (existsSync(dir) || (await processesOf(dir)).length > 0)) await delay(100);
  expect(await processesOf(dir)).toEqual([]);
  expect(existsSync(dir)).toBe(false);
}

/** Of the process itself, not of those that started it. */
async function pidOf(program: string): Promise<number> {
  const started = `${process.execPath} --import tsx ${program}`;
  const found = (await processes()).filter(({ command }) => command === started);
  expect(found).toHaveLength(1);
  return found[0]!.pid;
}

describe('nothing outlives the command', () => {
  let program: string;
  beforeEach(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'stubborn-'));
    program = join(folder, 'program.mts');
    await writeFile(program, STUBBORN);
  });
  const wrapper = () => [process.execPath, 'scripts/run.mjs', '--lab', program];

  test.each(['SIGTERM', 'SIGHUP', 'SIGKILL'] as const)('when the wrapper gets %s', async (signal) => {
    const { child, dir } = await start(wrapper(), 'started');
    child.kill(signal);
    await expectNothingLeft(dir);
  });

  test('when the program gets SIGKILL', async () => {
    const { dir } = await start(wrapper(), 'started');
    process.kill(await pidOf(program), 'SIGKILL');
    await expectNothingLeft(dir);
  });

  test('when it ends by itself', async () => {
    await writeFile(program, STUBBORN.replace(/setInterval\(\(\) => \{\}, 1000\);\n$/, 'process.exit(3);'));
    const { child, dir } = await start(wrapper(), 'started');
    expect(child.exitCode ?? (await new Promise((resolve) => child.on('close', resolve)))).toBe(3);
    // Here the command itself has waited for it.
    expect(existsSync(dir)).toBe(false);
    expect(await processesOf(dir)).toEqual([]);
  });
});

test.each(['SIGTERM', 'SIGHUP', 'SIGKILL'] as const)('when npm gets %s', async (signal) => {
  const { child, dir } = await start(['npm', 'run', 'lab', 'registry'], 'LAB_REGISTRY');
  child.kill(signal);
  await expectNothingLeft(dir);
});

test('a killed daemon leaves no container, network interface, mount or control group', async () => {
  const { child, dir } = await start(
    ['node', 'scripts/run.mjs', '--lab', 'lab/lab.ts', 'docker-daemon'],
    'DOCKER_HOST',
  );
  // Its own alone: other labs may start and end meanwhile.
  const bridges = await notedBridges(dir);
  expect(bridges).toHaveLength(1);
  child.kill('SIGKILL');
  await expectNothingLeft(dir);
  expect(Object.keys(networkInterfaces()).filter((name) => bridges.includes(name))).toEqual([]);
  const mounts = await readFile('/proc/self/mountinfo', 'utf8');
  expect(mounts.split('\n').filter((line) => line.includes(dir))).toEqual([]);
});

test('nor does one whose data was in memory leave its network interface', async () => {
  const lab = (name: string) => JSON.stringify(join(ROOT, 'lab', name));
  const program = join(await mkdtemp(join(tmpdir(), 'in-memory-')), 'program.mts');
  await writeFile(
    program,
    `
    import { join } from 'node:path';
    import { addBridge } from ${lab('bridge.ts')};
    import { makeMemoryFolder } from ${lab('memory-folder.ts')};
    const { name } = await addBridge(await makeMemoryFolder(join(process.env.LAB_DIR, 'm')));
    console.log(\`added \${name}.\`);
    setInterval(() => {}, 1000);
    `,
  );
  const before = Object.keys(networkInterfaces());
  const { child, dir } = await start([process.execPath, 'scripts/run.mjs', '--lab', program], 'added ');
  const added = Object.keys(networkInterfaces()).filter((name) => /^lab/.test(name) && !before.includes(name));
  expect(added.length).toBeGreaterThan(0);
  child.kill('SIGKILL');
  await expectNothingLeft(dir);
  expect(Object.keys(networkInterfaces()).filter((name) => added.includes(name))).toEqual([]);
});
