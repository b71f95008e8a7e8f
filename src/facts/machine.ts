import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { attempt } from '../lib/json.js';
import { mountOf, readMounts } from './storage.js';

export interface MachineFacts {
  place: MachinePlace;
  /** Undefined: not in a Kubernetes pod. A workflow's runner may be one, too. */
  pod?: PodFacts;
  /** The sign that this is a container; undefined: there is none. */
  container?: string;
  /** `root` may mount, an ordinary user often not. */
  user: 'root' | 'ordinary';
}

export type MachinePlace =
  | { kind: 'actions'; runner: 'github-hosted' | 'self-hosted' }
  | { kind: 'pod' }
  | { kind: 'container' }
  | { kind: 'host' };

export interface PodFacts {
  /** From the service account; undefined: none is mounted. */
  namespace?: string;
  serviceAccount: 'mounted' | 'none';
}

const SERVICE_ACCOUNT = 'var/run/secrets/kubernetes.io/serviceaccount';

/** @param root folder used as `/` in tests */
export function probeMachine(
  { env, uid }: { env: NodeJS.ProcessEnv; uid: number | undefined },
  root = '/',
): MachineFacts {
  const pod = findPod(env, root);
  const container = findContainer(root);
  return { place: placeOf(env, pod, container), pod, container, user: uid === 0 ? 'root' : 'ordinary' };
}

function placeOf(env: NodeJS.ProcessEnv, pod: PodFacts | undefined, container: string | undefined): MachinePlace {
  // Gitea and Forgejo set GITHUB_ACTIONS as well, for the actions that run there.
  const isForgejo = Boolean(env['GITEA_ACTIONS'] || env['FORGEJO_ACTIONS']);
  if (env['GITHUB_ACTIONS'] === 'true' && !isForgejo) {
    const runner = env['RUNNER_ENVIRONMENT'] === 'self-hosted' ? 'self-hosted' : 'github-hosted';
    return { kind: 'actions', runner };
  }
  if (pod !== undefined) return { kind: 'pod' };
  return container === undefined ? { kind: 'host' } : { kind: 'container' };
}

/** The kubelet sets the variable in every container of a pod; the account may be withheld from it. */
function findPod(env: NodeJS.ProcessEnv, root: string): PodFacts | undefined {
  const account = join(root, SERVICE_ACCOUNT);
  const mounted = existsSync(join(account, 'token'));
  if (!env['KUBERNETES_SERVICE_HOST'] && !mounted) return undefined;
  const namespace = mounted ? readText(join(account, 'namespace')).trim() : '';
  return { ...(namespace && { namespace }), serviceAccount: mounted ? 'mounted' : 'none' };
}

/** containerd leaves no marker file as Docker and Podman do, but a container's root is nearly always an overlay. */
function findContainer(root: string): string | undefined {
  for (const mark of ['.dockerenv', 'run/.containerenv']) {
    if (existsSync(join(root, mark))) return `/${mark}`;
  }
  const mounts = readMounts(readText(join(root, 'proc/self/mountinfo')));
  return mountOf('/', mounts)?.type === 'overlay' ? 'its root is an overlay' : undefined;
}

const readText = (path: string): string => attempt(() => readFileSync(path, 'utf8'), '');

/** Architectures by node's name, if the OCI's differs. https://go.dev/doc/install/source#environment */
const ARCHITECTURES: Partial<Record<NodeJS.Architecture, string>> = {
  x64: 'amd64',
  ia32: '386',
  arm: 'arm/v7',
  ppc64: 'ppc64le',
};

/** The platform of a builder on this machine: `linux/amd64`. @param architecture `process.arch` */
export function nativePlatform(architecture: NodeJS.Architecture): string {
  return `linux/${ARCHITECTURES[architecture] ?? architecture}`;
}
