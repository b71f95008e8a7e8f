import type { PodManifest } from '../../kubernetes/pod.js';
import type { KanikoSettings, ResourceAmounts, Toleration } from '../../config/builder-settings.js';
import { EXECUTOR_ENVIRONMENT } from './arguments.js';
import { labelValue, podName, type PodPurpose } from './pod-names.js';

/** The executor where none is configured. Its digest is not known here: a mirror's is named in `builder.image`. */
export const DEFAULT_EXECUTOR = 'ghcr.io/osscontainertools/kaniko:v1.28.3';

export interface PodSetting {
  purpose: PodPurpose;
  settings: KanikoSettings;
  args: readonly string[];
  /** Secret with a docker configuration that the executor reads; undefined: the registries are open. */
  registrySecret?: string;
  /** Secret with the image's build secrets, its keys being their names. */
  buildSecrets?: string;
}

/** Below the executor's own folder, which it neither snapshots nor deletes. */
const DOCKER_CONFIG = '/kaniko/.docker';
export const SECRETS_FOLDER = '/kaniko/image-release-secrets';

const MINUTES = 60;
const DEFAULT_TIMEOUT = 60;

/**
 * What the executor needs to unpack layers and run steps as their users, all of them allowed by the *baseline*
 * standard: https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline. FSETID keeps setgid bits of
 * what is not its own group's, SETFCAP the capabilities of files; KILL lets a step stop what runs as another user.
 */
export const EXECUTOR_CAPABILITIES = [
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'SETFCAP',
  'SETGID',
  'SETUID',
];

/** A pod that builds one image for one platform, reads the context from its standard input, and is not started again. */
export function podManifest(setting: PodSetting): PodManifest {
  const { purpose, settings, args, registrySecret, buildSecrets } = setting;
  const { platform, key } = purpose;
  // The node pulls the executor with it; nothing in the pod can read it by that.
  const pullSecret = registrySecret ?? settings.registrySecret;
  const mounts = [
    ...(registrySecret === undefined
      ? []
      : [
          mountOf('registry', DOCKER_CONFIG, {
            secretName: registrySecret,
            // As such a secret names it, and as the executor looks for it.
            items: [{ key: '.dockerconfigjson', path: 'config.json' }],
          }),
        ]),
    ...(buildSecrets === undefined
      ? []
      : [mountOf('build-secrets', SECRETS_FOLDER, { secretName: buildSecrets, defaultMode: 0o400 })]),
  ];
  const resources = {
    ...(settings.requests && { requests: amounts(settings.requests) }),
    ...(settings.limits && { limits: amounts(settings.limits) }),
  };
  const manifest = {
    apiVersion: 'v1',
    kind: 'Pod' as const,
    metadata: {
      name: podName(purpose),
      ...(settings.namespace !== undefined && { namespace: settings.namespace }),
      labels: {
        'app.kubernetes.io/managed-by': 'image-release',
        'app.kubernetes.io/component': 'kaniko',
        'image-release.dev/run': labelValue(purpose.run),
        'image-release.dev/image': labelValue(key),
        ...(platform !== '' && { 'image-release.dev/platform': labelValue(platform) }),
      },
      annotations: {
        'image-release.dev/image': key,
        // A service mesh's proxy would outlive the build, and an autoscaler must not move the pod.
        'sidecar.istio.io/inject': 'false',
        'linkerd.io/inject': 'disabled',
        'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false',
      },
    },
    spec: {
      restartPolicy: 'Never',
      activeDeadlineSeconds: podSeconds(settings),
      // The build's steps are the repository's: they get no key to the cluster.
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      ...(settings.serviceAccount !== undefined && { serviceAccountName: settings.serviceAccount }),
      nodeSelector: { ...nodesOf(platform), ...settings.nodeSelector },
      ...(settings.tolerations && { tolerations: settings.tolerations.map(toleration) }),
      securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
      ...(pullSecret !== undefined && { imagePullSecrets: [{ name: pullSecret }] }),
      containers: [
        {
          name: 'kaniko',
          image: settings.image ?? DEFAULT_EXECUTOR,
          args: args.map(literal),
          env: Object.entries(EXECUTOR_ENVIRONMENT).map(([name, value]) => ({ name, value })),
          stdin: true,
          stdinOnce: true,
          terminationMessagePath: '/dev/termination-log',
          // The last lines, should they be all that is left.
          terminationMessagePolicy: 'FallbackToLogsOnError',
          securityContext: {
            // It unpacks the base image over its own root.
            runAsUser: 0,
            runAsNonRoot: false,
            readOnlyRootFilesystem: false,
            allowPrivilegeEscalation: false,
            capabilities: { drop: ['ALL'], add: EXECUTOR_CAPABILITIES },
          },
          ...(Object.keys(resources).length > 0 && { resources }),
          ...(mounts.length > 0 && { volumeMounts: mounts.map(({ mount }) => mount) }),
        },
      ],
      ...(mounts.length > 0 && { volumes: mounts.map(({ volume }) => volume) }),
    },
  };
  return manifest;
}

/** How long a pod may take. */
export function podSeconds({ timeout }: KanikoSettings): number {
  return Math.round((timeout ?? DEFAULT_TIMEOUT) * MINUTES);
}

function mountOf(name: string, mountPath: string, secret: object) {
  return { mount: { name, mountPath, readOnly: true }, volume: { name, secret } };
}

/** Each platform is built by a node of its own kind: nothing emulates another one in a pod. */
function nodesOf(platform: string): Record<string, string> {
  const [, architecture] = platform.split('/');
  return {
    'kubernetes.io/os': 'linux',
    ...(architecture !== undefined && { 'kubernetes.io/arch': architecture }),
  };
}

function amounts({ cpu, memory, ephemeralStorage }: ResourceAmounts): Record<string, string> {
  return {
    ...(cpu !== undefined && { cpu }),
    ...(memory !== undefined && { memory }),
    ...(ephemeralStorage !== undefined && { 'ephemeral-storage': ephemeralStorage }),
  };
}

function toleration({ operator, value, ...rest }: Toleration): object {
  return {
    ...rest,
    operator: operator ?? (value === undefined ? 'Exists' : 'Equal'),
    ...(value !== undefined && { value }),
  };
}

/**
 * Kubernetes fills `$(NAME)` in arguments in, and takes `$$` for a dollar sign:
 * https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/
 */
function literal(argument: string): string {
  return argument.replaceAll('$', '$$$$');
}
