/** A kind of object that is served. */
export interface Resource {
  /** Empty: the core group. */
  group: string;
  version: string;
  plural: string;
  singular: string;
  kind: string;
  shortNames?: readonly string[];
  scope: 'Namespaced' | 'Cluster';
  /** Name → verbs. */
  subresources?: Record<string, readonly string[]>;
  verbs: readonly string[];
  categories?: readonly string[];
  /** Plural, with the group unless it is the core's: as messages name it. */
  resource: string;
}

const ALL = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];
const STATUS = { status: ['get', 'patch', 'update'] };

function resource(
  groupVersion: string,
  kind: string,
  more: Partial<Omit<Resource, 'group' | 'version' | 'kind' | 'resource'>> = {},
): Resource {
  const [version = '', group = ''] = groupVersion.split('/').reverse();
  const singular = kind.toLowerCase();
  const plural = more.plural ?? `${singular}s`;
  return {
    scope: 'Namespaced',
    verbs: ALL,
    ...more,
    group,
    version,
    kind,
    singular,
    plural,
    resource: group ? `${plural}.${group}` : plural,
  };
}

const REVIEW = { scope: 'Cluster', verbs: ['create'] } as const;

export const RESOURCES: readonly Resource[] = [
  resource('v1', 'Namespace', { scope: 'Cluster', shortNames: ['ns'], subresources: STATUS }),
  resource('v1', 'Node', { scope: 'Cluster', shortNames: ['no'], verbs: ['get', 'list', 'watch'] }),
  resource('v1', 'Pod', {
    shortNames: ['po'],
    categories: ['all'],
    subresources: { ...STATUS, log: ['get'], attach: ['create', 'get'], exec: ['create', 'get'] },
  }),
  resource('v1', 'Service', { shortNames: ['svc'], categories: ['all'] }),
  resource('v1', 'Secret'),
  resource('v1', 'ConfigMap', { shortNames: ['cm'] }),
  resource('v1', 'ServiceAccount', { shortNames: ['sa'] }),
  resource('v1', 'ResourceQuota', { shortNames: ['quota'] }),
  resource('v1', 'LimitRange', { shortNames: ['limits'] }),
  resource('v1', 'Event', { shortNames: ['ev'] }),
  resource('apps/v1', 'Deployment', {
    shortNames: ['deploy'],
    categories: ['all'],
    subresources: STATUS,
  }),
  resource('apps/v1', 'StatefulSet', { shortNames: ['sts'], categories: ['all'], subresources: STATUS }),
  resource('apps/v1', 'DaemonSet', { shortNames: ['ds'], categories: ['all'], subresources: STATUS }),
  resource('argoproj.io/v1alpha1', 'Application', { shortNames: ['app', 'apps'] }),
  resource('kustomize.toolkit.fluxcd.io/v1', 'Kustomization', { shortNames: ['ks'], subresources: STATUS }),
  resource('rbac.authorization.k8s.io/v1', 'Role'),
  resource('rbac.authorization.k8s.io/v1', 'RoleBinding'),
  resource('authentication.k8s.io/v1', 'SelfSubjectReview', REVIEW),
  resource('authorization.k8s.io/v1', 'SelfSubjectAccessReview', REVIEW),
];

export function findResource(group: string, version: string, plural: string): Resource | undefined {
  return RESOURCES.find(
    (candidate) => candidate.group === group && candidate.version === version && candidate.plural === plural,
  );
}

/** @throws Error when the double has no such kind */
export function resourceOf(kind: string): Resource {
  const found = RESOURCES.find((candidate) => candidate.kind === kind);
  if (!found) throw new Error(`the fake cluster has no kind ${kind}`);
  return found;
}

export const apiVersionOf = ({ group, version }: { group: string; version: string }): string =>
  group ? `${group}/${version}` : version;
