/** Where an image lives: the registry's host as people write it, and the repository in it. */
export interface ImageName {
  /** Such as `ghcr.io`, `127.0.0.1:5001`, `docker.io`. */
  host: string;
  /** Such as `acme/api`. */
  repository: string;
}

/**
 * Splits a repository reference without tag by docker's rule: the first part is a host when it holds a
 * dot or a colon or is `localhost`; everything else is Docker Hub's.
 */
export function parseImageName(image: string): ImageName {
  const slash = image.indexOf('/');
  const first = slash < 0 ? '' : image.slice(0, slash);
  if (/[.:]/.test(first) || first === 'localhost') {
    return normalizeHub({ host: first, repository: image.slice(slash + 1) });
  }
  return normalizeHub({ host: 'docker.io', repository: image });
}

function normalizeHub({ host, repository }: ImageName): ImageName {
  if (!isDockerHub(host)) return { host, repository };
  return { host: 'docker.io', repository: repository.includes('/') ? repository : `library/${repository}` };
}

export function isDockerHub(host: string): boolean {
  return ['docker.io', 'index.docker.io', 'registry-1.docker.io'].includes(host);
}

/** The host that is asked: Docker Hub's API lives under another name. */
export function apiHost(host: string): string {
  return isDockerHub(host) ? 'registry-1.docker.io' : host;
}

/** Hosts that docker talks plain http to without being told. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/:\d+$/, '');
  return name === 'localhost' || name === '[::1]' || /^127(\.\d{1,3}){3}$/.test(name);
}

/** `image:tag`, or `image@digest` for a digest. */
export function formatReference(image: string, reference: string): string {
  return reference.includes(':') ? `${image}@${reference}` : `${image}:${reference}`;
}
