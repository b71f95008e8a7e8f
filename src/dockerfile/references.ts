import { UNKNOWN } from './substitute.js';

/** The kinds of named contexts. */
export type ContextKind =
  | { type: 'image'; reference: string }
  /** Of the same release. */
  | { type: 'built'; key: string }
  | { type: 'local' }
  | { type: 'remote' };

/** @param value as configured: path, `docker-image://…`, `image:<key>`, URL */
export function kindOfContext(value: string): ContextKind {
  if (value.startsWith('docker-image://')) return { type: 'image', reference: value.slice('docker-image://'.length) };
  if (value.startsWith('image:')) return { type: 'built', key: value.slice('image:'.length) };
  return /^(?:[a-z][a-z0-9+.-]+:|git@|github\.com\/)/i.test(value) ? { type: 'remote' } : { type: 'local' };
}

/** Whether ADD fetches the source, over HTTP or as a git repository. */
export function isRemoteSource(source: string): boolean {
  return /^(?:https?|git|ssh):\/\//.test(source) || /^[\w-]+@[\w.-]+:/.test(source);
}

/** Whether a git URL names a commit, whose content never changes. */
export const namesCommit = (url: string): boolean => /#[0-9a-f]{40}(?::[^#]*)?$/.test(url);

/** Name under which BuildKit looks for a named context: `docker.io/library/node:latest` is `node`. */
export function familiarName(reference: string): string {
  return reference
    .replace(/^(?:index\.)?docker\.io\//, '')
    .replace(/^library\/(?=[^/]+$)/, '')
    .replace(/:latest$/, '');
}

/** The named context that replaces a stage or an image; `scratch` and `context` can't be replaced. */
export function findContext(contexts: Record<string, string>, name: string): string | undefined {
  if (/^(?:scratch|context)$/i.test(name) || name.includes(UNKNOWN)) return undefined;
  return Object.keys(contexts).find((key) => familiarName(key) === familiarName(name));
}
