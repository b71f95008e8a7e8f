import { randomBytes } from 'node:crypto';
import type { Builder } from '../builders/builder.js';
import { levelAnnotations } from '../builders/buildx/bake-definition.js';
import { createKanikoBuilder } from '../builders/kaniko/kaniko.js';
import { checkKaniko } from '../builders/kaniko/prepare.js';
import { connectKubectl, type Kubectl } from '../kubernetes/kubectl.js';
import { removeOrphans } from '../kubernetes/orphans.js';
import { currentOwner } from '../kubernetes/owner.js';
import type { RunOwner } from '../kubernetes/ownership.js';
import type { KanikoSettings } from '../config/builder-settings.js';
import { messageOf, type Problem } from '../lib/errors.js';
import { run } from '../lib/process.js';
import type { Plan } from '../plan/plan.js';
import { createAttester } from '../registry/attestations/attest.js';
import type { RegistryClient } from '../registry/client.js';
import type { CredentialLookup } from '../registry/credentials.js';
import { connectKaniko, DOCKERFILE_READER } from './kaniko.js';
import type { Setting } from './run-context.js';

export interface KanikoSurroundings {
  setting: Pick<Setting, 'root' | 'onLeftover' | 'uncommitted'>;
  settings: KanikoSettings;
  /** Of kubectl. */
  env: NodeJS.ProcessEnv;
  client: RegistryClient;
  findLogin: CredentialLookup;
}

/** What stands against building the plan by Kaniko; nothing is asked but files. */
export function checkForKaniko(plan: Plan, settings: KanikoSettings, root: string): Promise<Problem[]> {
  return checkKaniko(plan, { root, settings, reader: DOCKERFILE_READER });
}

/** Kaniko in the cluster that kubectl reaches. */
export function kanikoBuilder({ setting, settings, env, client, findLogin }: KanikoSurroundings): Builder {
  const { namespace } = settings;
  const tree = setting.uncommitted.length > 0 ? 'uncommitted' : 'committed';
  return async (order) => {
    const kubectl = connectKubectl({ env, run, namespace });
    const owner = await currentOwner(randomBytes(4).toString('hex'));
    setting.onLeftover({ pods: { run: owner.run, ...(namespace !== undefined && { namespace }) } });
    await tidy(kubectl, owner, order);
    const attest = createAttester({ client, levelAnnotations, tree });
    return createKanikoBuilder(
      settings,
      connectKaniko({ setting, client, findLogin, kubectl, owner, attest }),
    )(order);
  };
}

/** What dead runs have left takes room on nodes; that it can't be removed is no reason not to build. */
async function tidy(
  kubectl: Kubectl,
  self: RunOwner,
  { signal, say }: { signal: AbortSignal; say(line: string): void },
): Promise<void> {
  const removed = await removeOrphans({ kubectl, self, signal }).catch((error: unknown) => {
    if (!signal.aborted) say(`What earlier runs may have left in the cluster stays: ${messageOf(error)}`);
    return [];
  });
  if (removed.length > 0) say(`Removed what earlier runs had left in the cluster: ${removed.join(', ')}.`);
}
