import { type DockerApi, DockerError } from './docker-api.js';

/** An image can't be had, in the words of a runtime. */
export class PullFailure extends Error {
  override readonly name = 'PullFailure';
}

/** @returns whether it had to be pulled */
export async function ensureImage(docker: DockerApi, image: string, policy = 'IfNotPresent'): Promise<boolean> {
  if (policy !== 'Always' && (await isThere(docker, image))) return false;
  await pull(docker, image);
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

async function pull(docker: DockerApi, image: string): Promise<void> {
  const named = /@|:[^/]+$/.test(image) ? image : `${image}:latest`;
  let said: string | undefined;
  try {
    for (const line of await docker.lines('POST', `/images/create?fromImage=${encodeURIComponent(named)}`)) {
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
  return (
    `rpc error: code = ${missing ? 'NotFound' : 'Unknown'} desc = failed to pull and unpack image "${image}": ` +
    `failed to resolve reference "${image}": ${missing ? `${image}: not found` : said}`
  );
}
