import type { CleanupPorts } from '../cleanup.js';
import { createPackagesStore, refused } from '../cleanup/github-packages.js';
import { createRegistryStore } from '../cleanup/registry-store.js';
import { connectOctokit } from '../github/octokit.js';
import { connectKubectl } from '../kubernetes/kubectl.js';
import { readRunningImages } from '../kubernetes/running-images.js';
import { run } from '../lib/process.js';
import { sleep } from '../lib/sleep.js';
import { splitImageName } from '../plan/references.js';
import type { RegistryClient } from '../registry/client.js';
import type { RunContext } from './run-context.js';

/** Connects a cleanup to registries, GitHub's packages API, and the cluster. */
export async function connectCleanup(runContext: RunContext, client: RegistryClient): Promise<CleanupPorts> {
  const { env, signal, forge, say } = runContext;
  const { token } = runContext.signing;
  const registry = createRegistryStore(client);
  const clockwork = { sleep, random: Math.random };
  const octokit = token && (await connectOctokit(forge.apiUrl, env))(token);
  const packages = octokit && createPackagesStore({ octokit, clockwork }, signal);
  const kubectl = connectKubectl({ env, run });
  return {
    ...{ client, say },
    storeOf(image) {
      if (splitImageName(image).host !== 'ghcr.io') return registry;
      if (packages === undefined) throw refused(image);
      return packages;
    },
    readRunning: () => readRunningImages(kubectl, Boolean(env['KUBERNETES_SERVICE_HOST']), signal),
  };
}
