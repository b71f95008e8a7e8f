import { readFile } from 'node:fs/promises';
import { timeLimit } from '../lib/cancel.js';
import { parseJson, parseJsonObjects } from '../lib/json.js';
import { lastWords } from '../lib/last-words.js';
import { kubectlCacheOptions } from '../lib/kubectl-options.js';
import type { ProcessResult } from '../lib/process.js';
import { unlessMissing, type Probe } from './probe.js';

export type ClusterFacts =
  /** `pod`: this process runs in a Kubernetes pod. */
  | { status: 'no-kubectl'; pod: boolean }
  | { status: 'no-context'; pod: boolean; kubectl: string; message: string }
  | { status: 'unreachable' | 'unauthorized'; pod: boolean; kubectl: string; context?: string; message: string }
  | ReadyCluster;

export interface ReadyCluster {
  status: 'ready';
  pod: boolean;
  /** Versions as they name themselves: `v1.32.3`. */
  kubectl: string;
  server: string;
  /** Undefined in a pod that uses its service account. */
  context?: string;
  namespace: string;
  /** `unknown`: namespaces may not be read. */
  namespaceFound: 'yes' | 'no' | 'unknown';
  /** The level that the namespace enforces; undefined: none, or it can't be read. */
  podSecurity?: (typeof LEVELS)[number];
  rights: (Right & { allowed: boolean })[];
  /** Only asked if a right is missing; undefined: an old cluster has no answer. */
  user?: ClusterUser;
}

export interface ClusterUser {
  /** `system:serviceaccount:builds:default` for a service account. */
  name: string;
  groups: string[];
}

/**
 * Uses of a cluster. `kaniko-secret`: a secret with the registry's login is created for the run; `live`: what runs is
 * read.
 */
export type ClusterUse = 'kaniko' | 'kaniko-secret' | 'kubernetes' | 'live';

/** As in a rule of a Role; the group `''` is the core API. */
export interface Right {
  group: string;
  resource: string;
  subresource?: string;
  verb: string;
  uses: ClusterUse[];
  /** `helpful`: without it failures are explained less well. */
  weight: 'needed' | 'helpful';
}

const POD_NAMESPACE = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';
/**
 * The time is limited by ending kubectl: with `--request-timeout` it doesn't log in by a pod's service account and asks
 * localhost:8080. A program that fetches a login may take a few seconds.
 */
const TIMEOUT_MS = 15_000;
const POD_SECURITY_LABEL = 'pod-security.kubernetes.io/enforce';

/**
 * Asks the cluster in two rounds of two processes what it is and what the user may do there. Kubeconfig and context
 * apply as they do for the user. Never throws if something is missing.
 */
export function probeCluster(
  probe: Probe & {
    /** Undefined: as kubectl takes them. */
    namespace?: string;
    uses: readonly ClusterUse[];
  },
): Promise<ClusterFacts> {
  const pod = Boolean(probe.env['KUBERNETES_SERVICE_HOST']);
  const kubectl = (args: string[], input?: string) =>
    probe.run('kubectl', [...kubectlCacheOptions(probe.env), ...args], {
      env: probe.env,
      input,
      signal: timeLimit(TIMEOUT_MS, probe.signal),
      group: 'own',
    });
  return unlessMissing<ClusterFacts>({ status: 'no-kubectl', pod }, async () => {
    const [version, config] = await Promise.all([
      kubectl(['version', '--output=json']),
      kubectl(['config', 'view', '--minify', '--output=json']),
    ]);
    const versions = readVersions(version);
    const context = readContext(config);
    const known = { pod, kubectl: versions.client, context: context?.name };
    if (context === undefined && !pod) {
      return { status: 'no-context', pod, kubectl: versions.client, message: lastWords(config.stderr) };
    }
    if (versions.server === undefined) return { ...refusalOf(version), ...known };

    const ofPod = async () => (await readFile(POD_NAMESPACE, 'utf8').catch(() => '')).trim();
    const own = context === undefined ? await ofPod() : context.namespace;
    const namespace = probe.namespace ?? (own || 'default');
    const needs = rightsFor(probe.uses);
    const [reviews, answer] = await Promise.all([
      kubectl(
        ['create', '--filename=-', '--output=json', '--validate=false'],
        JSON.stringify(reviewList(needs, namespace)),
      ),
      kubectl(['get', 'namespace', namespace, '--output=json']),
    ]);
    const rights = readReviews(reviews, needs);
    if (rights === undefined) return { ...refusalOf(reviews), ...known };
    const complete = rights.every(({ allowed }) => allowed);
    return {
      status: 'ready',
      ...known,
      server: versions.server,
      namespace,
      ...readNamespace(answer),
      rights,
      user: complete ? undefined : readUser(await kubectl(['auth', 'whoami', '--output=json'])),
    };
  });
}

function readVersions({ stdout }: ProcessResult): { client: string; server?: string } {
  const answer = parseJson(stdout) as Record<string, { gitVersion?: string } | undefined> | undefined;
  return {
    client: answer?.['clientVersion']?.gitVersion ?? 'unknown',
    server: answer?.['serverVersion']?.gitVersion,
  };
}

function readContext({ code, stdout }: ProcessResult): { name: string; namespace?: string } | undefined {
  const config = parseJson(stdout) as
    | { 'current-context'?: string; contexts?: { name: string; context: { namespace?: string } }[] | null }
    | undefined;
  const current = config?.contexts?.[0];
  if (code !== 0 || current === undefined) return undefined;
  return { name: current.name, namespace: current.context.namespace || undefined };
}

function refusalOf({ stderr }: ProcessResult): { status: 'unreachable' | 'unauthorized'; message: string } {
  const message = lastWords(stderr) || `The API server gave no answer in ${TIMEOUT_MS / 1000} s.`;
  return {
    status: /\bUnauthorized\b|provide credentials/.test(message) ? 'unauthorized' : 'unreachable',
    message,
  };
}

/**
 * One process asks for all of them: `auth can-i` would be one each. Without `--validate=false` kubectl would fetch
 * the schema of the API first.
 */
function reviewList(rights: readonly Right[], namespace: string) {
  return {
    apiVersion: 'v1',
    kind: 'List',
    items: rights.map(({ group, resource, subresource, verb }) => ({
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { namespace, group, resource, subresource, verb } },
    })),
  };
}

interface Review {
  kind?: string;
  spec?: { resourceAttributes?: Partial<Right> };
  status?: { allowed?: boolean };
  items?: Review[];
}

function readReviews({ stdout }: ProcessResult, needs: readonly Right[]): ReadyCluster['rights'] | undefined {
  const reviews = (parseJsonObjects(stdout.toString()) as Review[]).flatMap((review) => review.items ?? review);
  if (reviews.length === 0) return undefined;
  const keyOf = ({ group, resource, subresource, verb }: Partial<Right>) =>
    [group ?? '', resource, subresource ?? '', verb].join('|');
  const allowed = new Set(
    reviews.filter(({ status }) => status?.allowed === true).map(({ spec }) => keyOf(spec?.resourceAttributes ?? {})),
  );
  return needs.map((need) => ({ ...need, allowed: allowed.has(keyOf(need)) }));
}

function readNamespace({ code, stdout, stderr }: ProcessResult): Pick<ReadyCluster, 'namespaceFound' | 'podSecurity'> {
  if (code !== 0) return { namespaceFound: /\(NotFound\)/.test(stderr.toString()) ? 'no' : 'unknown' };
  const namespace = parseJson(stdout) as { metadata?: { labels?: Record<string, string> } } | undefined;
  const level = namespace?.metadata?.labels?.[POD_SECURITY_LABEL];
  return { namespaceFound: 'yes', podSecurity: LEVELS.find((known) => known === level) };
}

const LEVELS = ['privileged', 'baseline', 'restricted'] as const;

function readUser({ stdout }: ProcessResult): ClusterUser | undefined {
  const answer = parseJson(stdout) as { status?: { userInfo?: { username?: string; groups?: string[] } } } | undefined;
  const { username, groups } = answer?.status?.userInfo ?? {};
  return username === undefined ? undefined : { name: username, groups: groups ?? [] };
}

type Row = [resource: string, verbs: string, weight?: 'helpful'];

/**
 * `pods/attach` and `pods/exec`: `create` always serves. Since 1.31 kubectl first asks by WebSocket, which clusters
 * before 1.35 count as `get`, and comes back to the older way when that is refused:
 * https://github.com/kubernetes/kubernetes/issues/133515
 */
const RIGHTS: Record<ClusterUse, Row[]> = {
  kaniko: [
    ['pods', 'create get list watch delete'],
    ['pods/log', 'get'],
    ['pods/attach', 'create'],
    ['events', 'list', 'helpful'],
  ],
  'kaniko-secret': [['secrets', 'create delete']],
  // https://github.com/docker/buildx/tree/master/driver/kubernetes
  kubernetes: [
    ['deployments.apps', 'create get delete'],
    ['pods', 'list'],
    ['pods/exec', 'create'],
    ['configmaps', 'create delete', 'helpful'],
    ['events', 'list', 'helpful'],
  ],
  live: [
    ['deployments.apps', 'list'],
    ['statefulsets.apps', 'list'],
    ['daemonsets.apps', 'list'],
    ['pods', 'list'],
    // kubectl reads the pod before its log.
    ['pods', 'get', 'helpful'],
    ['pods/log', 'get', 'helpful'],
    ['applications.argoproj.io', 'list', 'helpful'],
    ['kustomizations.kustomize.toolkit.fluxcd.io', 'list', 'helpful'],
  ],
};

/** Every right once, with all uses that need it. */
export function rightsFor(uses: readonly ClusterUse[]): Right[] {
  const needs = new Map<string, Right>();
  for (const use of uses) {
    for (const [name, verbs, weight = 'needed'] of RIGHTS[use]) {
      const [, path = '', group = ''] = /^([^.]+)\.?(.*)$/.exec(name) ?? [];
      const [resource = '', subresource] = path.split('/');
      for (const verb of verbs.split(' ')) {
        const key = `${name} ${verb}`;
        const known = needs.get(key);
        if (known === undefined) needs.set(key, { group, resource, subresource, verb, uses: [use], weight });
        else {
          known.uses.push(use);
          if (weight === 'needed') known.weight = weight;
        }
      }
    }
  }
  return [...needs.values()];
}
