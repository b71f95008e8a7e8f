import type { ClusterUse, Right } from '../facts/cluster-rights.js';
import type { ClusterFacts, ClusterUser, ReadyCluster, RightFact } from '../facts/cluster.js';
import type { Problem } from '../lib/errors.js';

/** What stands in the way of using the cluster so. Empty: nothing does. */
export function clusterProblems(facts: ClusterFacts, use: ClusterUse | readonly ClusterUse[]): Problem[] {
  switch (facts.status) {
    case 'no-kubectl':
      return [
        {
          code: 'cluster/no-kubectl',
          severity: 'error',
          message: 'The program kubectl is not on PATH.',
          fix: 'Install kubectl (https://kubernetes.io/docs/tasks/tools/), or take a builder that needs no cluster.',
        },
      ];
    case 'no-context':
      return [
        {
          code: 'cluster/no-context',
          severity: 'error',
          // What kubectl says of a missing context is about its own options: "must exist in order to minify".
          message: `kubectl has no cluster to talk to: ${/minify/.test(facts.message) ? 'there is no current context' : facts.message || 'there is no current context'}.`,
          fix: 'Choose one of `kubectl config get-contexts` with `kubectl config use-context NAME`, or set KUBECONFIG.',
        },
      ];
    case 'unreachable':
      return [
        {
          code: 'cluster/unreachable',
          severity: 'error',
          message: `The API server of ${clusterName(facts.context)} does not answer: ${facts.message}`,
          fix: 'Check `kubectl version`: the address in the kubeconfig, the network, a VPN, the certificate.',
        },
      ];
    case 'unauthorized':
      return [
        {
          code: 'cluster/unauthorized',
          severity: 'error',
          message: `${clusterName(facts.context, 'The')} does not accept the login: ${facts.message}`,
          fix: 'Log in to the cluster again (the token has probably expired), then check with `kubectl auth whoami`.',
        },
      ];
    case 'ready':
      return [...namespaceProblems(facts), ...podSecurityProblems(facts, use), ...rightsProblems(facts, use)];
  }
}

function clusterName(context: string | undefined, article = 'the'): string {
  return context === undefined ? `${article} cluster` : `${article} cluster of the context ${context}`;
}

function namespaceProblems({ namespace, namespaceFound }: ReadyCluster): Problem[] {
  return namespaceFound === 'no' ? [namespaceMissing(namespace)] : [];
}

export function namespaceMissing(namespace: string): Problem {
  return {
    code: 'cluster/namespace-missing',
    severity: 'error',
    message: `The namespace ${namespace} does not exist.`,
    fix: `Create it with \`kubectl create namespace ${namespace}\`, or name another one in \`namespace\` of the builder.`,
  };
}

/**
 * Kaniko unpacks as root, which `restricted` forbids; BuildKit in a pod needs an unconfined seccomp profile or
 * privileges, which `baseline` forbids: https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
function podSecurityProblems(
  { namespace, podSecurity }: ReadyCluster,
  use: ClusterUse | readonly ClusterUse[],
): Problem[] {
  const kaniko = podSecurity === 'restricted' && use.includes('kaniko');
  const buildkit = (podSecurity === 'restricted' || podSecurity === 'baseline') && use.includes('kubernetes');
  if (!kaniko && !buildkit) return [];
  return [
    {
      code: 'cluster/pod-security',
      severity: 'error',
      message: buildkit
        ? `The namespace ${namespace} enforces the Pod Security Standard ${podSecurity}, and BuildKit in a pod needs a seccomp profile that this forbids.`
        : `The namespace ${namespace} enforces the Pod Security Standard restricted, and Kaniko's pod has to run as root.`,
      fix: buildkit
        ? `Use the builder kaniko${podSecurity === 'restricted' ? ' in a namespace that enforces baseline' : ''}, or name another \`namespace\`.`
        : 'Name a `namespace` that enforces at most baseline, or use a builder outside the cluster.',
    },
  ];
}

/** One problem names every missing right, and shows the Role that grants them. */
export function rightsProblems(facts: ReadyCluster, use: ClusterUse | readonly ClusterUse[]): Problem[] {
  const uses = typeof use === 'string' ? [use] : use;
  const ours = facts.rights.filter((right) => right.uses.some((one) => uses.includes(one)));
  const missing = ours.filter(({ allowed }) => !allowed);
  const needed = missing.filter(({ weight }) => weight === 'needed');
  const helpful = missing.filter(({ weight }) => weight === 'helpful');
  const role = rbacSnippet({ namespace: facts.namespace, user: facts.user, rights: ours });
  const who = facts.user?.name ?? 'the user of the kubeconfig';
  const fix = 'Let an administrator run `kubectl apply -f -` with the Role and RoleBinding below.';
  return [
    ...(needed.length === 0
      ? []
      : [
          {
            code: 'cluster/forbidden',
            severity: 'error',
            message: `${capital(who)} may not ${nameRights(needed)} in namespace ${facts.namespace}.`,
            fix,
            detail: role,
          } as const,
        ]),
    ...(helpful.length === 0
      ? []
      : [
          {
            code: 'cluster/fewer-rights',
            severity: 'warning',
            message: `${capital(who)} may not ${nameRights(helpful)} in namespace ${facts.namespace}: when a pod does not start, the reason can't be told in full.`,
            fix: needed.length > 0 ? 'The same Role grants it.' : fix,
            ...(needed.length > 0 ? {} : { detail: role }),
          } as const,
        ]),
  ];
}

/** `create pods, get pods/log and delete secrets` */
function nameRights(rights: readonly Right[]): string {
  const names = rights.map((right) => `${right.verb} ${nameOf(right)}`);
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

function nameOf({ group, resource, subresource }: Right): string {
  const kind = group === '' ? resource : `${resource}.${group}`;
  return subresource === undefined ? kind : `${kind}/${subresource}`;
}

function capital(text: string): string {
  return text.startsWith('the ') ? `T${text.slice(1)}` : text;
}

export interface RbacRequest {
  namespace: string;
  /** Undefined: the snippet leaves a gap for it. */
  user?: ClusterUser;
  rights: readonly Pick<RightFact, keyof Right>[];
}

const ROLE_NAME = 'image-release';

/** Role and RoleBinding that grant the rights, as YAML to be applied. */
export function rbacSnippet({ namespace, user, rights }: RbacRequest): string {
  const rules = new Map<string, { group: string; resource: string; verbs: string[] }>();
  for (const right of rights) {
    const resource =
      right.subresource === undefined ? right.resource : `${right.resource}/${right.subresource}`;
    const key = `${right.group}/${resource}`;
    const rule = rules.get(key) ?? { group: right.group, resource, verbs: [] };
    rules.set(key, rule);
    rule.verbs.push(right.verb);
  }
  return [
    'apiVersion: rbac.authorization.k8s.io/v1',
    'kind: Role',
    `metadata: { name: ${ROLE_NAME}, namespace: ${namespace} }`,
    'rules:',
    ...[...rules.values()].map(
      ({ group, resource, verbs }) =>
        `  - { apiGroups: ["${group}"], resources: [${resource}], verbs: [${allVerbs(resource, verbs).join(', ')}] }`,
    ),
    '---',
    'apiVersion: rbac.authorization.k8s.io/v1',
    'kind: RoleBinding',
    `metadata: { name: ${ROLE_NAME}, namespace: ${namespace} }`,
    `roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: ${ROLE_NAME} }`,
    'subjects:',
    `  - ${subjectOf(user)}`,
  ].join('\n');
}

/** Streams are asked for as `get` by WebSocket and as `create` by the older way; a Role should know both. */
function allVerbs(resource: string, verbs: readonly string[]): readonly string[] {
  return /\/(?:attach|exec)$/.test(resource) && !verbs.includes('get') ? [...verbs, 'get'] : verbs;
}

const SERVICE_ACCOUNT = /^system:serviceaccount:([^:]+):([^:]+)$/;

function subjectOf(user: ClusterUser | undefined): string {
  const account = SERVICE_ACCOUNT.exec(user?.name ?? '');
  if (account) return `{ kind: ServiceAccount, name: ${account[2]}, namespace: ${account[1]} }`;
  const name = user === undefined ? 'YOUR-USER' : user.name;
  return `{ kind: User, apiGroup: rbac.authorization.k8s.io, name: ${JSON.stringify(name)} }`;
}
