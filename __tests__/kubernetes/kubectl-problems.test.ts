import { isOutage, kubectlProblem } from '../../src/kubernetes/kubectl-problems.js';

const STDIN = 'error when creating "STDIN": ';
const POD = `Error from server (Forbidden): ${STDIN}pods "build-web" is forbidden: `;

test.each([
  [
    `Error from server (NotFound): ${STDIN}namespaces "nope" not found`,
    'cluster/object-missing',
    'namespaces "nope" not found.',
  ],
  [
    `${POD}unable to create new content in namespace old because it is being terminated`,
    'cluster/object-missing',
    'it is being terminated',
  ],
  [
    `${POD}exceeded quota: team, requested: limits.memory=4Gi, used: limits.memory=6Gi, limited: limits.memory=8Gi`,
    'cluster/quota',
    'requested: limits.memory=4Gi',
  ],
  [`${POD}failed quota: team: must specify limits.memory for: kaniko`, 'cluster/quota', 'must specify limits.memory'],
  [
    `${POD}maximum memory usage per Container is 1Gi, but limit is 4Gi`,
    'cluster/quota',
    'maximum memory usage per Container is 1Gi',
  ],
  [
    `${POD}violates PodSecurity "restricted:latest": runAsNonRoot != true (pod or container "kaniko" must set securityContext.runAsNonRoot=true)`,
    'cluster/policy',
    'runAsNonRoot',
  ],
  [
    `${POD}error looking up service account builds/builder: serviceaccount "builder" not found`,
    'cluster/object-missing',
    'serviceaccount "builder" not found',
  ],
  [
    `Error from server: ${STDIN}admission webhook "validate.kyverno.svc-fail" denied the request: images must come from registry.example.org`,
    'cluster/policy',
    'images must come from',
  ],
  [
    `Error from server (Forbidden): ${STDIN}pods is forbidden: User "system:serviceaccount:builds:ci" cannot create resource "pods" in API group "" in the namespace "builds"`,
    'cluster/forbidden',
    `Can't create the pod x: pods is forbidden: User "system:serviceaccount:builds:ci" cannot create resource "pods"`,
  ],
  ['error: You must be logged in to the server (Unauthorized)', 'cluster/unauthorized', 'You must be logged in'],
  [
    'Unable to connect to the server: getting credentials: exec: executable aws not found',
    'cluster/unauthorized',
    'executable aws not found',
  ],
  ['error: context "prod" does not exist', 'cluster/unreachable', 'context "prod" does not exist'],
  [
    'The connection to the server 127.0.0.1:6443 was refused - did you specify the right host or port?',
    'cluster/unreachable',
    'was refused',
  ],
  [
    'E1126 09:00:00.123456    1234 memcache.go:265] "Unhandled Error" err="couldn\'t get current server API group list"\nUnable to connect to the server: dial tcp 10.0.0.1:443: i/o timeout',
    'cluster/unreachable',
    'dial tcp 10.0.0.1:443: i/o timeout.',
  ],
  [
    "error: unknown flag: --output-watch-events\nSee 'kubectl get --help' for usage.",
    'cluster/kubectl',
    'unknown flag',
  ],
  [
    'The Pod "build-web" is invalid: spec.containers[0].resources.requests: Invalid value: "4": must be less than or equal to cpu limit of 2',
    'cluster/refused',
    'must be less than or equal to cpu limit of 2',
  ],
])('explains: %s', (stderr, code, says) => {
  const problem = kubectlProblem(stderr, 'create the pod x');
  expect(problem.code).toBe(code);
  expect(problem.message).toContain(says);
  expect(problem.message).not.toMatch(/error when creating|memcache/);
  expect(problem.message).toMatch(/[.?]$/);
  expect(problem.fix).toMatch(/\.$/);
});

test('classifies only errors of an unavailable API server as an outage', () => {
  const away = [
    'The connection to the server 127.0.0.1:6443 was refused - did you specify the right host or port?',
    'error: unexpected EOF',
    'Error from server (ServiceUnavailable): the server is currently unable to handle the request',
    'Error from server: etcdserver: request timed out',
    'error: http2: client connection lost',
    '',
  ];
  const said = [
    'Error from server (NotFound): pods "x" not found',
    'Error from server (Forbidden): pods is forbidden: User "u" cannot list resource "pods"',
    'error: You must be logged in to the server (Unauthorized)',
  ];
  expect(away.map(isOutage)).toEqual(away.map(() => true));
  expect(said.map(isOutage)).toEqual(said.map(() => false));
});
