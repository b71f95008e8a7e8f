import { posix } from 'node:path';
import { knownFiles, traceClosure } from '../../deploy/proof/closure.js';
import { splitReference } from '../../deploy/proof/image-reference.js';
import { indexPaths, KUSTOMIZATION_NAMES } from '../../deploy/proof/repository-paths.js';
import { readStructure } from '../../deploy/proof/structure.js';
import { readManifests } from '../../deploy/overrides/manifests.js';
import type { TargetFile } from '../../deploy/target.js';
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
  /** Who says that it is deployed: an Application of Argo CD, a Kustomization of Flux. */
  followedBy?: string;
}

export interface ShownImage {
  image: string;
  resource: string;
}

/** All Kustomizations that nothing else is made of come first; those of folders that kustomize refuses are left out. */
export function findKustomizations(repository: Repository): FoundKustomization[] {
  const files = new Map<string, TargetFile>();
  for (const { path, text } of repository.files)
    files.set(path, { mode: '100644', bytes: new TextEncoder().encode(text) });
  const paths = indexPaths(repository.paths);
  const known = knownFiles(paths, files);
  const followers = followersOf(repository);

  const all = repository.paths.filter((path) => KUSTOMIZATION_NAMES.includes(posix.basename(path)));
  const found = all.flatMap((path): FoundKustomization[] => {
    const file = known.kustomization(path);
    if (file === undefined || isForeign(file.fields)) return [];
    if (paths.kustomizationsOf(file.folder).length > 1) return [];
    const closure = traceClosure(known, path);
    const { sightings } = readStructure(known, closure);
    const followedBy = followers.get(file.folder);
    return [
      {
        path,
        folder: file.folder,
        shows: distinct(
          sightings.map(({ image, resource }) => ({ image: splitReference(image).name, resource })),
        ),
        entries: file.images.map(({ name, newName }) => ({
          name,
          gives: newName ?? splitReference(name).name,
        })),
        bases: [...closure.kustomizations.values()].map((base) => base.path).filter((base) => base !== path),
        ...(followedBy !== undefined && { followedBy }),
      },
    ];
  });
  return found;
}

/** Those that no other one is made of: what a cluster gets. */
export function topmost(all: readonly FoundKustomization[]): FoundKustomization[] {
  return all.filter(({ path }) => !all.some(({ bases }) => bases.includes(path)));
}

/** Flux's own resource of the same kind, and what is no Kustomization at all. */
function isForeign({ apiversion, kind }: Readonly<Record<string, unknown>>): boolean {
  const foreign = typeof apiversion === 'string' && !apiversion.startsWith('kustomize.config.k8s.io/');
  return foreign || (kind !== undefined && kind !== 'Kustomization' && kind !== 'Component');
}

/** Folders that a GitOps controller is told to look into, with who is told so. */
function followersOf({ files }: Repository): Map<string, string> {
  const followers = new Map<string, string>();
  for (const { path, text } of files) {
    if (!/argoproj\.io|kustomize\.toolkit\.fluxcd\.io/.test(text)) continue;
    for (const { apiVersion, kind, name, root } of readManifests(path, new TextEncoder().encode(text))) {
      const argo = apiVersion.startsWith('argoproj.io/');
      const spec = kind === 'ApplicationSet' ? root.at('spec', 'template', 'spec') : root.at('spec');
      const folders = argo
        ? [
            spec?.at('source', 'path'),
            ...(spec?.at('sources')?.items() ?? []).map((source) => source.at('path')),
          ]
        : apiVersion.startsWith('kustomize.toolkit.fluxcd.io/')
          ? [spec?.at('path')]
          : [];
      for (const folder of folders) {
        if (folder?.text === undefined) continue;
        const by = argo ? `the Argo CD ${kind} ${name}` : `the Flux Kustomization ${name}`;
        followers.set(posix.normalize(folder.text).replace(/^\/|\/$/g, '') || '.', `${by} (${path})`);
      }
    }
  }
  return followers;
}

function distinct(shows: readonly ShownImage[]): ShownImage[] {
  return shows.filter(
    ({ image, resource }, index) =>
      shows.findIndex((other) => other.image === image && other.resource === resource) === index,
  );
}
