import { posix } from 'node:path';
import { fits, fluxSource, ownerAndName } from '../deploy/overrides/read-overrides.js';
import { readManifests, type Manifest, type ManifestNode } from '../deploy/overrides/manifests.js';
import { KUSTOMIZATION_NAMES } from '../deploy/kustomization/location.js';
import type { Repository } from './found.js';
import { foldersOf } from './dockerfiles.js';
import { expandTemplate } from './application-sets.js';

/** Someone who is told to deploy a folder. */
export interface Follower {
  /** `the Argo CD Application shop (argocd/app.yaml)`. */
  by: string;
  /** May hold templates that are filled in elsewhere. */
  folder: string;
  /** Address of the repository that the folder lies in. */
  repository?: string;
  /** `owner/name` of it, as it is written. */
  name?: string;
  /** What of it is deployed: a branch, a tag, a commit. */
  revision?: string;
  /** Flux makes a Kustomization of a folder that has none. */
  controller: 'Argo CD' | 'Flux';
  /** What else writes tags there. */
  updater?: 'Argo CD Image Updater';
}

/** The folders that GitOps controllers are told to look into, here and in other repositories. */
export function findFollowers(repository: Repository): { here: Follower[]; elsewhere: Follower[] } {
  const read = repository.files
    .filter(({ text }) => /argoproj\.io|kustomize\.toolkit\.fluxcd\.io/.test(text))
    .map(({ path, text }) => ({ path, manifests: readManifests(path, new TextEncoder().encode(text)) }));
  const all = read.flatMap(({ manifests }) => manifests);
  const folders = foldersOf(repository.paths);
  const followers = read.flatMap(({ path, manifests }) =>
    manifests.flatMap((manifest): Follower[] => [
      ...argoFollowers(manifest, path, folders),
      ...fluxFollowers(manifest, path, all),
    ]),
  );
  const isHere = ({ repository: other }: Follower) =>
    other === undefined ||
    repository.name === undefined ||
    fits(ownerAndName(other), repository.name.toLowerCase()) !== 'other';
  return {
    here: followers.filter(isHere),
    elsewhere: followers
      .filter((each) => !isHere(each))
      .map((each) => ({ ...each, name: /([^/:]+\/[^/:]+?)(?:\.git)?\/*$/.exec(each.repository ?? '')?.[1] })),
  };
}

/** Who deploys a folder; of several, one that names it without templates. */
export function followerOf(
  folder: string,
  followers: readonly Follower[],
  paths: readonly string[],
): { follower: Follower; certainty: 'same' | 'possible' } | undefined {
  const fitting = followers.flatMap((follower) => {
    const own = fits(follower.folder, folder);
    const certainty = own === 'other' && isMadeOf(follower, folder, paths) ? 'same' : own;
    return certainty === 'other' ? [] : [{ follower, certainty }];
  });
  return fitting.find(({ certainty }) => certainty === 'same') ?? fitting[0];
}

/** Whether Flux, finding no Kustomization in its folder, comes to this one below. */
function isMadeOf({ controller, folder: top }: Follower, folder: string, paths: readonly string[]): boolean {
  if (controller !== 'Flux' || (top !== '.' && !folder.startsWith(`${top}/`))) return false;
  const between = [top, ...foldersOf([`${folder}/x`])].filter(
    (each) => each !== folder && (each === top || top === '.' || each.startsWith(`${top}/`)),
  );
  return !between.some((each) => KUSTOMIZATION_NAMES.some((name) => paths.includes(posix.join(each, name))));
}

/** https://argocd-image-updater.readthedocs.io/en/stable/configuration/images/ */
const UPDATED = 'argocd-image-updater.argoproj.io/image-list';

function argoFollowers(
  { apiVersion, kind, name, root }: Manifest,
  file: string,
  folders: readonly string[],
): Follower[] {
  if (!apiVersion.startsWith('argoproj.io/') || !/^Application(?:Set)?$/.test(kind)) return [];
  const isSet = kind === 'ApplicationSet';
  const spec = isSet ? root.at('spec', 'template', 'spec') : root.at('spec');
  const several = spec?.at('sources')?.items() ?? [];
  const source = spec?.at('source');
  const metadata = isSet ? root.at('spec', 'template', 'metadata') : root.at('metadata');
  const isUpdated = metadata?.at('annotations', UPDATED) !== undefined;
  const sources = several.length > 0 ? several : source === undefined ? [] : [source];
  return sources.flatMap((each) => {
    const path = each.at('path')?.text;
    if (path === undefined) return [];
    const written = isSet
      ? expandTemplate(path, root.at('spec', 'generators')?.items() ?? [], folders)
      : [path];
    return written.map((folder): Follower => ({
      by: `the Argo CD ${kind} ${name} (${file})`,
      folder: cleanFolder(folder),
      controller: 'Argo CD',
      ...(isUpdated && { updater: 'Argo CD Image Updater' as const }),
      ...textAt(each, 'repoURL', 'repository'),
      ...textAt(each, 'targetRevision', 'revision'),
    }));
  });
}

function fluxFollowers(manifest: Manifest, file: string, all: readonly Manifest[]): Follower[] {
  const { apiVersion, name, root } = manifest;
  if (!apiVersion.startsWith('kustomize.toolkit.fluxcd.io/')) return [];
  const folder = root.at('spec', 'path')?.text;
  if (folder === undefined) return [];
  const { repository, revision } = fluxSource(manifest, all);
  return [
    {
      by: `the Flux Kustomization ${name} (${file})`,
      folder: cleanFolder(folder),
      controller: 'Flux',
      ...(repository !== undefined && { repository }),
      ...(revision !== undefined && { revision }),
    },
  ];
}

function textAt<Name extends string>(
  node: ManifestNode,
  key: string,
  name: Name,
): Partial<Record<Name, string>> {
  const text = node.at(key)?.text;
  return text === undefined || text === '' ? {} : ({ [name]: text } as Record<Name, string>);
}

function cleanFolder(folder: string): string {
  return posix.normalize(folder).replace(/^\/|\/$/g, '') || '.';
}
