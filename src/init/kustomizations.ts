import { posix } from 'node:path';
import { knownFiles, traceClosure } from '../deploy/proof/closure.js';
import { splitReference } from '../deploy/kustomization/image-reference.js';
import { KUSTOMIZATION_NAMES } from '../deploy/kustomization/location.js';
import { indexPaths } from '../deploy/proof/repository-paths.js';
import { readUnbuiltImages } from '../deploy/proof/unbuilt-images.js';
import type { TargetFile } from '../deploy/target.js';
import { parseReference } from '../plan/references.js';
import { isBesideProduct } from './dockerfiles.js';
import { followerOf, type Follower } from './followers.js';
import type { Repository } from './found.js';

/** A Kustomization that kustomize would build, with the images that come out of it. */
export interface FoundKustomization {
  path: string;
  folder: string;
  /** Names without tag, and whose they are (`Deployment api`). */
  shows: ShownImage[];
  /** Its own entries: the name of each, and the one that it gives to images. */
  entries: { name: string; gives: string }[];
  /** Kustomizations that it is made of, at any depth. */
  bases: string[];
  /** A component is part of what a cluster gets, never all of it. */
  kind: 'Kustomization' | 'Component';
  /** Names in it that are none: a placeholder that something else fills in. */
  unfilled: string[];
  /** Resources from elsewhere, or that something else makes. */
  unseen: string[];
  /** Files that it names and that don't exist: kustomize refuses it. */
  absent: string[];
  /** Lines of it that the image automation of Flux writes. */
  automated: number[];
  /** Who deploys it. */
  followed?: { follower: Follower; certainty: 'same' | 'possible' };
}

export interface ShownImage {
  image: string;
  resource: string;
}

/** @returns `refused`: those that can't be read, a sentence each */
export function findKustomizations(repository: Repository, followers: readonly Follower[]) {
  const files = new Map<string, TargetFile>();
  for (const { path, text } of repository.files)
    files.set(path, { mode: '100644', bytes: new TextEncoder().encode(text) });
  const paths = indexPaths(repository.paths);
  const known = knownFiles(paths, files);
  const refused: string[] = [];
  const found = repository.paths.flatMap((path): FoundKustomization[] => {
    if (!KUSTOMIZATION_NAMES.includes(posix.basename(path))) return [];
    const file = known.kustomization(path);
    const siblings = paths.kustomizationsOf(posix.dirname(path));
    if (!isBesideProduct(path) && siblings.length > 1 && siblings[0] === path)
      refused.push(`${siblings.join(' and ')} are in one folder, which kustomize refuses: neither is read.`);
    else if (!isBesideProduct(path) && siblings.length === 1 && file === undefined)
      refused.push(`${path} can't be read as a Kustomization. Correct it first.`);
    if (file === undefined || siblings.length > 1 || isForeign(file.fields)) return [];
    const closure = traceClosure(known, path);
    const { images, gaps } = readUnbuiltImages(known, closure);
    const followed = followerOf(file.folder, followers, repository.paths);
    const entries = file.images.map(({ name, newName }) => ({
      name,
      gives: newName ?? splitReference(name).name,
    }));
    // Images from elsewhere are not seen, except what an entry makes of them.
    const hidden = gaps.length === 0 ? [] : entries.map(({ gives }) => ({ image: gives, resource: '' }));
    const seen = images
      .filter(({ field }) => field === 'container')
      .map(({ image, resource }) => ({ image: splitReference(image).name, resource }));
    const shown = [...seen, ...hidden];
    const names = [...shown.map(({ image }) => image), ...entries.map(({ gives }) => gives)];
    const text = repository.files.find((each) => each.path === path)?.text ?? '';
    return [
      {
        ...{ path, folder: file.folder },
        kind: file.fields['kind'] === 'Component' ? 'Component' : 'Kustomization',
        shows: shown.filter(({ image }) => isName(image)),
        entries: entries.filter(({ gives }) => isName(gives)),
        unfilled: [...new Set(names.filter((name) => !isName(name)))],
        unseen: [...new Set(gaps.map(({ what }) => what))],
        absent: closure.absent.map(({ reference }) => reference.text),
        automated: text
          .split('\n')
          .flatMap((line, index) => (/#.*\$imagepolicy/.test(line) ? [index + 1] : [])),
        bases: [...closure.kustomizations.values()].map((base) => base.path).filter((base) => base !== path),
        ...(followed !== undefined && { followed }),
      },
    ];
  });
  return { found, refused };
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

/** `${REGISTRY}/api` and `gcr.io/PROJECT_ID/api` are no names yet. */
function isName(image: string): boolean {
  return parseReference(image) !== undefined;
}
