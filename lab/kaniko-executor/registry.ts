import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const MANIFESTS = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.oci.image.index.v1+json',
].join(', ');

interface DockerConfig {
  auths?: Record<string, { auth?: string; username?: string; password?: string }>;
}

export interface Registry {
  has(reference: string): Promise<boolean>;
  /** @throws Error in the words of Kaniko's library when nothing may be pushed */
  checkPush(reference: string): Promise<void>;
  /** Gives a manifest that stands there by its digest the tag of `reference`. */
  tag(reference: string, digest: string): Promise<void>;
}

/** `host:port/owner/name:tag` → `host:port/owner/name` */
export function repositoryOf(reference: string): string {
  return reference.replace(/:[^:/]+$/, '');
}

/** Registries on this machine, over plain HTTP, with the login that `$DOCKER_CONFIG/config.json` has. */
export async function openRegistry(env: NodeJS.ProcessEnv): Promise<Registry> {
  const file = join(env.DOCKER_CONFIG ?? '/kaniko/.docker', 'config.json');
  const config = JSON.parse(await readFile(file, 'utf8').catch(() => '{}')) as DockerConfig;
  const request = async (reference: string, method: string, path: string, init: RequestInit = {}) => {
    const [host = '', ...repository] = repositoryOf(reference).split('/');
    const login = config.auths?.[host];
    const basic = login?.auth ?? (login ? Buffer.from(`${login.username}:${login.password}`).toString('base64') : '');
    const url = `http://${host}/v2/${repository.join('/')}/${path}`;
    const headers = { ...(basic !== '' && { authorization: `Basic ${basic}` }), ...init.headers };
    const response = await fetch(url, { ...init, method, headers }).catch((error: unknown) => {
      const cause = (error as Error).cause as Error | undefined;
      throw new Error(`${verb(method)} "${url}": ${cause?.message ?? (error as Error).message}`);
    });
    return { response, url };
  };
  const failed = async (method: string, url: string, response: Response) => {
    const text = await response.text();
    const [problem] = (parsed(text)?.errors ?? []) as { code?: string; message?: string }[];
    const why = problem ? `${problem.code}: ${problem.message}` : `unexpected status code ${response.status}`;
    return new Error(`${method} ${url}: ${why}`);
  };
  return {
    has: async (reference) => {
      const { response } = await request(reference, 'HEAD', `manifests/${tagOf(reference)}`, {
        headers: { accept: MANIFESTS },
      });
      return response.ok;
    },
    checkPush: async (reference) => {
      const { response, url } = await request(reference, 'POST', 'blobs/uploads/');
      if (response.status !== 202) throw await failed('POST', url, response);
      const place = new URL(response.headers.get('location') ?? '', url);
      await request(reference, 'DELETE', place.href.slice(place.href.indexOf('blobs/uploads/')));
    },
    tag: async (reference, digest) => {
      const accept = { accept: MANIFESTS };
      const read = await request(reference, 'GET', `manifests/${digest}`, { headers: accept });
      if (!read.response.ok) throw await failed('GET', read.url, read.response);
      const type = read.response.headers.get('content-type') ?? '';
      const body = await read.response.arrayBuffer();
      const path = `manifests/${tagOf(reference)}`;
      const put = await request(reference, 'PUT', path, { headers: { 'content-type': type }, body });
      if (!put.response.ok) throw await failed('PUT', put.url, put.response);
    },
  };
}

const tagOf = (reference: string): string => /:([^:/]+)$/.exec(reference)?.[1] ?? 'latest';
const verb = (method: string): string => method[0] + method.slice(1).toLowerCase();

function parsed(text: string): { errors?: unknown[] } | undefined {
  try {
    return JSON.parse(text) as { errors?: unknown[] };
  } catch {
    return undefined;
  }
}
