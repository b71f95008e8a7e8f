/** Whether a host, with or without a port, is this machine. Docker talks plain http to it, and no proxy leads to it. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/:\d+$/, '');
  return name === 'localhost' || name === '[::1]' || /^127(\.\d{1,3}){3}$/.test(name);
}

const PRIVATE =
  /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)[\d.]+$|\.local$|\.svc(?:\.cluster\.local)?$/;

/**
 * Whether a host can only be one of the network around: private addresses (RFC 1918), `.local`, services of a
 * cluster. Registries there often speak plain http; so do the tools around go-containerregistry with them.
 */
export function isPrivate(host: string): boolean {
  return PRIVATE.test(host.replace(/:\d+$/, ''));
}

/** Whether plain http may be spoken to a host. */
export function mayBePlain(host: string): boolean {
  return isLoopback(host) || isPrivate(host);
}
