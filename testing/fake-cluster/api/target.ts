import { findResource, type Resource } from './resources.js';

/** The object or the list that a path names. */
export interface Target {
  resource: Resource;
  /** Empty: all of them, or none at all. */
  namespace: string;
  name: string;
  subresource: string;
}

/** `/api/v1/namespaces/team/pods/x/log`; undefined: the path names no kind that is served. */
export function parseTarget(path: string): Target | undefined {
  const [, group = '', version = '', rest = ''] = /^\/(?:api|apis\/([^/]+))\/([^/]+)\/(.+)$/.exec(path) ?? [];
  const parts = rest.split('/').filter(Boolean).map(decodeURIComponent);
  // `/namespaces/team` is an object, `/namespaces/team/pods` a list in it.
  const inNamespace = parts[0] === 'namespaces' && parts.length > 2 && parts[2] !== 'status';
  const namespace = inNamespace ? (parts[1] ?? '') : '';
  const [plural = '', name = '', subresource = ''] = inNamespace ? parts.slice(2) : parts;
  const resource = findResource(group, version, plural);
  if (!resource || (subresource && !resource.subresources?.[subresource])) return undefined;
  return { resource, namespace, name, subresource };
}

/** What RBAC calls the request. */
export function verbOf(method: string, { name }: Target, query: URLSearchParams): string {
  if (method === 'GET') {
    if (name) return 'get';
    return isWatch(query) ? 'watch' : 'list';
  }
  if (method === 'DELETE') return name ? 'delete' : 'deletecollection';
  return { POST: 'create', PUT: 'update', PATCH: 'patch' }[method] ?? method.toLowerCase();
}

export const isWatch = (query: URLSearchParams): boolean => ['true', '1'].includes(query.get('watch') ?? '');
