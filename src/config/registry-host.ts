import type { Config } from './config.js';

/** Where images go when the configuration names no registry. */
export const DEFAULT_REGISTRY_HOST = 'ghcr.io';

/**
 * The one registry that a given username and password belong to: that of `registry`, else the only host
 * that the images name. Undefined when they name several: a password is never offered to a second host.
 */
export function loginHost(config: Config): string | undefined {
  if (config.registry !== undefined) return hostOf(config.registry);
  const hosts = config.images.map(({ image }) => (image === undefined ? undefined : hostOf(image)));
  const distinct = [...new Set(hosts.map((host) => host ?? DEFAULT_REGISTRY_HOST))];
  return distinct.length === 1 ? distinct[0] : distinct.length === 0 ? DEFAULT_REGISTRY_HOST : undefined;
}

/** The first component, where it can be a host by docker's rule: it has a dot or a port, or is localhost. */
function hostOf(name: string): string | undefined {
  const [first = ''] = name.split('/');
  return /[.:]/.test(first) || first === 'localhost' ? first : undefined;
}
