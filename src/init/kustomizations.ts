import { posix } from 'node:path';
import { readManifests, fits, fluxSource, ownerAndName, type Manifest } from '../deploy/overrides/read-overrides.js';
import { knownFiles, traceClosure, indexPaths } from '../deploy/proof/closure.js';
import { splitReference } from '../deploy/kustomization/image-reference.js';
import { KUSTOMIZATION_NAMES } from '../deploy/kustomization/location.js';
import { readUnbuiltImages } from '../deploy/proof/unbuilt-images.js';
import type { TargetFile } from '../deploy/target.js';
import { parseReference } from '../plan/references.js';
import { isNotProduct } from './dockerfiles.js';
import type { Repository } from './found.js';
import type { ShownImage } from './image-names.js';

/** A resource of Argo CD or Flux that deploys a folder. */
export interface Follower {
  /** `the Argo CD Application shop (argocd/app.yaml)` */
  by: string;
  /** May have templates that the controller fills in. */
  folder: string;
  /** Flux makes a Kustomization of a folder that has none, from those below it. */
  isRecursive: boolean;
  repository?: string;
  revision?: string;
  updater?: string;
}

/** A Kustomization that kustomize would build, with its images. */
export interface FoundKustomization {
  path: string;
  folder: string;
  shows: ShownImage[];
  /** Its own entries: the name of each, and the one that it gives to images. */
  entries: { name: string; gives: string }[];
  bases: string[];
  /** A component is only a part of what a cluster gets. */
  kind: 'Kustomization' | 'Component';
  /** Names with placeholders, and resources from elsewhere. */
  unknown: string[];
  /** Files that it names and that don't exist: kustomize refuses it. */
  absent: string[];
  /** Whether the image automation of Flux writes to it. */
  isAutomated: boolean;
  followed?: { follower: Follower; certainty: 'same' | 'possible' };
}

/** @returns `refused`: a sentence for each that can't be read */
export function findKustomizations(repository: Repository) {
  const followers = findFollowers(repository);
  const files = new Map<string, TargetFile>();
  for (const { path, text } of repository.files)
    files.set(path, { mode: '100644', bytes: new TextEncoder().encode(text) });
  const paths = indexPaths(repository.paths);
  const known = knownFiles(paths, files);
  const refused: string[] = [];
  // `${REGISTRY}/api` and `gcr.io/PROJECT_ID/api` are no names yet.
  const isName = (image: string) => parseReference(image) !== undefined;
  const found = repository.paths.flatMap((path): FoundKustomization[] => {
    if (!KUSTOMIZATION_NAMES.includes(posix.basename(path))) return [];
    const file = known.kustomization(path);
    const siblings = paths.kustomizationsOf(posix.dirname(path));
    if (!isNotProduct(path) && siblings.length > 1 && siblings[0] === path)
      refused.push(`${siblings.join(' and ')} are in one folder, which kustomize refuses.`);
    else if (!isNotProduct(path) && siblings.length === 1 && file === undefined)
      refused.push(`${path} can't be read as a Kustomization. Correct it first.`);
    if (file === undefined || siblings.length > 1 || isForeign(file.fields)) return [];
    const closure = traceClosure(known, path);
    const { images, gaps } = readUnbuiltImages(known, closure);
    const entries = file.images.map(({ name, newName }) => ({ name, gives: newName ?? splitReference(name).name }));
    // Of images in resources from elsewhere, only those with an entry are known.
    const hidden = gaps.length === 0 ? [] : entries.map(({ gives }) => ({ image: gives, resource: '' }));
    const seen = images
      .filter(({ field }) => field === 'container')
      .map(({ image, resource }) => ({ image: splitReference(image).name, resource }));
    const shown = [...seen, ...hidden];
    const names = [...shown.map(({ image }) => image), ...entries.map(({ gives }) => gives)];
    const followed = followerOf(file.folder, followers);
    const text = repository.files.find((each) => each.path === path)?.text ?? '';
    return [
      {
        ...{ path, folder: file.folder, followed },
        kind: file.fields['kind'] === 'Component' ? 'Component' : 'Kustomization',
        shows: shown.filter(({ image }) => isName(image)),
        entries: entries.filter(({ gives }) => isName(gives)),
        unknown: [...new Set([...names.filter((name) => !isName(name)), ...gaps.map(({ what }) => what)])],
        absent: closure.absent.map(({ reference }) => reference.text),
        isAutomated: /#.*\$imagepolicy/.test(text),
        bases: [...closure.kustomizations.values()].map((base) => base.path).filter((base) => base !== path),
      },
    ];
  });
  return { found, refused };
}

/** The Kustomizations that no other one is made of: a cluster gets them. */
export function topmost(all: readonly FoundKustomization[]): FoundKustomization[] {
  return all.filter(({ path, kind }) => kind === 'Kustomization' && !all.some(({ bases }) => bases.includes(path)));
}

/** Flux's own resource of the same kind, and other resources. */
function isForeign({ apiversion, kind }: Readonly<Record<string, unknown>>): boolean {
  const isOther = typeof apiversion === 'string' && !apiversion.startsWith('kustomize.config.k8s.io/');
  return isOther || (kind !== undefined && kind !== 'Kustomization' && kind !== 'Component');
}

/** Those that deploy a folder of this repository. */
function findFollowers(repository: Repository): Follower[] {
  const read = repository.files
    .filter(({ text }) => /argoproj\.io|kustomize\.toolkit\.fluxcd\.io/.test(text))
    .flatMap(({ path, text }) =>
      readManifests(path, new TextEncoder().encode(text)).map((manifest) => ({ manifest, path })),
    );
  const all = read.map(({ manifest }) => manifest);
  const followers = read.flatMap(({ manifest, path }) => [
    ...argoFollowers(manifest, path),
    ...fluxFollowers(manifest, path, all),
  ]);
  const name = repository.name?.toLowerCase();
  return followers.filter(
    ({ repository: other }) => other === undefined || name === undefined || fits(ownerAndName(other), name) !== 'other',
  );
}

/** The resource that deploys a folder; of several, one that names it exactly. */
function followerOf(folder: string, followers: readonly Follower[]): FoundKustomization['followed'] {
  const fitting = followers.flatMap((follower) => {
    const { isRecursive, folder: top } = follower;
    const isBelow = isRecursive && (top === '.' || folder.startsWith(`${top}/`));
    const exact = fits(top, folder);
    const certainty = exact === 'other' && isBelow ? 'possible' : exact;
    return certainty === 'other' ? [] : [{ follower, certainty }];
  });
  return fitting.find(({ certainty }) => certainty === 'same') ?? fitting[0];
}

/** https://argocd-image-updater.readthedocs.io/en/stable/configuration/images/ */
const UPDATED = 'argocd-image-updater.argoproj.io/image-list';

function argoFollowers({ apiVersion, kind, name, root }: Manifest, file: string): Follower[] {
  if (!apiVersion.startsWith('argoproj.io/') || !/^Application(?:Set)?$/.test(kind)) return [];
  const application = kind === 'ApplicationSet' ? root.at('spec', 'template') : root;
  const source = application?.at('spec', 'source');
  const sources = [...(application?.at('spec', 'sources')?.items() ?? []), ...(source ? [source] : [])];
  const isUpdated = application?.at('metadata', 'annotations', UPDATED) !== undefined;
  return sources.flatMap((each) => {
    const [folder, repository, revision] = ['path', 'repoURL', 'targetRevision'].map((key) => each.at(key)?.text);
    if (folder === undefined) return [];
    const updater = isUpdated ? 'Argo CD Image Updater' : undefined;
    const by = `the Argo CD ${kind} ${name} (${file})`;
    return { by, folder: cleanFolder(folder), isRecursive: false, updater, repository, revision };
  });
}

function fluxFollowers(manifest: Manifest, file: string, all: readonly Manifest[]): Follower[] {
  const { apiVersion, name, root } = manifest;
  const folder = root.at('spec', 'path')?.text;
  if (!apiVersion.startsWith('kustomize.toolkit.fluxcd.io/') || folder === undefined) return [];
  const by = `the Flux Kustomization ${name} (${file})`;
  return [{ by, folder: cleanFolder(folder), isRecursive: true, ...fluxSource(manifest, all) }];
}

function cleanFolder(folder: string): string {
  return posix.normalize(folder).replace(/^\/|\/$/g, '') || '.';
}
