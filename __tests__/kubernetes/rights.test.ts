import { load, loadAll } from 'js-yaml';
import { clusterProblems } from '../../src/kubernetes/rights.js';
import { rightsFor, type ClusterUse, type ReadyCluster } from '../../src/facts/cluster.js';

const USES: ClusterUse[] = ['kaniko', 'kaniko-secret', 'kubernetes'];

function ready(denied: (right: string) => boolean, more: Partial<ReadyCluster> = {}): ReadyCluster {
  return {
    status: 'ready',
    pod: true,
    kubectl: 'v1.32.3',
    server: 'v1.32.3',
    namespace: 'builds',
    namespaceFound: 'yes',
    user: { name: 'system:serviceaccount:dev:pod-user', groups: [] },
    rights: rightsFor(USES).map((need) => ({
      ...need,
      allowed: !denied(`${need.verb} ${need.resource}${need.subresource ? `/${need.subresource}` : ''}`),
    })),
    ...more,
  };
}

test('names each missing verb and prints a Role that grants all rights needed', () => {
  const facts = ready((right) => ['create pods', 'get pods/log', 'create pods/attach'].includes(right));
  const [problem, ...more] = clusterProblems(facts, ['kaniko', 'kaniko-secret']);
  expect(more).toEqual([]);
  expect(problem?.code).toBe('cluster/forbidden');
  expect(problem?.message).toBe(
    'system:serviceaccount:dev:pod-user may not create pods, get pods/log and create pods/attach in namespace builds.',
  );
  const [role, binding] = loadAll(problem?.detail ?? '') as [
    {
      kind: string;
      metadata: object;
      rules: { apiGroups: string[]; resources: string[]; verbs: string[] }[];
    },
    { kind: string; roleRef: object; subjects: object[] },
  ];
  expect(role).toMatchObject({ kind: 'Role', metadata: { namespace: 'builds' } });
  const granted = role.rules.flatMap(({ resources, verbs }) => verbs.map((verb) => `${verb} ${resources[0]}`));
  expect(granted).toEqual([
    ...['create', 'get', 'list', 'watch', 'delete'].map((verb) => `${verb} pods`),
    'get pods/log',
    'create pods/attach',
    'get pods/attach',
    'list events',
    'create secrets',
    'delete secrets',
  ]);
  expect(binding.subjects).toEqual([{ kind: 'ServiceAccount', name: 'pod-user', namespace: 'dev' }]);
  expect(binding.roleRef).toEqual({
    apiGroup: 'rbac.authorization.k8s.io',
    kind: 'Role',
    name: 'image-release',
  });
});

test('ignores rights of other uses, and only warns about optional rights', () => {
  const facts = ready((right) => right === 'create secrets' || right === 'list events', {
    user: { name: 'jane@example.org', groups: ['dev'] },
  });
  const problems = clusterProblems(facts, ['kaniko']);
  expect(problems.map(({ code, severity }) => [code, severity])).toEqual([['cluster/forbidden', 'warning']]);
  expect(problems[0]?.message).toContain('jane@example.org may not list events in namespace builds');
  expect(problems[0]?.detail).toContain(
    '{ kind: User, apiGroup: rbac.authorization.k8s.io, name: "jane@example.org" }',
  );
  expect(
    clusterProblems(
      ready(() => false),
      USES,
    ),
  ).toEqual([]);
});

test('names and grants deployments in the API group apps', () => {
  const facts = ready((right) => right === 'create deployments');
  const [problem] = clusterProblems(facts, ['kubernetes']);
  expect(problem?.message).toContain('may not create deployments.apps in namespace builds');
  const role = load(problem?.detail?.split('---')[0] ?? '') as { rules: object[] };
  expect(role.rules).toContainEqual({
    apiGroups: ['apps'],
    resources: ['deployments'],
    verbs: ['create', 'get', 'delete'],
  });
});

test.each<[string, Parameters<typeof clusterProblems>, string, string]>([
  ['a missing kubectl', [{ status: 'no-kubectl', pod: false }, ['kaniko']], 'cluster/kubectl', 'Install kubectl'],
  [
    'a missing context',
    [{ status: 'no-context', pod: false, kubectl: 'v1.32.3', message: 'current-context is not set' }, ['kaniko']],
    'cluster/unreachable',
    'use-context',
  ],
  [
    'an unreachable cluster',
    [{ status: 'unreachable', pod: false, kubectl: 'v1.32.3', context: 'dev', message: 'i/o timeout' }, ['kaniko']],
    'cluster/unreachable',
    'kubectl version',
  ],
  [
    'an expired token',
    [{ status: 'unauthorized', pod: false, kubectl: 'v1.32.3', context: 'dev', message: 'Unauthorized' }, ['kaniko']],
    'cluster/unauthorized',
    'Log in to the cluster again',
  ],
  [
    'a missing namespace',
    [ready(() => false, { namespaceFound: 'no' }), ['kaniko']],
    'cluster/object-missing',
    'kubectl create namespace builds',
  ],
  [
    'the policy restricted with Kaniko',
    [ready(() => false, { podSecurity: 'restricted' }), ['kaniko']],
    'cluster/policy',
    'at most `baseline`',
  ],
  [
    'the policy baseline with BuildKit',
    [ready(() => false, { podSecurity: 'baseline' }), ['kubernetes']],
    'cluster/policy',
    'Use the builder kaniko',
  ],
])('reports %s with its fix', (_, [facts, use], code, fix) => {
  const problems = clusterProblems(facts, use);
  expect(problems.map((problem) => problem.code)).toEqual([code]);
  expect(problems[0]?.fix).toContain(fix);
});

test('accepts the policy baseline for Kaniko', () => {
  expect(
    clusterProblems(
      ready(() => false, { podSecurity: 'baseline' }),
      ['kaniko', 'kaniko-secret'],
    ),
  ).toEqual([]);
});
