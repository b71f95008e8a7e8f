import { stringify } from 'yaml';
import { EXECUTOR_ENVIRONMENT } from '../../builders/kaniko/arguments.js';
import { DEFAULT_EXECUTOR, EXECUTOR_CAPABILITIES, mountOf, resourcesOf } from '../../builders/kaniko/pod-manifest.js';
import { parseReference } from '../../plan/references.js';
import { BUILD_SECRETS, GIT_SECRET, registrySecretOf, RUNNER } from './runner.js';
import { SECRETS_FOLDER, secretIdsOf, type Runner } from './runner.js';

const RESULTS = '/results';
const DEFAULT_REQUESTS = { cpu: '500m', memory: '1Gi' };

const LABELS = { 'app.kubernetes.io/name': RUNNER, 'app.kubernetes.io/component': 'build' };

/** The manifests of a runner by file name, for `kubectl apply -k`. @param scripts names of the files with scripts */
export function runnerManifests(runner: Runner, scripts: readonly string[]): Record<string, string> {
  return {
    'kustomization.yml': yaml(kustomization(runner, scripts)),
    'deployment.yml': yaml(deployment(runner)),
    'rbac.yml': RBAC.map(yaml).join('---\n'),
    ...(runner.cache === 'pvc' && { 'cache.yml': yaml(CACHE_CLAIM) }),
  };
}

function kustomization({ settings, cache }: Runner, scripts: readonly string[]): object {
  return {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    namespace: settings.namespace,
    resources: ['deployment.yml', 'rbac.yml', ...(cache === 'pvc' ? ['cache.yml'] : [])],
    // Its name changes with the scripts, so that a change of them starts a new pod.
    configMapGenerator: [
      { name: `${RUNNER}-scripts`, files: scripts.map((name) => `scripts/${name}`), options: { labels: LABELS } },
    ],
  };
}

function deployment(runner: Runner): object {
  const { settings } = runner;
  const volumes = volumesOf(runner);
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: RUNNER, labels: LABELS },
    spec: {
      replicas: 1,
      // Two pods can't share what the caches are kept on, and one is enough.
      strategy: { type: 'Recreate' },
      selector: { matchLabels: { 'app.kubernetes.io/name': RUNNER } },
      template: {
        metadata: { labels: LABELS },
        spec: {
          serviceAccountName: settings.serviceAccount ?? RUNNER,
          automountServiceAccountToken: false,
          terminationGracePeriodSeconds: 5,
          securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
          nodeSelector: settings.nodeSelector,
          tolerations: settings.tolerations,
          containers: [
            {
              name: 'kaniko',
              image: debugImage(settings.image),
              command: ['/busybox/sh', '-c', WAIT],
              // A mount: other folders are gone after a build, and nothing can be started in one that is.
              workingDir: RESULTS,
              env: [
                { name: 'PATH', value: '/usr/local/bin:/kaniko:/busybox' },
                ...Object.entries(EXECUTOR_ENVIRONMENT).map(([name, value]) => ({ name, value })),
                // Optional: a public repository needs none.
                { name: 'GIT_TOKEN', valueFrom: { secretKeyRef: { name: GIT_SECRET, key: 'token', optional: true } } },
              ],
              securityContext: {
                runAsUser: 0,
                allowPrivilegeEscalation: false,
                capabilities: { drop: ['ALL'], add: [...EXECUTOR_CAPABILITIES] },
              },
              // A limit below the heap of a build would kill it with exit code 137.
              resources: resourcesOf({ requests: DEFAULT_REQUESTS, ...settings }),
              volumeMounts: volumes.map(({ mount }) => mount),
            },
          ],
          volumes: volumes.map(({ volume }) => volume),
        },
      },
    },
  };
}

/** The variant of the executor that has a shell; it is another image, so a digest does not carry over. */
function debugImage(executor = DEFAULT_EXECUTOR): string {
  const { name, tag = 'latest' } = parseReference(executor) ?? { name: executor };
  return `${name}:${tag.endsWith('debug') ? tag : tag === 'latest' ? 'debug' : `${tag}-debug`}`;
}

/** As process 1 a shell gets no signal that it does not trap. */
const WAIT = "rm -rf /results/.building; trap 'exit 0' TERM INT; while :; do sleep 3600 & wait $!; done";

function volumesOf(runner: Runner): { volume: object; mount: object }[] {
  return [
    {
      volume: { name: 'scripts', configMap: { name: `${RUNNER}-scripts`, defaultMode: 0o755 } },
      mount: { name: 'scripts', mountPath: '/scripts', readOnly: true },
    },
    mountOf('registry', '/kaniko/.docker', {
      secretName: registrySecretOf(runner),
      items: [{ key: '.dockerconfigjson', path: 'config.json' }],
    }),
    ...(secretIdsOf(runner).length === 0
      ? []
      : [mountOf('build-secrets', SECRETS_FOLDER, { secretName: BUILD_SECRETS, defaultMode: 0o400 })]),
    {
      volume: {
        name: 'caches',
        ...(runner.cache === 'pvc' ? { persistentVolumeClaim: { claimName: `${RUNNER}-cache` } } : { emptyDir: {} }),
      },
      // The executor keeps the mounts of RUN --mount=type=cache here.
      mount: { name: 'caches', mountPath: '/kaniko/caches' },
    },
    { volume: { name: 'results', emptyDir: {} }, mount: { name: 'results', mountPath: RESULTS } },
  ];
}

const CACHE_CLAIM = {
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: `${RUNNER}-cache`, labels: LABELS },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '10Gi' } } },
};

/** The runner itself may do nothing in the cluster; people who start builds need the role. */
const RBAC = [
  {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: RUNNER, labels: LABELS },
    automountServiceAccountToken: false,
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name: `${RUNNER}-operator`, labels: LABELS },
    rules: [
      { apiGroups: ['apps'], resources: ['deployments'], resourceNames: [RUNNER], verbs: ['get', 'list', 'watch'] },
      { apiGroups: ['apps'], resources: ['replicasets'], verbs: ['get', 'list'] },
      { apiGroups: [''], resources: ['pods', 'pods/log'], verbs: ['get', 'list', 'watch'] },
      { apiGroups: [''], resources: ['pods/exec'], verbs: ['create', 'get'] },
    ],
  },
];

const yaml = (manifest: object): string => stringify(manifest, { lineWidth: 0 });
