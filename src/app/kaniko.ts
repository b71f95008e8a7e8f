import type { KanikoPorts } from '../builders/kaniko/ports.js';
import type { Kubectl } from '../kubernetes/kubectl.js';
import type { RunOwner } from '../kubernetes/ownership.js';
import { createPool } from '../kubernetes/pool.js';
import type { PodLimits } from '../kubernetes/pod-watch.js';
import { RETRIABLE_POD_PROBLEMS, runPod } from '../kubernetes/run-pod.js';
import { packContext } from '../builders/context/pack.js';
import { surveyContext } from '../builders/context/context.js';
import { copyWords } from '../dockerfile/instructions.js';
import { readMount } from '../dockerfile/sources.js';
import { parseDockerfile } from '../dockerfile/parse.js';
import { findContext, kindOfContext } from '../dockerfile/references.js';
import { openGlobalScope } from '../dockerfile/scope.js';
import { substitute } from '../dockerfile/substitute.js';
import { useOf } from '../dockerfile/use.js';
import { readIgnoreRules } from '../fingerprint/read-sources.js';
import { resolveReference, type RegistryClient } from '../registry/client.js';
import type { CredentialLookup } from '../registry/credentials.js';
import type { Setting } from './run-context.js';

/** What Kaniko's check and its builder need to know of Dockerfiles. */
export const DOCKERFILE_READER: KanikoPorts['dockerfiles'] = {
  parse: parseDockerfile,
  use: useOf,
  scope: openGlobalScope,
  substitute,
  mount: readMount,
  copyWords,
  findContext,
  kindOfContext,
};

/** After a cancel, too: a runner kills what is not gone after some seconds. */
const TIDY_MS = 5000;

export interface KanikoConnection {
  setting: Pick<Setting, 'root'>;
  client: RegistryClient;
  findLogin: CredentialLookup;
  kubectl: Kubectl;
  owner: RunOwner;
  attest: KanikoPorts['attest'];
  /** How long pods are waited for, where not as usual. */
  limits?: Partial<PodLimits>;
}

/** Connects Kaniko's builder to cluster, context, registry and Dockerfiles. */
export function connectKaniko(connection: KanikoConnection): KanikoPorts {
  const { setting, client, findLogin, kubectl, owner, attest, limits } = connection;
  return {
    run: owner.run,
    createPool,
    runPod: (order) => runPod({ ...order, kubectl, owner, ...(limits && { limits }) }),
    retriable: new Set(RETRIABLE_POD_PROBLEMS),
    packContext,
    surveyContext,
    readIgnoreRules(folder, image) {
      const read = readIgnoreRules(setting.root, folder, image);
      return read.status === 'read' ? { rules: read.rules } : { doubt: read.reason };
    },
    dockerfiles: DOCKERFILE_READER,
    findLogin,
    resolve: (image, reference) => resolveReference(client, image, reference),
    deleteTag: (image, tag) => client.withSignal(AbortSignal.timeout(TIDY_MS)).deleteTag(image, tag),
    attest,
  };
}
