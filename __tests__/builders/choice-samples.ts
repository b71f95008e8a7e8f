import type { ChoiceQuestion } from '../../src/builders/builder-choice.js';
import { clusterProblems } from '../../src/kubernetes/rights.js';
import type { BuildFacts } from '../../src/facts/build-facts.js';
import type { BuilderFacts, DockerFacts, DockerServer } from '../../src/facts/docker.js';
import type { ReadyCluster } from '../../src/facts/cluster.js';
import { rightsFor } from '../../src/facts/cluster-rights.js';
import type { MachineFacts } from '../../src/facts/machine.js';
import type { StorageFacts } from '../../src/facts/storage.js';
import { Secret } from '../../src/lib/secret.js';

export const HOST: MachineFacts = { place: { kind: 'host' }, user: 'ordinary' };
export const DEVPOD: MachineFacts = {
  place: { kind: 'devpod', name: 'DevPod' },
  pod: { namespace: 'builds', serviceAccount: 'mounted' },
  user: 'root',
};
export const WORKFLOW: MachineFacts = {
  place: { kind: 'actions', runner: 'github-hosted' },
  user: 'ordinary',
};

export const SERVER: DockerServer = {
  status: 'ready',
  version: '26.1.5',
  imageStore: 'containerd',
  storageDriver: 'overlayfs',
  rootDirectory: '/var/lib/docker',
  platform: 'linux/x86_64',
};
export const DOWN: DockerServer = { status: 'unreachable', message: 'Cannot connect to the Docker daemon.' };

export function docker(server: DockerServer, driver = 'docker'): DockerFacts {
  const node = { name: 'default', status: 'running', platforms: ['linux/amd64'] };
  const builder: BuilderFacts =
    server.status === 'ready' || driver !== 'docker'
      ? { status: 'usable', name: 'default', driver, nodes: [node] }
      : { status: 'unusable', name: 'default', message: server.message };
  const abilities = { allow: false, call: false };
  return {
    docker: 'present',
    client: '26.1.5',
    server,
    buildx: { status: 'present', version: '0.13.1', abilities, builder },
    pod: false,
  };
}

export const ON_DISK: StorageFacts = {
  seen: 'yes',
  path: '/var/lib/docker',
  fileSystem: 'ext4',
  trial: { result: 'not-tried', reason: 'ext4 carries overlays' },
};
export const NESTED: StorageFacts = {
  seen: 'yes',
  path: '/var/lib/docker',
  fileSystem: 'overlayfs',
  mount: { point: '/', type: 'overlay', source: 'overlay', device: '0:40' },
  trial: { result: 'refused', error: 'EINVAL', message: 'overlay: filesystem not supported as upperdir' },
};

export const CLUSTER: ReadyCluster = {
  status: 'ready',
  pod: true,
  kubectl: 'v1.32.3',
  server: 'v1.32.0',
  namespace: 'builds',
  namespaceFound: 'yes',
  rights: rightsFor(['kaniko', 'kaniko-secret', 'kubernetes']).map((need) => ({ ...need, allowed: true })),
};

/** A devpod where nothing is at hand; what a test is about is put over it. */
export const NOTHING: BuildFacts = {
  machine: DEVPOD,
  docker: { docker: 'missing', pod: true },
  storage: { seen: 'no', reason: 'there is no docker' },
  builders: [],
  endpoints: [],
  emulation: { status: 'unknown' },
  cluster: { status: 'no-kubectl', pod: true },
  forge: { gh: 'missing' },
};

export const LOGGED_IN: BuildFacts['forge'] = {
  repository: 'acme/app',
  gh: 'missing',
  token: { from: 'GITHUB_TOKEN', secret: new Secret('forge-token') },
};

export const RELEASE_WORKFLOW = {
  path: '.github/workflows/release.yml',
  text: 'on: { push: {}, workflow_dispatch: {} }\njobs: { a: { runs-on: x, steps: [{ uses: ardenone/image-release@v1 }] } }\n',
};

export function question(facts: ChoiceQuestion['facts'], over: Partial<ChoiceQuestion> = {}): ChoiceQuestion {
  return {
    choice: { type: 'auto', settings: [] },
    facts,
    needs: {
      push: true,
      byDigest: false,
      attestations: true,
      platforms: [],
      manyPlatforms: false,
      cacheExport: false,
      loopbackRegistry: false,
    },
    workflows: [],
    uncommitted: [],
    kanikoUnsupported: [],
    clusterProblems,
    failed: [],
    ...over,
  };
}
