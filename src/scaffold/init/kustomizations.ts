import { posix } from 'node:path';
import { knownFiles, traceClosure } from '../../deploy/proof/closure.js';
import { splitReference } from '../../deploy/proof/image-reference.js';
import { indexPaths, KUSTOMIZATION_NAMES } from '../../deploy/proof/repository-paths.js';
import { readStructure } from '../../deploy/proof/structure.js';
import type { TargetFile } from '../../deploy/target.js';
import { parseReference } from '../../plan/references.js';
import { followerOf, type Follower } from './followers.js';
import type { Repository } from './found.js';

/** A Kustomization that kustomize would build, and which images come out of it. */
export interface FoundKustomization {
  path: string;
  folder: string;
  /** In what it builds: names without tag, and whose they are (`Deployment api`). */
  shows: ShownImage[];
  /** Its own entries: the name of each, and the one that it gives to images. */
  entries: { name: string; gives: string }[];
  /** Kustomizations that it is made of, at any depth. */
  bases: string[];
  /** A component is part of what a cluster gets, never all of it. */
  kind: 'Kustomization' | 'Component';
  /** Names in it that are none: a placeholder of something that runs before kustomize, or after it. */
  unfilled: string[];
  /** What it takes in that lies elsewhere or is made by something else. */
  unseen: string[];
  /** Lines of it that the image automation of Flux writes. */
  automated: number[];
  /** Who says that it is deployed. */
  followed?: { follower: Follower; certainty: 'same' | 'possible' };
}

export interface ShownImage {
  image: string;
  resource: string;
}

/** All Kustomizations that nothing else is made of come first; those of folders that kustomize refuses are left out. */
export function findKustomizations(
  repository: Repository,
  followers: readonly Follower[],
): FoundKustomization[] {
  const files = new Map<string, TargetFile>();
  for (const { path, text } of repository.files)
    files.set(path, { mode: '100644', bytes: new TextEncoder().encode(text) });
  const paths = indexPaths(repository.paths);
  const known = knownFiles(paths, files);

  const all = repository.paths.filter((path) => KUSTOMIZATION_NAMES.includes(posix.basename(path)));
  const found = all.flatMap((path): FoundKustomization[] => {
    const file = known.kustomization(path);
    if (file === undefined || isForeign(file.fields)) return [];
    if (paths.kustomizationsOf(file.folder).length > 1) return [];
    const closure = traceClosure(known, path);
    const { sightings, gaps } = readStructure(known, closure);
    const followed = followerOf(file.folder, followers, repository.paths);
    const entries = file.images.map(({ name, newName }) => ({
      name,
      gives: newName ?? splitReference(name).name,
    }));
    // What comes from elsewhere is not seen, but what an entry makes of it.
    const hidden = gaps.length === 0 ? [] : entries.map(({ gives }) => ({ image: gives, resource: '' }));
    const seen = sightings.map(({ image, resource }) => ({ image: splitReference(image).name, resource }));
    const shown = [...seen, ...hidden];
    const unfilled = [...shown.map(({ image }) => image), ...entries.map(({ gives }) => gives)].filter(
      (name) => !isName(name),
    );
    return [
      {
        path,
        folder: file.folder,
        kind: file.fields['kind'] === 'Component' ? 'Component' : 'Kustomization',
        shows: distinct(shown.filter(({ image }) => isName(image))),
        entries: entries.filter(({ gives }) => isName(gives)),
        unfilled: [...new Set(unfilled)],
        unseen: [...new Set(gaps.map(({ what }) => what))],
        automated: markedLines(repository.files.find((each) => each.path === path)?.text ?? ''),
        bases: [...closure.kustomizations.values()].map((base) => base.path).filter((base) => base !== path),
        ...(followed !== undefined && { followed }),
      },
    ];
  });
  return found;
}

/** Those that no other one is made of: what a cluster gets. */
export function topmost(all: readonly FoundKustomization[]): FoundKustomization[] {
  return all.filter(
    ({ path, kind }) => kind === 'Kustomization' && !all.some(({ bases }) => bases.includes(path)),
  );
}

/** Flux's own resource of the same kind, and what is no Kustomization at all. */
function isForeign({ apiversion, kind }: Readonly<Record<string, unknown>>): boolean {
  const foreign = typeof apiversion === 'string' && !apiversion.startsWith('kustomize.config.k8s.io/');
  return foreign || (kind !== undefined && kind !== 'Kustomization' && kind !== 'Component');
}

/** https://fluxcd.io/flux/guides/image-update/#configure-image-update-for-custom-resources */
function markedLines(text: string): number[] {
  return text.split('\n').flatMap((line, index) => (/#.*\$imagepolicy/.test(line) ? [index + 1] : []));
}

/** `${REGISTRY}/api` and `gcr.io/PROJECT_ID/api` are no names yet. */
function isName(image: string): boolean {
  return parseReference(image) !== undefined;
}

function distinct(shows: readonly ShownImage[]): ShownImage[] {
  return shows.filter(
    ({ image, resource }, index) =>
      shows.findIndex((other) => other.image === image && other.resource === resource) === index,
  );
}
