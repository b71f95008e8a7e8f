import type { PolicyRule, Role, RoleBinding } from 'kubernetes-types/rbac/v1.js';
import type { KubeObject } from '../objects.js';
import type { Store } from '../store.js';
import { resourceOf } from './resources.js';
import type { ApiError } from './status.js';
import { apiError } from './status.js';

/** Somebody who asks. */
export interface User {
  name: string;
  groups: readonly string[];
  token: string;
  /** `all` but for what is denied, or what Roles bound to the user allow. */
  rights: 'all' | 'bound';
  /** `create pods/attach`: verb and resource, with the group unless it is the core's (`create deployments.apps`); `*` for any. */
  denied: readonly string[];
}

/** What is asked for. */
export interface Attributes {
  verb: string;
  group: string;
  /** With its subresource: `pods/log`. */
  resource: string;
  namespace: string;
  name: string;
}

/** @throws ApiError 401 */
export function identify(users: readonly User[], authorization: string | undefined): User {
  const token = /^Bearer (.*)$/.exec(authorization ?? '')?.[1];
  const user = users.find((candidate) => candidate.token === token);
  if (!user) throw apiError(401, 'Unauthorized');
  return user;
}

export function isAllowed(store: Store, user: User, asked: Attributes): boolean {
  const [plural = '', subresource] = asked.resource.split('/');
  const named = `${plural}${asked.group ? `.${asked.group}` : ''}${subresource ? `/${subresource}` : ''}`;
  const denied = user.denied.some((entry) => {
    const [verb, resource] = entry.split(' ');
    return (verb === '*' || verb === asked.verb) && (resource === '*' || resource === named);
  });
  if (denied) return false;
  if (user.rights === 'all' || asked.group === 'authorization.k8s.io') return true;
  if (asked.group === 'authentication.k8s.io') return true;
  return boundRules(store, user, asked.namespace).some((rule) => ruleAllows(rule, asked));
}

/** What the RoleBindings of a namespace give the user. */
function boundRules(store: Store, user: User, namespace: string): PolicyRule[] {
  const bindings = store.list(resourceOf('RoleBinding'), namespace) as (KubeObject & RoleBinding)[];
  return bindings
    .filter(({ subjects = [] }) => subjects.some((subject) => isSubject(user, subject)))
    .flatMap(({ roleRef }) => {
      const role = store.get(resourceOf('Role'), { namespace, name: roleRef.name });
      return (role as (KubeObject & Role) | undefined)?.rules ?? [];
    });
}

function isSubject(user: User, { kind, name, namespace }: { kind: string; name: string; namespace?: string }): boolean {
  if (kind === 'User') return name === user.name;
  if (kind === 'Group') return user.groups.includes(name);
  return user.name === `system:serviceaccount:${namespace}:${name}`;
}

function ruleAllows(rule: PolicyRule, asked: Attributes): boolean {
  const has = (list: readonly string[] | undefined, item: string) =>
    list?.includes(item) === true || list?.includes('*') === true;
  return (
    has(rule.verbs, asked.verb) &&
    has(rule.apiGroups, asked.group) &&
    has(rule.resources, asked.resource) &&
    (!rule.resourceNames?.length || rule.resourceNames.includes(asked.name))
  );
}

/** 403 in the words of RBAC. */
export function denial(user: User, { verb, group, resource, namespace, name }: Attributes): ApiError {
  const plural = resource.split('/')[0] ?? '';
  const what = `${group ? `${plural}.${group}` : plural}${name ? ` "${name}"` : ''}`;
  const where = namespace ? `in the namespace "${namespace}"` : 'at the cluster scope';
  return apiError(
    403,
    `${what} is forbidden: User "${user.name}" cannot ${verb} resource "${resource}" in API group "${group}" ${where}`,
    { details: { ...(name && { name }), ...(group && { group }), kind: plural } },
  );
}

/** Answers of the review APIs: what may I, who am I? */
export function answerReview(store: Store, user: User, review: KubeObject): KubeObject {
  const spec = (review.spec ?? {}) as {
    resourceAttributes?: Partial<Attributes> & { subresource?: string };
  };
  if (review.kind === 'SelfSubjectReview') {
    const extra = {};
    return { ...review, status: { userInfo: { username: user.name, groups: [...user.groups], extra } } };
  }
  const {
    verb = '',
    group = '',
    resource = '',
    subresource,
    namespace = '',
    name = '',
  } = spec.resourceAttributes ?? {};
  const asked = {
    verb,
    group,
    resource: subresource ? `${resource}/${subresource}` : resource,
    namespace,
    name,
  };
  const allowed = isAllowed(store, user, asked);
  const reason = allowed && user.rights === 'bound' ? 'RBAC: allowed by RoleBinding' : undefined;
  return { ...review, status: { allowed, ...(reason && { reason }) } };
}
