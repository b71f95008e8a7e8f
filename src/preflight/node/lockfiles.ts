import { posix } from 'node:path';
import { parse } from 'yaml';
import type { TextFile } from '../../facts/build-files-checkout.js';
import { attempt, parseJson } from '../../lib/json.js';

/** A package that a lockfile installs, and the Node.js that it needs. */
export interface LockedPackage {
  name: string;
  version: string;
  /** Range of `engines.node`. */
  node: string;
  /** `development`: not installed if development dependencies are omitted. */
  use: 'runtime' | 'development';
  /** Named in a package.json of the project, or needed by one that is. */
  depth: 'direct' | 'transitive';
}

type Data = Record<string, unknown>;

/** Images of a monorepo share a lockfile of some megabytes. */
const parsed = new WeakMap<TextFile, LockedPackage[]>();

/** Packages in it that need a certain Node.js; none of a yarn.lock, which has no `engines`. Optional packages don't count. */
export function readLockfile(file: TextFile): LockedPackage[] {
  const name = posix.basename(file.path);
  if (name === 'yarn.lock') return [];
  const read = name === 'pnpm-lock.yaml' ? readPnpmLock : readPackageLock;
  const packages = parsed.get(file) ?? read(file.text);
  parsed.set(file, packages);
  return packages;
}

/** Versions 2 and 3; version 1 has no engines. https://docs.npmjs.com/cli/v11/configuring-npm/package-lock-json */
function readPackageLock(text: string): LockedPackage[] {
  const entries = recordsIn(readJson(text), 'packages');
  // The project and its workspaces.
  const projects = entries.filter(([path]) => !path.includes('node_modules/')).map(([, project]) => project);
  const named = DEPENDENCIES.flatMap((list) => projects.flatMap((project) => Object.keys(recordAt(project, list))));
  return entries.flatMap(([path, entry]): LockedPackage[] => {
    const node = nodeEngine(entry);
    const at = path.lastIndexOf('node_modules/');
    if (at < 0 || node === undefined || entry['optional'] === true || entry['link'] === true) return [];
    const name = path.slice(at + 'node_modules/'.length);
    const use = entry['dev'] === true || entry['devOptional'] === true ? 'development' : 'runtime';
    const depth = path === `node_modules/${name}` && named.includes(name) ? 'direct' : 'transitive';
    const { version } = entry;
    return [{ name, version: typeof version === 'string' ? version : '', node, use, depth }];
  });
}

/** Versions 6 and 9. https://github.com/pnpm/spec/tree/master/lockfile */
function readPnpmLock(text: string): LockedPackage[] {
  const lock = parseYaml(text);
  const importers = recordsIn(lock, 'importers').map(([, importer]) => importer);
  const direct = (list: string) =>
    // In version 6 a project without workspaces is at the top.
    (importers.length > 0 ? importers : [lock]).flatMap((importer) =>
      Object.entries(recordAt(importer, list)).map(([name, entry]) => idOf(name, entry)),
    );
  const [runtime, development] = [direct('dependencies'), direct('devDependencies')];
  const named = new Set([...runtime, ...development].map(withoutPeers));
  // Version 9 doesn't mark what is for development only.
  const snapshots = recordAt(lock, 'snapshots');
  const isMarked = Object.keys(snapshots).length === 0;
  const runtimeIds = reachable(snapshots, runtime);
  const developmentIds = reachable(snapshots, development);
  return recordsIn(lock, 'packages').flatMap(([key, entry]): LockedPackage[] => {
    const id = withoutPeers(key.replace(/^\//, ''));
    const node = nodeEngine(entry);
    const isRuntime = isMarked ? entry['dev'] !== true : runtimeIds.has(id);
    if (node === undefined || entry['optional'] === true) return [];
    if (!isMarked && !isRuntime && !developmentIds.has(id)) return [];
    const at = id.lastIndexOf('@');
    const use = isRuntime ? 'runtime' : 'development';
    const depth = named.has(id) ? 'direct' : 'transitive';
    return [{ name: id.slice(0, at), version: id.slice(at + 1), node, use, depth }];
  });
}

/** An entry is `{specifier, version}`, or the version alone; an alias has the name in the version. */
function idOf(name: string, entry: unknown): string {
  const version = String(isRecord(entry) ? entry['version'] : entry);
  return /^\/|^@?[a-z][^:]*@/i.test(version) ? version.replace(/^\//, '') : `${name}@${version}`;
}

/** `next@14.0.0(react@18.2.0)` → `next@14.0.0` */
function withoutPeers(id: string): string {
  return id.replace(/\(.*$/s, '');
}

function reachable(snapshots: Data, from: readonly string[]): Set<string> {
  const seen = new Set<string>();
  const open = [...from];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    const dependencies = recordAt(recordAt(snapshots, id), 'dependencies');
    open.push(...Object.entries(dependencies).map(([name, entry]) => idOf(name, entry)));
  }
  return new Set([...seen].map(withoutPeers));
}

/**
 * Versions of the direct dependencies of the project in the lockfile's folder, by name, without those that pnpm
 * overrides. Empty for a yarn.lock, and for a package-lock.json of version 1.
 */
export function lockedVersions({ path, text }: TextFile): Map<string, string> {
  if (posix.basename(path) === 'pnpm-lock.yaml') {
    const lock = parseYaml(text);
    const project = 'importers' in lock ? recordAt(recordAt(lock, 'importers'), '.') : lock;
    const overrides = Object.keys(recordAt(lock, 'overrides'));
    const entries = DEPENDENCIES.flatMap((list) => Object.entries(recordAt(project, list)));
    const ids = entries.map(([name, entry]): [string, string] => [name, withoutPeers(idOf(name, entry))]);
    const kept = ids.filter(([name]) => !overrides.some((override) => override.includes(name)));
    return new Map(kept.map(([name, id]) => [name, id.slice(id.lastIndexOf('@') + 1)]));
  }
  const direct = /^node_modules\/((?:@[^/]+\/)?[^/]+)$/;
  return new Map(
    recordsIn(readJson(text), 'packages').flatMap(([key, { version }]): [string, string][] => {
      const name = direct.exec(key)?.[1];
      return name === undefined ? [] : [[name, typeof version === 'string' ? version : '']];
    }),
  );
}

const DEPENDENCIES = ['dependencies', 'devDependencies'];

/** The fields of a package.json that the checks need. */
export interface PackageManifest {
  /** `engines.node`. */
  node?: string;
  /** Wanted versions by name of the dependency: `^16.0.0`. */
  wanted: Map<string, string>;
}

/** @returns undefined for text that is no package.json */
export function readPackageManifest(text: string): PackageManifest | undefined {
  const data = readJson(text);
  if (data === undefined) return undefined;
  const entries = DEPENDENCIES.flatMap((list) => Object.entries(recordAt(data, list)));
  const wanted = entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return { node: nodeEngine(data), wanted: new Map(wanted) };
}

/** `engines.node`; old packages have a list there, which package managers ignore too. */
function nodeEngine({ engines }: Data): string | undefined {
  const node = isRecord(engines) ? engines['node'] : undefined;
  return typeof node === 'string' && node.trim() !== '' ? node : undefined;
}

function readJson(text: string): Data | undefined {
  const data = parseJson(text.replace(/^\uFEFF/, ''));
  return isRecord(data) ? data : undefined;
}

function parseYaml(text: string): Data {
  const data: unknown = attempt(
    () => parse(text, { uniqueKeys: false, logLevel: 'silent', maxAliasCount: 0 }) as unknown,
    undefined,
  );
  return isRecord(data) ? data : {};
}

function isRecord(value: unknown): value is Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function recordAt(record: Data | undefined, key: string): Data {
  const value = record?.[key];
  return isRecord(value) ? value : {};
}

function recordsIn(record: Data | undefined, key: string): [string, Data][] {
  return Object.entries(recordAt(record, key)).filter((entry): entry is [string, Data] => isRecord(entry[1]));
}
