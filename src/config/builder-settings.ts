import type { WrittenSettings } from './schema-builder.js';

/** The builders that may be used, best first. */
export interface BuilderChoice {
  /** `auto`: any builder, `settings` apply if theirs is used. */
  type: 'auto' | 'listed';
  settings: BuilderSettings[];
}

export type BuilderSettings = BuildxSettings | KubernetesSettings | RemoteSettings | KanikoSettings | DispatchSettings;

/** In the order in which `auto` looks at them. */
export const BUILDER_TYPES = ['buildx', 'remote', 'kubernetes', 'kaniko', 'dispatch'] as const;
export type BuilderType = (typeof BUILDER_TYPES)[number];

export function settingsOf(type: BuilderType): BuilderSettings {
  return type === 'remote' ? { type, nodes: [] } : { type };
}

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

/** Settings as they are written, with names in camel case. Their descriptions: schema-builder.ts. */
type Read<Type extends BuilderType> = CamelKeys<Extract<WrittenSettings, { type: Type }>>;
type CamelKeys<Written> = { [Name in keyof Written as CamelCase<Name>]: Written[Name] };
type CamelCase<Name> = Name extends `${infer Head}-${infer Tail}` ? `${Head}${Capitalize<CamelCase<Tail>>}` : Name;

/** The current builder, or a dedicated docker-container builder if that is not sufficient. */
export type BuildxSettings = Read<'buildx'>;

/** BuildKit pods in a cluster, through buildx's `kubernetes` driver. */
export type KubernetesSettings = WithResources<Read<'kubernetes'>>;

export type KanikoSettings = WithResources<Read<'kaniko'>>;

export type DispatchSettings = Read<'dispatch'>;

/** A BuildKit that runs somewhere, through buildx's remote driver; one node each. */
export interface RemoteSettings {
  type: 'remote';
  /** Empty: `BUILDKIT_HOST`, else what is found. */
  nodes: { endpoint: string; platforms: string[] }[];
  tls?: { ca?: string; cert?: string; key?: string; serverName?: string };
}

type WithResources<Settings> = Omit<Settings, 'requests' | 'limits'> & {
  requests?: ResourceAmounts;
  limits?: ResourceAmounts;
};

/** In Kubernetes' quantities: `500m`, `2Gi`. */
export interface ResourceAmounts {
  cpu?: string;
  memory?: string;
  ephemeralStorage?: string;
}
