import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createDockerConfig, type TemporaryDockerConfig } from '../../src/builders/docker-config.js';
import { Secret } from '../../src/lib/secret.js';

export const LOGIN = { host: 'ghcr.io', username: 'octo', password: new Secret('pass:word') };
/** The same as docker writes it down. */
export const AUTH = { auth: Buffer.from('octo:pass:word').toString('base64') };

/** As if this process, and no other, were running. */
export const OWNER = { mark: 'host-1-2', isAlive: async (mark: string) => mark === 'host-1-2' };

/** A home in which docker has been used, and a folder for what is temporary. */
export interface DockerHome {
  temp: string;
  env: NodeJS.ProcessEnv;
  /** A path in docker's own folder of the home. */
  own(...path: string[]): string;
  /** Puts a script before all other programs. */
  writeProgram(name: string, script: string): Promise<void>;
  /** A configuration of docker with `LOGIN`. */
  create(): Promise<TemporaryDockerConfig>;
  remove(): Promise<void>;
}

export async function createDockerHome(): Promise<DockerHome> {
  const base = await mkdtemp(join(tmpdir(), 'docker-config-test-'));
  const [bin, home, temp] = [join(base, 'bin'), join(base, 'home'), join(base, 'temp')];
  for (const folder of [bin, temp, join(home, '.docker/contexts'), join(home, '.docker/buildx/instances')]) {
    await mkdir(folder, { recursive: true });
  }
  const env = { PATH: `${bin}${delimiter}${process.env['PATH']}`, HOME: home };
  return {
    temp,
    env,
    own: (...path) => join(home, '.docker', ...path),
    writeProgram: (name, script) => writeFile(join(bin, name), script, { mode: 0o755 }),
    create: () => createDockerConfig({ logins: [LOGIN], env, home, temp, owner: OWNER }),
    remove: () => rm(base, { recursive: true, force: true }),
  };
}
