import { posix } from 'node:path';
import { parseDocument } from 'yaml';
import type { RepositoryFile } from '../../found.js';
import { fillHoles, hasHoles, hole } from '../holes.js';
import type { Lookup, ReadTarget } from './targets.js';

type Fields = Record<string, unknown>;

/**
 * Services that are built, of compose files laid over one another.
 * @param around files of the repository, for `extends` and `include`
 * @see https://docs.docker.com/reference/compose-file/merge/
 */
export function readServices(
  files: readonly RepositoryFile[],
  around: readonly RepositoryFile[],
  lookup: Lookup,
): ReadTarget[] {
  const merged = files.reduce<Record<string, Fields>>(
    (earlier, file) => mergeAll(earlier, servicesOf(file, around, [])),
    {},
  );
  return Object.entries(merged).flatMap(([name, service]) => {
    const build = buildOf(service);
    if (build === undefined) return [];
    const texts = (value: unknown) => textsOf(value).map((text) => fillVariables(text, lookup));
    const forBake = (build['x-bake'] ?? {}) as Fields;
    const written = texts(forBake['tags']);
    return {
      name,
      references: written.length > 0 ? written : [...texts([service['image']]), ...texts(build['tags'])],
      fromMetadata: false,
      platforms: forBake['platforms'] === undefined ? texts(build['platforms']) : [],
      profiles: texts(service['profiles']),
      pushes: false,
    };
  });
}

function servicesOf(
  file: RepositoryFile,
  around: readonly RepositoryFile[],
  trail: readonly string[],
): Record<string, Fields> {
  if (trail.includes(file.path)) return {};
  const root = rootOf(file.text);
  const beside = (path: unknown) => {
    const at = posix.join(posix.dirname(file.path), typeof path === 'string' ? path : '');
    const found = around.find((other) => other.path === at);
    return found === undefined ? {} : servicesOf(found, around, [...trail, file.path]);
  };
  const own = (root['services'] ?? {}) as Record<string, Fields | null>;
  const known = Object.entries(own).map(([name, fields]): [string, Fields] => {
    const parent = fields?.['extends'] as string | { file?: string; service?: string } | undefined;
    if (parent === undefined) return [name, fields ?? {}];
    const { file: from, service } =
      typeof parent === 'string' ? { service: parent } : { file: undefined, ...parent };
    const base = (from === undefined ? own : beside(from))[service ?? name] ?? {};
    return [name, merge(base, fields ?? {})];
  });
  const included = includedIn(root);
  return included.map(beside).reduceRight(mergeAll, Object.fromEntries(known));
}

function rootOf(text: string): Fields {
  return (parseDocument(text, { logLevel: 'silent', merge: true }).toJS() ?? {}) as Fields;
}

function includedIn({ include }: Fields): string[] {
  return (Array.isArray(include) ? include : []).flatMap((entry: unknown) =>
    textsOf(typeof entry === 'string' ? [entry] : [(entry as Fields | null)?.['path']].flat()),
  );
}

/** Files that a compose file takes in. */
export function filesBeside({ path, text }: RepositoryFile): string[] {
  const root = rootOf(text);
  const extended = Object.values((root['services'] ?? {}) as Record<string, Fields | null>).flatMap(
    (service) => textsOf([(service?.['extends'] as Fields | undefined)?.['file']]),
  );
  return [...includedIn(root), ...extended].map((file) => posix.join(posix.dirname(path), file));
}

/** Build arguments that have the value of the environment. */
export function argumentsWithoutValue(text: string): string[] {
  const services = Object.values((rootOf(text)['services'] ?? {}) as Record<string, Fields | null>);
  return services.flatMap((service) => {
    const args = buildOf(service ?? {})?.['args'];
    return Array.isArray(args)
      ? textsOf(args).filter((each) => !each.includes('='))
      : Object.entries((args ?? {}) as Fields).flatMap(([name, value]) => (value === null ? name : []));
  });
}

/** What build secrets are taken from. */
export function secretVariables(text: string): string[] {
  const secrets = Object.values((rootOf(text)['secrets'] ?? {}) as Record<string, Fields | null>);
  return secrets.flatMap((secret) => textsOf([secret?.['environment']]));
}

function mergeAll(earlier: Record<string, Fields>, later: Record<string, Fields>): Record<string, Fields> {
  const merged = { ...earlier };
  for (const [name, fields] of Object.entries(later)) merged[name] = merge(earlier[name] ?? {}, fields);
  return merged;
}

function merge(earlier: Fields, later: Fields): Fields {
  const build = { ...buildOf(earlier), ...buildOf(later) };
  return { ...earlier, ...later, ...(Object.keys(build).length > 0 && { build }) };
}

function buildOf({ build }: Fields): Fields | undefined {
  if (typeof build === 'string') return { context: build };
  return (build ?? undefined) as Fields | undefined;
}

const textsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];

/** `${NAME:-default}` and `$NAME`, as compose reads them. */
export function fillVariables(text: string, lookup: Lookup): string {
  const open = text.replace(
    /\$\{(\w+)(?::?-([^}]*))?[^}]*\}|\$(\w+)/g,
    (_, braced: string | undefined, fallback: string | undefined, bare: string | undefined) => {
      const name = braced ?? bare ?? '';
      return lookup(name) || (fallback ?? hole(`$${name}`));
    },
  );
  return hasHoles(open)
    ? fillHoles(open, (name) => (name.startsWith('$') ? lookup(name.slice(1)) : undefined))
    : open;
}

/** `NAME=value` of an env file; what it takes from elsewhere stays out. */
export function readEnvFile(text: string): Map<string, string> {
  const entries = text.split(/\r?\n/).flatMap((line): [string, string][] => {
    const [, name, value = ''] = /^\s*(?:export\s+)?(\w+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    const bare = value.replace(/^(["'])(.*)\1.*$/, '$2').replace(/\s+#.*$/, '');
    return name === undefined || bare.includes('$') ? [] : [[name, bare]];
  });
  return new Map(entries);
}
