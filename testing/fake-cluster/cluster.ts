import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { PolicyRule } from 'kubernetes-types/rbac/v1.js';
import { certifyHosts } from '../fake-sigstore/certificate.js';
import type { User } from './api/access.js';
import { resourceOf } from './api/resources.js';
import { createObject, type Creation } from './api/creation.js';
import { type ApiServer, type RecordedRequest, startApiServer } from './api/server.js';
import { manifestProblems } from './admission/schema.js';
import { startControllers } from './controllers.js';
import { FaultQueue, type PodFault } from './faults.js';
import { dockerApi } from './kubelet/docker-api.js';
import { Kubelet } from './kubelet/kubelet.js';
import { type FakeNode, labelsOf } from './kubelet/scheduler.js';
import type { KubeObject, StoredPod } from './objects.js';
import { Store } from './store.js';

export interface FakeClusterOptions {
  /** For volumes and kubeconfigs; made when it isn't there, removed by `stop()`. */
  dir: string;
  /** Runs the containers. */
  dockerHost: string;
  /** `host`: containers share this machine's network and reach what listens on 127.0.0.1. Default: docker's bridge. */
  network?: 'bridge' | 'host';
  /** Name → labels, besides `default`. */
  namespaces?: Record<string, Record<string, string>>;
  /** Of the kubeconfig's context; made when `namespaces` doesn't have it. Default: `default`. */
  namespace?: string;
  /** Default: one of this machine's architecture. */
  nodes?: readonly FakeNode[];
  /** Between two tries of a kubelet; default 300, where real ones begin with 10,000. */
  backoffMs?: number;
  /** A container that was asked to end is killed then; default 2000, however long the pod says. */
  maxGraceMs?: number;
  /** After a restart the API server refuses users whose rights come from Roles for so long; default 160, as measured. */
  rbacMs?: number;
  log?: (line: string) => void;
}

/** What a process in a pod finds of its service account. */
export interface PodAccount {
  /** As RBAC knows it. */
  user: string;
  /** Holds `token`, `ca.crt` and `namespace`. */
  folder: string;
  env: { KUBERNETES_SERVICE_HOST: string; KUBERNETES_SERVICE_PORT: string };
  /** Path of one that has the same login. */
  kubeconfig: string;
}

export interface FakeCluster {
  /** Path. Its user may do everything. */
  kubeconfig: string;
  /** `https://127.0.0.1:PORT`, under a certificate that the kubeconfig vouches for. */
  server: string;
  /** Of the kubeconfig's context. */
  namespace: string;
  faults: FaultQueue;
  requests: RecordedRequest[];
  /** Copies of what is stored now; without a namespace: of all of them. */
  pods(namespace?: string): StoredPod[];
  list(kind: string, namespace?: string): KubeObject[];
  /**
   * Sets an object with its status, as controllers and nodes of a real cluster would leave it; replaces one of that name.
   * @param logs of a pod, by container
   * @throws Error if Kubernetes' schema doesn't allow it
   */
  place(object: KubeObject, logs?: Record<string, string>): void;
  /** `Warning FailedMount: …`, the last that happened at the end. */
  events(): string[];
  /** Befalls a pod that runs, at once. */
  strike(pod: string, fault: PodFault, namespace?: string): Promise<void>;
  /** Takes a pod away, whatever has become of it. */
  remove(pod: string, namespace?: string): void;
  /** The API is away for a while and every connection is cut; pods go on. */
  restart(downMs: number): Promise<void>;
  /** Another user: `bound` has the rights that Roles give it. @returns the path of its kubeconfig */
  addUser(name: string, rights: 'all' | 'bound', denied?: readonly string[]): Promise<string>;
  /** A service account with a Role, as the kubelet mounts it: a pod has no kubeconfig. */
  addServiceAccount(name: string, rules: readonly PolicyRule[]): Promise<PodAccount>;
  stop(): Promise<void>;
}

const ARCHITECTURES: Partial<Record<NodeJS.Architecture, string>> = { x64: 'amd64', arm64: 'arm64' };

/** Starts the double. Its pods run for real; `stop()` ends and removes all of it. */
export async function startFakeCluster(options: FakeClusterOptions): Promise<FakeCluster> {
  const { dir, namespace = 'default', log = () => {} } = options;
  await mkdir(dir, { recursive: true });
  const store = new Store();
  const faults = new FaultQueue();
  const nodes = options.nodes ?? [{ name: 'node-1', arch: ARCHITECTURES[process.arch] ?? process.arch }];
  const world = {
    store,
    faults,
    log,
    dir,
    docker: dockerApi(options.dockerHost),
    network: options.network ?? 'bridge',
    backoffMs: options.backoffMs ?? 300,
    maxGraceMs: options.maxGraceMs ?? 2000,
  } as const;
  const kubelet = new Kubelet(world, nodes);
  const endControllers = startControllers(world);
  const users: User[] = [];
  const placedLogs = new Map<string, string>();
  layGround(store, { ...options.namespaces, [namespace]: options.namespaces?.[namespace] ?? {} }, nodes);
  const tls = await certifyHosts(['localhost', '127.0.0.1']);
  const api: ApiServer = await startApiServer({
    world: { ...world, kubelet, placedLogs },
    users,
    faults,
    rbacMs: options.rbacMs ?? 160,
    tls,
  });

  const register = async (user: Omit<User, 'token'>) => {
    const token = randomBytes(16).toString('hex');
    users.push({ ...user, token });
    const path = join(dir, `kubeconfig-${users.length}`);
    const login = { authority: tls.authority, name: user.name, token, namespace };
    await writeFile(path, kubeconfigText(api.url, login), { mode: 0o600 });
    return { token, path };
  };
  const addUser = async (name: string, rights: User['rights'], denied: readonly string[] = []) =>
    (await register({ name, groups: ['system:authenticated'], rights, denied })).path;
  const addServiceAccount = async (name: string, rules: readonly PolicyRule[]): Promise<PodAccount> => {
    grant(world, { namespace, name }, rules);
    const user = `system:serviceaccount:${namespace}:${name}`;
    const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'];
    const { token, path } = await register({ name: user, groups, rights: 'bound', denied: [] });
    const folder = join(dir, `account-${name}`);
    await mkdir(folder);
    const files = { token, 'ca.crt': tls.authority, namespace };
    for (const [file, text] of Object.entries(files)) await writeFile(join(folder, file), text);
    const { hostname, port } = new URL(api.url);
    const env = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
    return { user, folder, env, kubeconfig: path };
  };
  const kubeconfig = await addUser('lab-user', 'all');
  const named = (name: string, where: string) => {
    const pod = store.get(resourceOf('Pod'), { namespace: where, name }) as StoredPod | undefined;
    if (!pod) throw new Error(`the fake cluster has no pod ${where}/${name}`);
    return pod;
  };
  return {
    kubeconfig,
    namespace,
    server: api.url,
    faults,
    requests: api.requests,
    pods: (where) => store.list(resourceOf('Pod'), where) as StoredPod[],
    list: (kind, where) => store.list(resourceOf(kind), where),
    place(object, logs = {}) {
      const problems = object.apiVersion.includes('.io/v1') ? [] : manifestProblems(object);
      if (problems.length > 0) throw new Error(`${object.kind} ${object.metadata.name}: ${problems.join(', ')}`);
      store.place(resourceOf(object.kind), object);
      const { namespace, name } = object.metadata;
      for (const [container, text] of Object.entries(logs)) placedLogs.set(`${namespace}/${name}/${container}`, text);
    },
    events: () => store.list(resourceOf('Event')).sort(byVersion).map(eventLine),
    strike: (name, fault, where = namespace) => kubelet.strike(named(name, where), fault),
    remove: (name, where = namespace) => void store.remove(resourceOf('Pod'), { namespace: where, name }),
    async restart(downMs) {
      const resume = await api.interrupt();
      await delay(downMs);
      await resume();
    },
    addUser,
    addServiceAccount,
    async stop() {
      endControllers();
      await api.stop();
      await kubelet.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** A service account, and a Role that is bound to it. */
function grant(world: Creation, metadata: { namespace: string; name: string }, rules: readonly PolicyRule[]): void {
  const group = 'rbac.authorization.k8s.io';
  const make = (kind: string, apiVersion: string, more: object) =>
    createObject(world, resourceOf(kind), { apiVersion, kind, metadata, ...more });
  make('ServiceAccount', 'v1', {});
  make('Role', `${group}/v1`, { rules });
  make('RoleBinding', `${group}/v1`, {
    roleRef: { apiGroup: group, kind: 'Role', name: metadata.name },
    subjects: [{ kind: 'ServiceAccount', ...metadata }],
  });
}

const byVersion = (one: KubeObject, other: KubeObject): number =>
  Number(one.metadata.resourceVersion) - Number(other.metadata.resourceVersion);

function eventLine(event: KubeObject): string {
  const { type, reason, message } = event as KubeObject & Record<'type' | 'reason' | 'message', string>;
  return `${type} ${reason}: ${message}`;
}

function layGround(store: Store, namespaces: Record<string, Record<string, string>>, nodes: readonly FakeNode[]): void {
  const world = { store, log: () => {} };
  for (const [name, labels] of Object.entries({ default: {}, ...namespaces })) {
    createObject(world, resourceOf('Namespace'), {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels },
    });
    createObject(world, resourceOf('ServiceAccount'), {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'default', namespace: name },
    });
  }
  for (const node of nodes)
    store.create(resourceOf('Node'), {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: node.name, labels: labelsOf(node) },
      status: { conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }] },
    });
}

function kubeconfigText(
  server: string,
  { authority, name, token, namespace }: { authority: string; name: string; token: string; namespace: string },
): string {
  const cluster = {
    server,
    'certificate-authority-data': Buffer.from(authority).toString('base64'),
    'tls-server-name': 'localhost',
  };
  return JSON.stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'lab', cluster }],
      users: [{ name, user: { token } }],
      contexts: [{ name: 'lab', context: { cluster: 'lab', user: name, namespace } }],
      'current-context': 'lab',
    },
    null,
    2,
  );
}
