import type { KanikoSettings, ResourceAmounts } from '../../config/builder-settings.js';
import type { PodManifest } from '../../kubernetes/pod.js';
import { DIGEST_FILE, EXECUTOR_ENVIRONMENT } from './arguments.js';

/** The default executor. Its digest is not pinned here: mirrors are named in `builder.image`. */
export const DEFAULT_EXECUTOR = 'ghcr.io/osscontainertools/kaniko:v1.28.3';

/** What a pod builds: a target of a run for one platform. */
export interface PodPurpose {
  /** Of the run: letters and digits. */
  run: string;
  /** Of the pod in its run. */
  number: number;
  key: string;
  /** Empty: that of the node. */
  platform: string;
}

export interface PodOptions {
  purpose: PodPurpose;
  settings: KanikoSettings;
  args: readonly string[];
  /** Secret with a docker configuration for the executor; undefined: it needs no login. */
  registrySecret?: string;
  buildSecrets?: string;
}

/** In the executor's own folder, which is not part of the image. */
const DOCKER_CONFIG = '/kaniko/.docker';
export const SECRETS_FOLDER = '/kaniko/image-release-secrets';

const DEFAULT_MINUTES = 60;

/**
 * Needed to unpack layers and to run steps as their users, all of them allowed by the *baseline* standard:
 * https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline. FSETID keeps setgid bits of files of
 * other groups, SETFCAP the capabilities of files; KILL lets a step stop processes of another user.
 */
export const EXECUTOR_CAPABILITIES = [
  ...['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID'],
  ...['KILL', 'SETFCAP', 'SETGID', 'SETUID'],
];

/** A pod that builds one image for one platform from a context on its standard input, and is never restarted. */
export function podManifest(options: PodOptions): PodManifest {
  const { purpose, settings, args, registrySecret, buildSecrets } = options;
  const { platform, key } = purpose;
  // The node can pull the executor with it; the pod can't read it.
  const pullSecret = registrySecret ?? settings.registrySecret;
  const mounts = secretMounts(registrySecret, buildSecrets);
  const resources = resourcesOf(settings);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: podName(purpose),
      ...(settings.namespace !== undefined && { namespace: settings.namespace }),
      labels: {
        'app.kubernetes.io/component': 'kaniko',
        'image-release.dev/image': labelValue(key),
        ...(platform !== '' && { 'image-release.dev/platform': labelValue(platform) }),
      },
      annotations: {
        'image-release.dev/image': key,
        // The proxy of a service mesh would outlive the build, and an autoscaler must not move the pod.
        'sidecar.istio.io/inject': 'false',
        'linkerd.io/inject': 'disabled',
        'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false',
      },
    },
    spec: {
      activeDeadlineSeconds: Math.round((settings.timeout ?? DEFAULT_MINUTES) * 60),
      ...podSpec(settings, platform),
      ...(pullSecret !== undefined && { imagePullSecrets: [{ name: pullSecret }] }),
      containers: [
        {
          name: 'kaniko',
          image: settings.image ?? DEFAULT_EXECUTOR,
          ...containerSpec(args),
          ...(resources && { resources }),
          ...(mounts.length > 0 && { volumeMounts: mounts.map(({ mount }) => mount) }),
        },
      ],
      ...(mounts.length > 0 && { volumes: mounts.map(({ volume }) => volume) }),
    },
  };
}

function podSpec({ serviceAccount, nodeSelector, tolerations }: KanikoSettings, platform: string): object {
  // Nothing emulates another platform in a pod.
  const [, architecture] = platform.split('/');
  return {
    restartPolicy: 'Never',
    // The steps of the build are the repository's: they get no access to the cluster.
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    ...(serviceAccount !== undefined && { serviceAccountName: serviceAccount }),
    nodeSelector: {
      'kubernetes.io/os': 'linux',
      ...(architecture !== undefined && { 'kubernetes.io/arch': architecture }),
      ...nodeSelector,
    },
    ...(tolerations && { tolerations }),
    securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
  };
}

function containerSpec(args: readonly string[]): object {
  return {
    // `$$` is a dollar sign: Kubernetes expands `$(NAME)`.
    args: args.map((argument) => argument.replaceAll('$', '$$$$')),
    env: Object.entries(EXECUTOR_ENVIRONMENT).map(([name, value]) => ({ name, value })),
    stdin: true,
    stdinOnce: true,
    terminationMessagePath: DIGEST_FILE,
    terminationMessagePolicy: 'FallbackToLogsOnError',
    securityContext: {
      // It unpacks the base image over its own root.
      runAsUser: 0,
      runAsNonRoot: false,
      readOnlyRootFilesystem: false,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'], add: EXECUTOR_CAPABILITIES },
    },
  };
}

/** A secret as a read-only folder of a container. */
export const mountOf = (name: string, mountPath: string, secret: object) => ({
  mount: { name, mountPath, readOnly: true },
  volume: { name, secret },
});

function secretMounts(registrySecret: string | undefined, buildSecrets: string | undefined) {
  // The key of such a secret, and the name that the executor reads.
  const items = [{ key: '.dockerconfigjson', path: 'config.json' }];
  return [
    ...(registrySecret === undefined
      ? []
      : [mountOf('registry', DOCKER_CONFIG, { secretName: registrySecret, items })]),
    ...(buildSecrets === undefined
      ? []
      : [mountOf('build-secrets', SECRETS_FOLDER, { secretName: buildSecrets, defaultMode: 0o400 })]),
  ];
}

/** `resources` of a container; undefined: none are configured. */
export function resourcesOf({ requests, limits }: Pick<KanikoSettings, 'requests' | 'limits'>) {
  if (requests === undefined && limits === undefined) return undefined;
  return {
    ...(requests && { requests: amounts(requests) }),
    ...(limits && { limits: amounts(limits) }),
  };
}

function amounts({ ephemeralStorage, ...rest }: ResourceAmounts): Record<string, string> {
  return { ...rest, ...(ephemeralStorage !== undefined && { 'ephemeral-storage': ephemeralStorage }) };
}

/** Longest label value, and longest name that is also a host name. */
const LONGEST = 63;

/** `image-release-<run>-<number>-<key>`, cut to the length of a label. */
export function podName({ run, number, key }: PodPurpose): string {
  const name = key.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return `image-release-${run}-${number}-${name}`.slice(0, LONGEST).replace(/-+$/, '');
}

function labelValue(text: string): string {
  return text
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .slice(0, LONGEST)
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '');
}
