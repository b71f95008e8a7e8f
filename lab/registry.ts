import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../testing/free-port.js';
import { startService } from './service.js';

export interface Credentials {
  username: string;
  password: string;
}

export interface LabRegistry {
  /** `127.0.0.1:PORT`: what image references begin with. */
  host: string;
  /** All requests so far, oldest first, read from the registry's access log. */
  requests(): Promise<RegistryRequest[]>;
  stop(): Promise<void>;
}

export interface RegistryRequest {
  method: string;
  path: string;
  status: number;
}

/**
 * Starts Debian's docker-registry on loopback with its storage in `dir`; deleting is allowed.
 * @param options.dir absolute, made when it isn't there, removed by `stop()`
 * @param options.auth when given, every request needs these credentials (htpasswd)
 */
export async function startRegistry(options: { dir: string; auth?: Credentials }): Promise<LabRegistry> {
  const { dir, auth } = options;
  const host = `127.0.0.1:${await freePort()}`;
  const log = join(dir, 'registry.log');
  await mkdir(dir, { recursive: true });
  if (auth !== undefined) await writeFile(join(dir, 'htpasswd'), await htpasswdLine(auth), { mode: 0o600 });
  // JSON is YAML: no quoting to get wrong.
  await writeFile(join(dir, 'registry.yml'), JSON.stringify(configuration(dir, host, auth), null, 2));
  const service = await startService({
    program: 'docker-registry',
    args: ['serve', join(dir, 'registry.yml')],
    log,
    env: { OTEL_TRACES_EXPORTER: 'none' },
    ready: () => answers(`http://${host}/v2/`),
  });
  return {
    host,
    requests: async () => parseAccessLog(await readFile(log, 'utf8')),
    stop: async () => {
      await service.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function configuration(dir: string, host: string, auth: Credentials | undefined) {
  return {
    version: '0.1',
    log: { level: 'warn', accesslog: { disabled: false } },
    storage: { filesystem: { rootdirectory: join(dir, 'storage') }, delete: { enabled: true } },
    http: { addr: host, secret: 'one registry alone' },
    ...(auth && { auth: { htpasswd: { realm: 'lab', path: join(dir, 'htpasswd') } } }),
  };
}

/** The registry takes bcrypt entries only. */
async function htpasswdLine({ username, password }: Credentials): Promise<string> {
  const { hash } = await import('bcryptjs');
  return `${username}:${await hash(password, 5)}\n`;
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    () => true,
    () => false,
  );
}

/** Reads the combined log format; other lines (the registry's own messages) are left out. */
export function parseAccessLog(text: string): RegistryRequest[] {
  const pattern = /^\S+ \S+ \S+ \[[^\]]*\] "(\S+) (\S+) HTTP\/[\d.]+" (\d{3}) /gm;
  return [...text.matchAll(pattern)].map(([, method = '', path = '', status]) => ({
    method,
    path,
    status: Number(status),
  }));
}
