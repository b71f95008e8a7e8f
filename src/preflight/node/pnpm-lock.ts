import { parse } from 'yaml';
import type { LockedPackage } from './locked-packages.js';
import { isRecord, nodeEngine } from './package-manifest.js';

/**
 * Packages of a pnpm-lock.yaml, versions 5.4 to 9; what is optional is left out.
 * https://github.com/pnpm/spec/tree/master/lockfile
 */
export function readPnpmLock(text: string): LockedPackage[] {
  const lock = parsed(text);
  if (lock === undefined) return [];
  const packages = recordAt(lock, 'packages');
  // Before version 6 a project without workspaces stands at the top.
  const importers = isRecord(lock['importers']) ? Object.values(lock['importers']).filter(isRecord) : [lock];
  const direct = (list: string) =>
    importers.flatMap((importer) =>
      Object.entries(recordAt(importer, list)).map(([name, entry]) => idOf(name, entry)),
    );
  const [runtime, development] = [direct('dependencies'), direct('devDependencies')];
  const named = new Set([...runtime, ...development].map(withoutPeers));
  const used = isRecord(lock['snapshots']) ? reachable(lock['snapshots'], runtime, development) : undefined;
  return Object.entries(packages).flatMap(([key, entry]) => {
    if (!isRecord(entry)) return [];
    const id = normalized(key);
    const node = nodeEngine(entry['engines']);
    const use = used ? used.get(withoutPeers(id)) : entry['dev'] === true ? 'development' : 'runtime';
    if (node === undefined || use === undefined || entry['optional'] === true) return [];
    const plain = withoutPeers(id);
    const at = plain.lastIndexOf('@');
    return {
      name: plain.slice(0, at),
      version: plain.slice(at + 1),
      node,
      use,
      depth: named.has(plain) ? 'direct' : 'transitive',
    } as const;
  });
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const data: unknown = parse(text, {
      schema: 'core',
      uniqueKeys: false,
      logLevel: 'silent',
      maxAliasCount: 0,
    });
    return isRecord(data) ? data : undefined;
  } catch {
    return undefined;
  }
}

function recordAt(record: Record<string, unknown>, key: string): Record<string, unknown> {
  return isRecord(record[key]) ? record[key] : {};
}

/** An entry is `{specifier, version}`, before version 6 the version alone. */
function idOf(name: string, entry: unknown): string {
  const version = String(isRecord(entry) ? entry['version'] : entry);
  // An alias names the package itself; `link:` is a workspace.
  return /^\/|^@?[a-z][^:]*@/i.test(version) ? normalized(version) : `${name}@${version}`;
}

/** `/next@14.0.0(react@18.2.0)`, `/next/14.0.0_react@18.2.0` and `next@14.0.0` as the last. */
function normalized(key: string): string {
  const bare = key.replace(/^\//, '');
  return /^(?:@[^/]+\/)?[^/@]+@/.test(bare)
    ? bare
    : bare.replace(/^((?:@[^/]+\/)?[^/]+)\/([^/_]+).*$/, '$1@$2');
}

function withoutPeers(id: string): string {
  return id.replace(/\(.*$/s, '').replace(/_.*$/s, (rest) => (/_[^@]*@/.test(rest) ? '' : rest));
}

/** From version 9 the lockfile doesn't say what is only for development: it is what no dependency leads to. */
function reachable(
  snapshots: Record<string, unknown>,
  runtime: readonly string[],
  development: readonly string[],
): Map<string, LockedPackage['use']> {
  const used = new Map<string, LockedPackage['use']>();
  const visit = (from: readonly string[], use: LockedPackage['use']) => {
    const seen = new Set<string>();
    const open = [...from];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      const snapshot = snapshots[id];
      if (seen.has(id) || !isRecord(snapshot)) continue;
      seen.add(id);
      if (!used.has(withoutPeers(id))) used.set(withoutPeers(id), use);
      open.push(
        ...Object.entries(recordAt(snapshot, 'dependencies')).map(([name, entry]) => idOf(name, entry)),
      );
    }
  };
  visit(runtime, 'runtime');
  visit(development, 'development');
  return used;
}
