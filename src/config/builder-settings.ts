/** The builders that may be used, best first. */
export interface BuilderChoice {
  /** `auto`: any builder, `settings` apply if theirs is used. */
  type: 'auto' | 'listed';
  settings: BuilderSettings[];
}

export type BuilderSettings = BuildxSettings | KubernetesSettings | RemoteSettings | KanikoSettings | DispatchSettings;
export type BuilderType = BuilderSettings['type'];

/** In the order in which `auto` looks at them. */
export const BUILDER_TYPES = ['buildx', 'remote', 'kubernetes', 'kaniko', 'dispatch'] as const;

export function settingsOf(type: BuilderType): BuilderSettings {
  return type === 'remote' ? { type, nodes: [] } : { type };
}

/** The first settings of this kind of builder. */
export function settingsFor<Type extends BuilderType>(
  settings: readonly BuilderSettings[],
  type: Type,
): Extract<BuilderSettings, { type: Type }> | undefined {
  return settings.find((each): each is Extract<BuilderSettings, { type: Type }> => each.type === type);
}

/** A kind of builder, or the name of one that buildx knows. */
export type BuilderOverride = 'auto' | BuilderType | { name: string };

/**
 * A run may override the kind of builder; configured settings of that kind still apply.
 * @param type undefined: as configured
 */
export function overrideChoice(choice: BuilderChoice, type: BuilderOverride | undefined): BuilderChoice {
  if (type === undefined) return choice;
  if (type === 'auto') return { ...choice, type: 'auto' };
  if (typeof type === 'object') return { type: 'listed', settings: [{ type: 'buildx', name: type.name }] };
  const configured = choice.settings.filter((settings) => settings.type === type);
  return { type: 'listed', settings: configured.length > 0 ? configured : [settingsOf(type)] };
}

/** The current builder, or a dedicated docker-container builder if that is not sufficient. */
export interface BuildxSettings {
  type: 'buildx';
  /** An existing builder, of any driver. */
  name?: string;
  /** The BuildKit of one that has to be started. */
  image?: string;
}

/** BuildKit pods in a cluster, through buildx's `kubernetes` driver. */
export interface KubernetesSettings extends PodSettings {
  type: 'kubernetes';
  /** A builder that is used again and kept; undefined: one is made for the run and removed. */
  name?: string;
  /** The BuildKit image. */
  image?: string;
  /** Pods side by side; undefined: one. */
  replicas?: number;
  /** Undefined: as needs no rights of the cluster's administrator. */
  rootless?: boolean;
}

/** A BuildKit that runs somewhere, through buildx's remote driver; one node each. */
export interface RemoteSettings {
  type: 'remote';
  /** Empty: `BUILDKIT_HOST`, else what is found. */
  nodes: RemoteNode[];
  /** Paths of PEM files. */
  tls?: { ca?: string; cert?: string; key?: string; serverName?: string };
}

export interface RemoteNode {
  /** `tcp://host:1234` or `unix:///path`. */
  endpoint: string;
  /** Empty: what it reports itself. */
  platforms: string[];
}

/** A pod per image that runs Kaniko. */
export interface KanikoSettings extends PodSettings {
  type: 'kaniko';
  /** The executor; undefined: the pinned one. */
  image?: string;
  /** Name of a secret of type `kubernetes.io/dockerconfigjson`; undefined: one is made for the run. */
  registrySecret?: string;
  /** Repository for layers; undefined: `<image>/cache` of each image. */
  cacheRepository?: string;
  /** Pods at once; undefined: two. */
  parallel?: number;
  /** Minutes that a pod may take; undefined: 60. */
  timeout?: number;
}

/** Location and resources of pods. */
export interface PodSettings {
  /** Undefined: that of the current context. */
  namespace?: string;
  serviceAccount?: string;
  /** In Kubernetes' quantities: `500m`, `2Gi`. */
  requests?: ResourceAmounts;
  limits?: ResourceAmounts;
  nodeSelector?: Record<string, string>;
  tolerations?: Toleration[];
}

export interface ResourceAmounts {
  cpu?: string;
  memory?: string;
  ephemeralStorage?: string;
}

/** As Kubernetes has it; `operator` undefined: Equal with a value, Exists without. */
export interface Toleration {
  key?: string;
  operator?: 'Equal' | 'Exists';
  value?: string;
  effect?: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
}

/** The repository's own workflow on GitHub. */
export interface DispatchSettings {
  type: 'dispatch';
  /** File name in `.github/workflows`; undefined: the one that uses this action. */
  workflow?: string;
}
