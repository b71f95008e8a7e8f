/** Whether a host, with or without a port, is this machine. Docker talks plain http to it, and no proxy leads to it. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/:\d+$/, '');
  return name === 'localhost' || name === '[::1]' || /^127(\.\d{1,3}){3}$/.test(name);
}

const PRIVATE = /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)[\d.]+$|\.local$|\.svc(?:\.cluster\.local)?$/;

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

const THIS_MACHINE =
  /^(?:(?:.+\.)?localhost\.?|0\.0\.0\.0|127(?:\.\d{1,3}){3}|\[::1?\]|\[::ffff:(?:0|7f[0-9a-f]{2}):[0-9a-f]{1,4}\])$/;
/** RFC 1918, RFC 6598, link-local addresses (the metadata services of clouds), IPv6 ULA, the same mapped into IPv6. */
const NEARBY =
  /^(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01])|169\.254|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7]))(?:\.\d{1,3})+$|^\[(?:f[cd][0-9a-f]{2}|fe[89ab][0-9a-f]):|^\[::ffff:(?:a[0-9a-f]{2}|c0a8|ac1[0-9a-f]|a9fe):|\.(?:local|internal|svc|cluster\.local)\.?$/;

/** How near a host is: `0` this machine, `1` the network around, `2` anywhere. */
function distance(host: string): number {
  const name = host.replace(/:\d+$/, '').toLowerCase();
  return THIS_MACHINE.test(name) ? 0 : NEARBY.test(name) || isPrivate(name) ? 1 : 2;
}

/**
 * Whether a server may send its clients to another host: never nearer than it is itself. A public registry could
 * otherwise make us ask, or log in to, services of the runner's own machine and network.
 * @param from host, with or without a port
 * @param to as `URL.host` has it
 */
export function mayLeadTo(from: string, to: string): boolean {
  return distance(to) >= distance(from);
}
