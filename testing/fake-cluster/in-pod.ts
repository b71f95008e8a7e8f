import type { PodAccount } from './cluster.js';

/** Where the kubelet mounts it; every client of the API looks there. */
const MOUNTED_AT = '/run/secrets/kubernetes.io/serviceaccount';

/** In a mount namespace of its own, so that no other process sees the account. */
const MOUNT = [
  `mount -t tmpfs tmpfs /run`,
  `mkdir -p ${MOUNTED_AT}`,
  `mount --bind "$1" ${MOUNTED_AT}`,
  `shift`,
  `exec "$@"`,
].join(' && ');

/** The command line that runs a program as in a pod: all that it has of the cluster is a service account. Needs root. */
export function inPod({ folder }: PodAccount, program: string, args: readonly string[]): [string, string[]] {
  return ['unshare', ['--mount', 'sh', '-c', MOUNT, 'sh', folder, program, ...args]];
}
