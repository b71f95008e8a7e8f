import { failure, ReleaseError } from '../lib/errors.js';
import { kubectlProblem } from './kubectl-problems.js';
import type { Kubectl } from './kubectl.js';

/** Tags and digests of all containers, as written and as they run. */
const IMAGES = '{..image} {..imageID}';

/**
 * The images of all pods of the cluster, references separated by spaces; undefined: there is no kubectl, or no cluster is
 * configured.
 * @param inPod whether this process runs in a cluster, where kubectl needs no context
 * @throws ReleaseError `cluster/*`: a cluster that is configured and can't be read
 */
export async function readRunningImages(kubectl: Kubectl, inPod: boolean, signal?: AbortSignal) {
  try {
    const context = await kubectl.call(['config', 'view', '--minify', '--output=json'], { signal });
    if (context.code !== 0 && !inPod) return undefined;
  } catch (error) {
    if (error instanceof ReleaseError && error.code === 'cluster/kubectl') return undefined;
    throw error;
  }
  const listed = await kubectl.call(['get', 'pods', '--all-namespaces', `--output=jsonpath=${IMAGES}`], { signal });
  if (listed.code === 0) return listed.stdout.toString();
  throw failure({
    ...kubectlProblem(listed.stderr, 'list the pods of all namespaces'),
    fix: 'Log in to the cluster as a user who may list pods in all namespaces, or ignore it: `KUBECONFIG=/dev/null image-release cleanup`.',
  });
}
