import { posix } from 'node:path';
import type { Snapshot } from '../target.js';

/** More would be felt before every release; what is more likely to hold an override is read first. */
const MOST = 300;
/** Generated manifests are larger; those of Argo CD and Flux that people write are a page or two. */
const LARGEST = 256 * 1024;

/** Folders of other things: workflows, packages, templates that are no YAML yet. */
const ELSEWHERE =
  /(?:^|\/)(?:\.(?!argo|flux|gitops|deploy|k8s)[^/]+|node_modules|vendor|charts|templates|crds|testdata|__tests__)\//;
const LIKELY =
  /argo|appset|applicationset|\bapps?\b|flux|gitops|clusters?\b|\bks\b|sync|bootstrap|deploy|k8s/i;
const API = /argoproj\.io\/|(?:kustomize|source)\.toolkit\.fluxcd\.io\//;

/**
 * Reads the YAML files that may hold resources of Argo CD or Flux, at the snapshot's commit.
 * @returns bytes by path, for `findOverrides`
 */
export async function readOverrideCandidates(snapshot: Snapshot): Promise<Map<string, Uint8Array>> {
  const files = await snapshot.readAll(chooseCandidates(await snapshot.list()));
  const found = [...files].filter(
    ([path, { bytes, mode }]) =>
      mode !== '120000' && bytes.length <= LARGEST && (isParameterFile(path) || API.test(textOf(bytes))),
  );
  return new Map(found.map(([path, { bytes }]) => [path, bytes]));
}

/** The paths that are worth reading, the likeliest first. */
export function chooseCandidates(paths: readonly string[]): string[] {
  return paths
    .filter((path) => /\.ya?ml$/i.test(path) && !ELSEWHERE.test(path))
    .map((path) => ({ path, rank: isParameterFile(path) ? 0 : LIKELY.test(path) ? 1 : 2 }))
    .sort((a, b) => a.rank - b.rank || depth(a.path) - depth(b.path) || (a.path < b.path ? -1 : 1))
    .slice(0, MOST)
    .map(({ path }) => path);
}

function isParameterFile(path: string): boolean {
  return posix.basename(path).startsWith('.argocd-source');
}

function depth(path: string): number {
  return path.split('/').length;
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
