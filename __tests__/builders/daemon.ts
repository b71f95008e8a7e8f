import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { layShell } from '../../lab/root-filesystem.js';
import { probeDocker, type BuildxAbilities, type DockerFacts } from '../../src/facts/docker.js';
import { run } from '../../src/lib/process.js';
import { LESS_GC } from '../../testing/processes.js';

/** Addresses of the lab's services; `npm test` starts them. */
export const REGISTRY = needed('LAB_REGISTRY');
export const DOCKER_HOST = needed('DOCKER_HOST');

function needed(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run \`npm test\`, or \`npm run lab\` and use what it prints.`);
  return value;
}

/** A repository on disk whose contexts have a shell, with separate folders for temporary files. */
export interface BuildSite {
  root: string;
  temp: string;
  env: NodeJS.ProcessEnv & { DOCKER_HOST: string; DOCKER_CONFIG: string; HOME: string };
  write(path: string, text: string): Promise<void>;
  docker(...args: string[]): Promise<string>;
  abilities(): Promise<BuildxAbilities>;
  remove(): Promise<void>;
}

export async function createBuildSite(folders: readonly string[]): Promise<BuildSite> {
  const base = await mkdtemp(join(tmpdir(), 'build-test-'));
  const [root, temp, home] = [join(base, 'repository'), join(base, 'temp'), join(base, 'home')];
  await Promise.all([root, temp, home].map((folder) => mkdir(folder)));
  for (const folder of folders) await layShell(join(root, folder, 'shell'));
  const env = {
    PATH: process.env['PATH'],
    ...LESS_GC,
    HOME: home,
    // The tests check this folder for leftovers.
    TMPDIR: temp,
    DOCKER_HOST,
    DOCKER_CONFIG: process.env['DOCKER_CONFIG'] ?? join(home, '.docker'),
  };
  let abilities: Promise<BuildxAbilities> | undefined;
  const site: BuildSite = {
    root,
    temp,
    env,
    write: async (path, text) => {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    },
    docker: async (...args) => {
      const { code, stdout, stderr } = await run('docker', args, { env, cwd: root });
      if (code !== 0) throw new Error(`docker ${args.join(' ')}: ${stderr.toString()}`);
      return stdout.toString();
    },
    abilities: () => (abilities ??= probeDocker({ env, run }).then((facts) => presentBuildx(facts).abilities)),
    remove: () => rm(base, { recursive: true, force: true }),
  };
  return site;
}

export function presentBuildx(facts: DockerFacts) {
  if (facts.docker !== 'present' || facts.buildx.status !== 'present') throw new Error(JSON.stringify(facts));
  return facts.buildx;
}
