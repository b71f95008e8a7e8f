/** @programs docker */
import { access, copyFile, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startDockerDaemon } from '../../lab/docker-daemon.js';
import { createLabDirectory, removeLabDirectory } from '../../lab/lab-directory.js';
import { findProgram } from '../../lab/root-filesystem.js';
import { run } from '../../src/lib/process.js';

async function info(host: string, format: string): Promise<string> {
  const env = { PATH: process.env.PATH, DOCKER_HOST: host };
  const { stdout } = await run('docker', ['info', '--format', format], { env });
  return stdout.toString().trim();
}

/** What remains of the lab at `dir`: command lines of processes, mounts, network interface, and files. */
async function traces(dir: string, bridge: string) {
  const commands = await Promise.all(
    (await readdir('/proc'))
      .filter((name) => /^\d+$/.test(name))
      .map((name) => readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')),
  );
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  return {
    processes: commands.filter((line) => line.includes(`${dir}/`)),
    mounts: mounts.filter((line) => line.includes(`${dir}/`)),
    interfaces: Object.keys(networkInterfaces()).filter((name) => name === bridge),
    files: await access(dir).then(
      () => [dir],
      () => [],
    ),
  };
}

const NOTHING = { processes: [], mounts: [], interfaces: [], files: [] };
const bridgeOf = (dir: string) => readFile(join(dir, 'd/bridge.name'), 'utf8');

test('reports and restarts a crashed daemon; stopping the daemon ends its builds and leaves nothing behind', async () => {
  const dir = await createLabDirectory();
  const crashes: string[] = [];
  const onCrash = (story: string) => crashes.push(story);
  const daemon = await startDockerDaemon({ dir: join(dir, 'd'), onCrash });
  const bridge = await bridgeOf(dir);
  // On SIGABRT, Go's runtime prints all goroutines and exits.
  process.kill(Number(await readFile(join(dir, 'd/dockerd.pid'), 'utf8')), 'SIGABRT');
  while (crashes.length === 0 || (await info(daemon.host, '{{.ID}}')) === '') await delay(50);
  expect(crashes).toEqual([expect.stringMatching(/^dockerd ended with .*It crashed:\nSIGABRT: abort/s)]);

  const context = join(dir, 'context');
  await mkdir(context);
  await copyFile(await findProgram('busybox'), join(context, 'busybox'));
  const step = ['/busybox', 'sleep', String(70_000 + (Date.now() % 10_000))];
  await writeFile(join(context, 'Dockerfile'), `FROM scratch\nCOPY busybox /busybox\nRUN ${JSON.stringify(step)}\n`);
  const runs = async () => {
    const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const lines = ids.map((id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => ''));
    return (await Promise.all(lines)).includes(`${step.join('\0')}\0`);
  };
  let ended = false;
  const build = run('docker', ['buildx', 'build', context], {
    env: { PATH: process.env.PATH, HOME: dir, DOCKER_HOST: daemon.host },
  }).finally(() => (ended = true));
  while (!ended && !(await runs())) await delay(50);
  expect(ended).toBe(false);
  await daemon.stop();
  expect(await runs()).toBe(false);
  expect((await build).code).not.toBe(0);
  await removeLabDirectory(dir);
  expect(await traces(dir, bridge)).toEqual(NOTHING);
  expect(crashes).toHaveLength(1);
}, 60_000);
