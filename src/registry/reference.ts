import { DOCKER_HUB } from '../plan/references.js';

export function isDockerHub(host: string): boolean {
  return DOCKER_HUB.includes(host);
}

/** The host that is asked: Docker Hub's API lives under another name. */
export function apiHost(host: string): string {
  return isDockerHub(host) ? 'registry-1.docker.io' : host;
}

/** `image:tag`, or `image@digest` for a digest. */
export function formatReference(image: string, reference: string): string {
  return reference.includes(':') ? `${image}@${reference}` : `${image}:${reference}`;
}
