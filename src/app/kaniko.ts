import { randomBytes } from 'node:crypto';
import type { BuildRequest, BuildResult } from '../builders/built.js';
import { levelAnnotations } from '../builders/buildx/bake-definition.js';
import { createKanikoBuilder } from '../builders/kaniko/kaniko.js';
import type { KanikoPorts } from '../builders/kaniko/build.js';
import type { KanikoSettings } from '../config/builder-settings.js';
import { readIgnoreRules } from '../fingerprint/read-fingerprints.js';
import { connectKubectl, type Kubectl } from '../kubernetes/kubectl.js';
import { removeOrphans } from '../kubernetes/orphans.js';
import { currentOwner, type RunOwner } from '../kubernetes/ownership.js';
import type { PodLimits } from '../kubernetes/pod-watch.js';
import { runPod } from '../kubernetes/run-pod.js';
import { messageOf } from '../lib/errors.js';
import { run } from '../lib/process.js';
import { createAttester } from '../registry/attestations/attest.js';
import type { RegistryClient } from '../registry/client.js';
import type { CredentialLookup } from '../registry/credentials.js';
import type { BuildingContext } from './building.js';
import type { RunContext } from './run-context.js';

/** Also after a cancel: a runner kills a step some seconds later. */
const DELETE_TAG_MS = 5000;

/** Connects Kaniko's builder to cluster and registry. @param connection.limits for tests */
export function connectKaniko(connection: {
  runContext: Pick<RunContext, 'root' | 'uncommitted'>;
  client: RegistryClient;
  findLogin: CredentialLookup;
  kubectl: Kubectl;
  owner: RunOwner;
  limits?: Partial<PodLimits>;
}): KanikoPorts {
  const { runContext, client, findLogin, kubectl, owner, limits } = connection;
  const tree = runContext.uncommitted.length > 0 ? 'uncommitted' : 'committed';
  return {
    run: owner.run,
    runPod: (request) => runPod({ ...request, kubectl, owner, ...(limits && { limits }) }),
    readIgnoreRules: (folder, image) => readIgnoreRules(runContext.root, folder, image),
    findLogin,
    resolve: (image, reference) => client.headManifest(image, reference).then((found) => found?.digest),
    deleteTag: (image, tag) => client.withSignal(AbortSignal.timeout(DELETE_TAG_MS)).deleteManifest(image, tag),
    attest: createAttester({ client, levelAnnotations, tree }),
  };
}

export async function buildWithKaniko(
  context: BuildingContext,
  settings: KanikoSettings,
  request: BuildRequest,
): Promise<BuildResult> {
  const { namespace } = settings;
  const kubectl = connectKubectl({ env: context.env, run, namespace });
  const owner = await currentOwner(randomBytes(4).toString('hex'));
  context.runContext.onLeftover({ pods: { run: owner.run, ...(namespace !== undefined && { namespace }) } });
  const { signal, say } = request;
  // Pods of dead runs take room on nodes, but a build can do without their removal.
  const removed = await removeOrphans({ kubectl, self: owner, signal }).catch((error: unknown) => {
    if (!signal.aborted) say(`Pods of earlier runs are not removed: ${messageOf(error)}`);
    return [];
  });
  if (removed.length > 0) say(`Removed pods of earlier runs: ${removed.join(', ')}.`);
  return createKanikoBuilder(settings, connectKaniko({ ...context, kubectl, owner }))(request);
}
