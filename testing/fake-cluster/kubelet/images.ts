import { type DockerApi, DockerError } from './docker-api.js';

/** An image can't be had, in the words of a runtime. */
export class PullFailure extends Error {
  override readonly name = 'PullFailure';
}

/** Its name is none: `InvalidImageName`. */
export class InvalidImageName extends Error {
  override readonly name = 'InvalidImageName';
}

export interface PullOrder {
  image: string;
  policy?: string | undefined;
  /** `config.json` files of the pod's imagePullSecrets. */
  logins: readonly string[];
}

const REPOSITORY =
  /^(?:[A-Za-z0-9.-]+(?::\d+)?\/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*(?::[\w][\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/;

/** @returns whether it had to be pulled */
export async function ensureImage(docker: DockerApi, order: PullOrder): Promise<boolean> {
  const { image } = order;
  if (!REPOSITORY.test(image)) {
    throw new InvalidImageName(
      `Failed to apply default image tag "${image}": couldn't parse image name "${image}": invalid reference format`,
    );
  }
  const latest = !/:[^/]+$/.test(image) || /:latest$/.test(image);
  const policy = order.policy ?? (latest ? 'Always' : 'IfNotPresent');
  if (policy !== 'Always' && (await isThere(docker, image))) return false;
  if (policy === 'Never') {
    throw new PullFailure(`Container image "${image}" is not present with pull policy of Never`);
  }
  await pull(docker, order);
  return true;
}

async function isThere(docker: DockerApi, image: string): Promise<boolean> {
  return docker.call('GET', `/images/${image}/json`).then(
    () => true,
    (error: unknown) => {
      if (error instanceof DockerError && error.status === 404) return false;
      throw error;
    },
  );
}

async function pull(docker: DockerApi, { image, logins }: PullOrder): Promise<void> {
  const login = loginFor(image, logins);
  const headers = login && { 'x-registry-auth': Buffer.from(JSON.stringify(login)).toString('base64url') };
  const named = /@|:[^/]+$/.test(image) ? image : `${image}:latest`;
  let said: string | undefined;
  try {
    const path = `/images/create?fromImage=${encodeURIComponent(named)}`;
    for (const line of await docker.lines('POST', path, headers)) {
      said = (JSON.parse(line) as { error?: string }).error ?? said;
    }
  } catch (error) {
    said = (error as Error).message;
  }
  if (said !== undefined) throw new PullFailure(runtimeWords(named, said));
}

/** containerd's words around what docker says. */
function runtimeWords(image: string, said: string): string {
  const missing = /not found|manifest unknown/i.test(said);
  const denied = /denied|unauthorized|authentication required|no basic auth/i.test(said);
  const [code, why] = missing
    ? ['NotFound', `${image}: not found`]
    : denied
      ? ['Unknown', `pull access denied, repository does not exist or may require authorization: ${said}`]
      : ['Unknown', said];
  return (
    `rpc error: code = ${code} desc = failed to pull and unpack image "${image}": ` +
    `failed to resolve reference "${image}": ${why}`
  );
}

function loginFor(
  image: string,
  logins: readonly string[],
): { username: string; password: string; serveraddress: string } | undefined {
  const host = image.split('/')[0] ?? '';
  for (const text of logins) {
    const { auths = {} } = JSON.parse(text) as {
      auths?: Record<string, { auth?: string; username?: string; password?: string }>;
    };
    const found = auths[host] ?? auths[`https://${host}`];
    if (!found) continue;
    const [user = '', ...rest] = Buffer.from(found.auth ?? '', 'base64')
      .toString()
      .split(':');
    return {
      username: found.username ?? user,
      password: found.password ?? rest.join(':'),
      serveraddress: host,
    };
  }
  return undefined;
}
