import type { ClusterFacts, ClusterUse, ReadyCluster, Right } from '../facts/cluster.js';
import { problem, warning, type Problem, type ProblemDraft } from '../lib/errors.js';
import { namespaceFix } from './kubectl-problems.js';

/** Why the cluster can't be used for these purposes; empty: it can. */
export function clusterProblems(facts: ClusterFacts, uses: readonly ClusterUse[]): Problem[] {
  switch (facts.status) {
    case 'no-kubectl':
      return [problem({ code: 'cluster/kubectl', message: 'The program kubectl is not on PATH.' })];
    case 'no-context': {
      // kubectl's own message about a missing context is about `--minify`.
      const known = facts.message !== '' && !facts.message.includes('minify');
      const reason = known ? facts.message : 'there is no current context';
      return [
        problem({
          code: 'cluster/unreachable',
          message: `kubectl has no cluster to use: ${reason}.`,
          fix: 'Choose one of `kubectl config get-contexts` with `kubectl config use-context NAME`, or set KUBECONFIG.',
        }),
      ];
    }
    case 'unreachable':
    case 'unauthorized': {
      const cluster = facts.context === undefined ? 'the cluster' : `the cluster of the context ${facts.context}`;
      const message =
        facts.status === 'unreachable'
          ? `The API server of ${cluster} doesn't answer: ${facts.message}`
          : `The login was refused by ${cluster}: ${facts.message}`;
      return [problem({ code: `cluster/${facts.status}`, message })];
    }
    case 'ready':
      return [...namespaceProblems(facts, uses), ...rightsProblems(facts, uses)];
  }
}

/**
 * Kaniko unpacks as root, which `restricted` forbids; BuildKit in a pod needs an unconfined seccomp profile or
 * privileges, which `baseline` forbids: https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
function namespaceProblems({ namespace, namespaceFound, podSecurity }: ReadyCluster, uses: readonly ClusterUse[]) {
  const found: ProblemDraft[] = [];
  if (namespaceFound === 'no')
    found.push({
      code: 'cluster/object-missing',
      message: `The namespace ${namespace} does not exist.`,
      fix: namespaceFix(namespace),
    });
  const enforces = `The namespace ${namespace} enforces the Pod Security Standard ${podSecurity}`;
  if (uses.includes('kubernetes') && (podSecurity === 'restricted' || podSecurity === 'baseline'))
    found.push({
      code: 'cluster/policy',
      message: `${enforces}, and BuildKit in a pod needs a seccomp profile that this forbids.`,
      fix: 'Use the builder kaniko in a namespace that enforces at most `baseline`, or name another `namespace`.',
    });
  else if (uses.includes('kaniko') && podSecurity === 'restricted')
    found.push({ code: 'cluster/policy', message: `${enforces}, and Kaniko's pod has to run as root.` });
  return found.map(problem);
}

/** One problem names all missing rights, and shows the Role that grants them. */
function rightsProblems(facts: ReadyCluster, uses: readonly ClusterUse[]): Problem[] {
  const rights = facts.rights.filter((right) => right.uses.some((one) => uses.includes(one)));
  const missing = rights.filter(({ allowed }) => !allowed);
  const needed = missing.filter(({ weight }) => weight === 'needed');
  const helpful = missing.filter(({ weight }) => weight === 'helpful');
  const detail = rbacSnippet({ ...facts, rights });
  const cannot = (which: readonly Right[]) =>
    `${facts.user?.name ?? 'The user of the kubeconfig'} may not ${nameRights(which)} in namespace ${facts.namespace}`;
  const problems: Problem[] = [];
  if (needed.length > 0) problems.push(problem({ code: 'cluster/forbidden', message: `${cannot(needed)}.`, detail }));
  if (helpful.length > 0)
    problems.push(
      warning({
        code: 'cluster/forbidden',
        message: `${cannot(helpful)}: if a pod does not start${uses.includes('live') ? ' or run' : ''}, the reason may be unknown.`,
        ...(needed.length === 0 && { detail }),
      }),
    );
  return problems;
}

/** `create pods, get pods/log and delete secrets` */
function nameRights(rights: readonly Right[]): string {
  const names = rights.map(({ verb, group, resource, subresource }) => {
    const kind = group === '' ? resource : `${resource}.${group}`;
    return `${verb} ${subresource === undefined ? kind : `${kind}/${subresource}`}`;
  });
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

const NAME = 'image-release';

/** Role and RoleBinding that grant the rights, as YAML; without a user it has a placeholder. */
function rbacSnippet({ namespace, user, rights }: ReadyCluster): string {
  const rules = new Map<string, { group: string; resource: string; verbs: string[] }>();
  for (const { group, resource: kind, subresource, verb } of rights) {
    const resource = subresource === undefined ? kind : `${kind}/${subresource}`;
    const rule = rules.get(`${group}/${resource}`) ?? { group, resource, verbs: [] };
    rules.set(`${group}/${resource}`, rule);
    rule.verbs.push(verb);
    // A newer kubectl attaches and executes by WebSocket, which older clusters count as `get`.
    if (/^(?:attach|exec)$/.test(subresource ?? '')) rule.verbs.push('get');
  }
  return [
    'apiVersion: rbac.authorization.k8s.io/v1',
    'kind: Role',
    `metadata: { name: ${NAME}, namespace: ${namespace} }`,
    'rules:',
    ...[...rules.values()].map(
      ({ group, resource, verbs }) =>
        `  - { apiGroups: ["${group}"], resources: [${resource}], verbs: [${verbs.join(', ')}] }`,
    ),
    '---',
    'apiVersion: rbac.authorization.k8s.io/v1',
    'kind: RoleBinding',
    `metadata: { name: ${NAME}, namespace: ${namespace} }`,
    `roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: ${NAME} }`,
    'subjects:',
    `  - ${subjectOf(user?.name ?? 'YOUR-USER')}`,
  ].join('\n');
}

function subjectOf(name: string): string {
  const [, namespace, account] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name) ?? [];
  return account === undefined
    ? `{ kind: User, apiGroup: rbac.authorization.k8s.io, name: ${JSON.stringify(name)} }`
    : `{ kind: ServiceAccount, name: ${account}, namespace: ${namespace} }`;
}
