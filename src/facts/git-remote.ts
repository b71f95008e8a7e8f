/**
 * Reads a remote as git takes it: `https://…`, `ssh://…`, `git@host:owner/name.git`, or a path.
 * On a forge (`hosts`) the URL becomes its page, so that ssh and https clones give the same.
 * @param hosts with the port where it is not the usual one
 * @returns `owner/name` on a known forge; a URL without credentials, unless it is a path on this machine
 */
export function parseRemote(remote: string, hosts: readonly string[]): { repository?: string; url?: string } {
  const url = parseUrl(remote);
  if (url === undefined) return {};
  const host = hosts.find((known) => isAt(url, known));
  const [, repository] = /^\/+([^/]+\/[^/]+?)(?:\.git)?\/*$/.exec(url.pathname) ?? [];
  if (host !== undefined && repository !== undefined) {
    // A server on a custom port may have no TLS; a clone of the others by http doesn't mean that their pages lack it.
    const protocol = url.protocol === 'http:' && host === url.host && url.port !== '' ? 'http' : 'https';
    return { repository, url: `${protocol}://${host}/${repository}` };
  }
  return { url: withoutCredentials(url) };
}

function isAt(url: URL, host: string): boolean {
  // GitHub serves ssh on port 443 too, under ssh.github.com.
  if ([url.host, url.hostname].includes(host) || url.hostname === `ssh.${host}`) return true;
  // The port is that of the pages; ssh uses another.
  return url.protocol === 'ssh:' && url.hostname === host.replace(/:\d+$/, '');
}

/** The address of another repository (`owner/name`) of the same forge, reached in the same way as `remote`. */
export function siblingRemote(remote: string, repository: string): string | undefined {
  const url = parseUrl(remote);
  if (url === undefined) return undefined;
  url.pathname = `/${repository}.git`;
  return url.href;
}

function parseUrl(remote: string): URL | undefined {
  if (/^(https?|ssh|git):\/\//.test(remote)) return URL.canParse(remote) ? new URL(remote) : undefined;
  // scp's form; with a slash before the colon it is a path (git-clone(1), "GIT URLS").
  const [, user, host, path] = /^(?:([^@/:]+)@)?([^/:@]{2,}):(?!\/\/)\/?(.+)$/.exec(remote) ?? [];
  if (host === undefined) return undefined;
  const written = `ssh://${user === undefined ? '' : `${user}@`}${host}/${path}`;
  return URL.canParse(written) ? new URL(written) : undefined;
}

/** The user name of ssh is part of the address; everything else before the host, and a query, may be a secret. */
function withoutCredentials(url: URL): string {
  const clean = new URL(url);
  clean.password = '';
  if (clean.protocol !== 'ssh:') clean.username = '';
  clean.search = '';
  clean.hash = '';
  return clean.href;
}
