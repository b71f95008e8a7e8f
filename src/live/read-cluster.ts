import { kubectlProblem } from '../kubernetes/kubectl-problems.js';
import type { Kubectl } from '../kubernetes/kubectl.js';
import type { Pod } from '../kubernetes/pod.js';
import { Cancelled, ReleaseError, type Problem } from '../lib/errors.js';
import { plainText } from '../lib/foreign-text.js';
import { parseJson } from '../lib/json.js';
import { controllersOf } from './controllers.js';
import type { ArgoApplication, ClusterReading, FluxKustomization, Unreadable, Workload } from './objects.js';
import type { ExpectedImage, LogPlace } from './outcome.js';
import { lowered } from './pods.js';
import { workloadsOf } from './workloads.js';

const WORKLOADS = 'deployments.apps,statefulsets.apps,daemonsets.apps';
const APPLICATIONS = 'applications.argoproj.io';
const KUSTOMIZATIONS = 'kustomizations.kustomize.toolkit.fluxcd.io';
/** The namespaces of both by default. */
const CONTROLLER_NAMESPACES = ['argocd', 'flux-system'];
const NO_CLUSTER: readonly Problem['code'][] = ['cluster/kubectl', 'cluster/unreachable', 'cluster/unauthorized'];

/** Lines of a log, and characters of each. */
const LOG_LINES = 10;
const LOG_WIDTH = 300;

/**
 * Reads everything that tells what runs of the images, and changes nothing. Workloads are read in the namespaces of
 * the Kustomizations, else in all, else in those of the controllers, else in the context's.
 * @returns the reason if no cluster can be reached, a clause
 */
export async function readCluster(
  kubectl: Kubectl,
  expected: readonly ExpectedImage[],
  signal: AbortSignal,
): Promise<ClusterReading | { unreachable: string }> {
  const unreadable: Unreadable[] = [];
  const list = async <T>(resource: string, namespaces: readonly Where[], fallback: readonly Where[] = []) => {
    const answers = await Promise.all(namespaces.map((where) => listIn<T>(kubectl, resource, where, signal)));
    const refused = answers.filter((answer) => 'reason' in answer);
    const each = resource.split(',');
    if (refused.length > 0 && each.length > 1 && (fallback.length === 0 || refused.some(({ partly }) => partly)))
      return (await Promise.all(each.map((one): Promise<T[]> => list(one, namespaces, fallback)))).flat();
    if (refused.length > 0 && fallback.length > 0) return list<T>(resource, fallback);
    unreadable.push(...refused);
    return answers.flatMap((answer) => ('items' in answer ? answer.items : []));
  };
  try {
    const controllers = CONTROLLER_NAMESPACES.map(inNamespace);
    const [applications, kustomizations] = await Promise.all([
      list<ArgoApplication>(APPLICATIONS, ['all'], [...controllers, 'context']),
      list<FluxKustomization>(KUSTOMIZATIONS, ['all'], [...controllers, 'context']),
    ]);
    const fromControllers = controllersOf({ applications, kustomizations }).flatMap((each) =>
      each.namespace !== undefined && expected.some((image) => each.isFor(image)) ? [each.namespace] : [],
    );
    const named = [...new Set(expected.flatMap(({ namespaces }) => namespaces))];
    const isNamed = expected.every(({ namespaces }) => namespaces.length > 0);
    const fallback = [...new Set([...named, ...fromControllers])].map(inNamespace);
    const workloads = isNamed
      ? await list<Workload>(WORKLOADS, fallback)
      : await list<Workload>(WORKLOADS, ['all'], fallback.length > 0 ? fallback : ['context']);
    const reading = { applications, kustomizations, workloads, pods: [], unreadable };
    const using = expected.flatMap((image) => workloadsOf(image, reading));
    const places = [...new Set(using.map(({ metadata }) => metadata.namespace ?? 'default'))].map(inNamespace);
    const pods = await list<Pod>('pods', places);
    return { ...reading, pods };
  } catch (error) {
    if (!(error instanceof ReleaseError)) throw error;
    return { unreachable: error.message.replace(/^Can't list [^:]*: /, '').replace(/\.$/, '') };
  }
}

type Where = { namespace: string } | 'all' | 'context';
const inNamespace = (namespace: string): Where => ({ namespace });

/**
 * An API that the cluster doesn't have has no objects. `partly`: another resource of the list may be readable.
 * @throws ReleaseError if there is no cluster, Cancelled
 */
async function listIn<T>(
  kubectl: Kubectl,
  resource: string,
  where: Where,
  signal: AbortSignal,
): Promise<{ items: T[] } | (Unreadable & { partly: boolean })> {
  const [scope, place] =
    where === 'all'
      ? [['--all-namespaces'], 'all namespaces']
      : where === 'context'
        ? [[], "the context's namespace"]
        : [[`--namespace=${where.namespace}`], `the namespace ${where.namespace}`];
  const { code, stdout, stderr } = await kubectl.call(['get', resource, ...scope, '--output=json'], { signal });
  if (signal.aborted) throw new Cancelled('reading the cluster');
  if (code === 0) return { items: (parseJson(stdout) as { items?: T[] } | undefined)?.items ?? [] };
  if (/doesn't have a resource type/.test(stderr.toString())) return { items: [] };
  const problem = kubectlProblem(stderr, `list ${resource} in ${place}`);
  if (NO_CLUSTER.includes(problem.code)) throw new ReleaseError([problem]);
  const isForbidden = problem.code === 'cluster/forbidden';
  const reason = isForbidden ? `the right to list ${resource} in ${place} is missing` : lowered(problem.message);
  const partly = resource.split(',').some((one) => !stderr.includes(`${one} is forbidden`));
  return { resource, ...(typeof where === 'object' && where), reason, partly };
}

/** The last lines that a container printed before it ended; empty if they can't be read. */
export async function readLog(
  kubectl: Kubectl,
  { namespace, pod, container }: LogPlace,
  { signal, redact }: { signal: AbortSignal; redact(text: string): string },
): Promise<string[]> {
  const place = [`--namespace=${namespace}`, `--container=${container}`, `--tail=${LOG_LINES}`];
  const read = (...which: string[]) => kubectl.call(['logs', pod, ...place, ...which], { signal });
  const former = await read('--previous');
  const { code, stdout } = former.code === 0 && former.stdout.length > 0 ? former : await read();
  if (code !== 0) return [];
  // A secret that is cut in half would no longer be found.
  const lines = redact(plainText(stdout.toString())).split('\n');
  return lines
    .filter((line) => line !== '')
    .slice(-LOG_LINES)
    .map((line) => (line.length > LOG_WIDTH ? `${line.slice(0, LOG_WIDTH)}…` : line));
}
