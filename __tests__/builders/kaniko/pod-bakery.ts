import { randomBytes } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBuildkitProxy } from '../../../lab/buildkit-proxy.js';
import { startFakeCluster, type FakeCluster } from '../../../testing/fake-cluster/cluster.js';
import { pushKanikoExecutor } from '../../../lab/kaniko-executor.js';
import type { BuildRequest } from '../../../src/builders/builder.js';
import type { BuildResult } from '../../../src/builders/built.js';
import { levelAnnotations } from '../../../src/builders/buildx/bake-definition.js';
import { createKanikoBuilder } from '../../../src/builders/kaniko/kaniko.js';
import type { KanikoPorts } from '../../../src/builders/kaniko/ports.js';
import { connectKubectl } from '../../../src/kubernetes/kubectl.js';
import { currentOwner } from '../../../src/kubernetes/owner.js';
import type { KanikoSettings } from '../../../src/config/builder-settings.js';
import { run } from '../../../src/lib/process.js';
import type { Plan, PlannedImage } from '../../../src/plan/plan.js';
import { createAttester } from '../../../src/registry/attestations/attest.js';
import { createRegistryClient, type RegistryClient } from '../../../src/registry/client.js';
import type { CredentialLookup } from '../../../src/registry/credentials.js';
import { connectKaniko } from '../../../src/app/kaniko.js';
import { createBuildSite, DOCKER_HOST, REGISTRY, type BuildSite } from '../daemon.js';
import { plannedImage, planOf } from '../samples.js';

/** A repository with contexts `api` and `web`, and a cluster whose pods run the stand-in for Kaniko. */
export interface PodBakery {
  site: BuildSite;
  cluster: FakeCluster;
  client: RegistryClient;
  /** Reference of the executor's image. */
  executor: string;
  id: string;
  image(key: string, over?: Partial<PlannedImage>): PlannedImage;
  build(images: PlannedImage[], over?: PodBuild): Promise<BuildResult>;
  close(): Promise<void>;
}

export interface PodBuild {
  order?: Partial<BuildRequest>;
  settings?: Partial<KanikoSettings>;
  ports?: Partial<KanikoPorts>;
  findLogin?: CredentialLookup;
  publish?: Plan['publish'];
}

export async function createPodBakery(): Promise<PodBakery> {
  const site = await createBuildSite(['api', 'web']);
  const id = randomBytes(4).toString('hex');
  const proxy = await startBuildkitProxy({ dockerHost: DOCKER_HOST });
  const { executor } = await pushKanikoExecutor({ registry: REGISTRY, proxyPort: proxy.port });
  const dir = await mkdtemp(join(tmpdir(), 'cluster-'));
  const cluster = await startFakeCluster({ dir, dockerHost: DOCKER_HOST, network: 'host' });
  const client = createRegistryClient({ credentials: async () => undefined, userAgent: 'test' });
  const kubectl = connectKubectl({ env: { ...site.env, KUBECONFIG: cluster.kubeconfig }, run });
  return {
    ...{ site, cluster, client, executor, id },
    image: (key, over) => plannedImage(key, { image: `${REGISTRY}/kaniko-${id}/${key}`, ...over }),
    async build(images, { order, settings, ports, publish, findLogin = async () => undefined } = {}) {
      const owner = await currentOwner(randomBytes(4).toString('hex'));
      const attest = createAttester({ client, levelAnnotations, tree: 'committed' });
      const limits = { retryMs: 100, eventsMs: 200, patience: 0.02 };
      const connected = connectKaniko({
        ...{ setting: site, client, kubectl, owner, attest, limits, findLogin },
      });
      const builder = createKanikoBuilder(
        { type: 'kaniko', image: executor, ...settings },
        { ...connected, ...ports },
      );
      return builder({
        plan: planOf(images, publish),
        root: site.root,
        env: site.env,
        temp: site.temp,
        signal: new AbortController().signal,
        onProgress: () => {},
        say: () => {},
        redact: (text) => text,
        bases: {},
        ...order,
      });
    },
    async close() {
      client.close();
      await cluster.stop();
      await proxy.stop();
      await site.remove();
    },
  };
}
