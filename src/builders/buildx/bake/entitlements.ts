/**
 * What newer buildx wants allowed on its command line before it does what a bake file says (`--allow=…`):
 * https://docs.docker.com/reference/cli/docker/buildx/bake/#allow. The file is the repository's own.
 * @param extra settings of a target, in bake's words
 */
export function entitlementsOf(extra: Readonly<Record<string, unknown>>): string[] {
  const { network, ssh, entitlements } = extra;
  return [
    ...(network === 'host' ? ['network.host'] : []),
    ...(Array.isArray(ssh) && ssh.length > 0 ? ['ssh'] : []),
    ...(Array.isArray(entitlements) ? entitlements.filter((item) => typeof item === 'string') : []),
  ];
}
