import { problem, type Problem, ReleaseError } from '../../lib/errors.js';
import { closest } from '../../lib/suggestion.js';
import type { KustomizationDocument, KustomizationEntry } from './document.js';
import { formatReference } from '../../plan/references.js';
import { lastPart, splitReference } from './image-reference.js';

/** The entry of that name; else the only one renamed to it, or whose name is it with a tag or digest behind. */
export function findEntry(document: KustomizationDocument, name: string): KustomizationEntry {
  const tiers = [
    (entry: KustomizationEntry) => entry.name === name,
    (entry: KustomizationEntry) => entry.newName === name,
    (entry: KustomizationEntry) => splitReference(entry.name).name === name,
  ];
  for (const tier of tiers) {
    const [first, ...others] = document.entries.filter(tier);
    if (first && others.length === 0) return first;
    if (first) throw new ReleaseError([ambiguous(document, name, [first, ...others])]);
  }
  const way = `add an entry for it: \`image-release set --add ${document.path} ${name}=:TAG\``;
  throw new ReleaseError([missing(document, name, way)]);
}

export type EntryMatch =
  | { status: 'found'; entries: KustomizationEntry[] }
  /** No entry has anything to do with the image, so one may be added. */
  | { status: 'missing'; problem: Problem }
  | { status: 'refused'; problem: Problem };

/**
 * All entries that deploy the image of a release: those whose `newName` (or, without one, `name`) is that
 * repository. An entry that only shares the `name` deploys another repository's image, for which the registry
 * was not asked.
 * @param image repository reference without tag, such as `ghcr.io/acme/api`
 */
export function matchEntries(document: KustomizationDocument, image: string): EntryMatch {
  const wanted = canonical(image);
  const entries = document.entries.filter((entry) => canonical(repositoryOf(entry)) === wanted);
  const twice = entries.find(({ name }, index) => entries.findIndex((other) => other.name === name) < index);
  if (twice) {
    const same = entries.filter(({ name }) => name === twice.name);
    return { status: 'refused', problem: ambiguous(document, image, same) };
  }
  if (entries.length > 0) return { status: 'found', entries };
  const redirected = document.entries.find((entry) => canonical(splitReference(entry.name).name) === wanted);
  if (redirected) {
    const repository = repositoryOf(redirected);
    return {
      status: 'refused',
      problem: problem({
        code: 'deploy/entry-missing',
        message: `The entry ${redirected.name} deploys ${repository}, but the release goes to ${image}.`,
        fix: `Set the image's name in image-release.yml to ${repository}, or remove newName from the entry.`,
        place: document.placeOf(redirected.offset),
      }),
    };
  }
  const namesake = document.entries.find((entry) => lastPart(splitReference(entry.name).name) === lastPart(image));
  const way = namesake
    ? `if the entry ${namesake.name} is meant, point it there once: \`image-release set ${document.path} ${namesake.name}=${image}\``
    : 'add an entry with this name, or with this newName and the name that the manifests use';
  return { status: 'missing', problem: missing(document, image, way) };
}

export function repositoryOf(entry: KustomizationEntry): string {
  return entry.newName ?? splitReference(entry.name).name;
}

/** The whole reference that kustomize puts there: `name:tag@digest` without the parts that are absent. */
export function referenceOf(entry: Omit<KustomizationEntry, 'node' | 'offset'>): string {
  const { name, newName, newTag, digest } = entry;
  if (newTag === undefined && digest === undefined) return newName ?? name;
  return formatReference({ name: newName ?? splitReference(name).name, tag: newTag, digest });
}

/** Docker Hub's images have several spellings: `nginx` is `docker.io/library/nginx`. */
export function canonical(image: string): string {
  return image.replace(/^(?:index\.)?docker\.io\//, '').replace(/^library\//, '');
}

function missing(document: KustomizationDocument, name: string, way: string): Problem {
  const names = document.entries.map((entry) => entry.name);
  const listed = names.slice(0, 12).join(', ') + (names.length > 12 ? ` and ${names.length - 12} more` : '');
  const meant = closest(lastPart(name), names.map(lastPart));
  const near = names.find((candidate) => lastPart(candidate) === meant);
  const offset = document.lists[0]?.key.range?.[0];
  const found = names.length === 0 ? ': its list of images is empty' : `; there are: ${listed}`;
  return problem({
    code: 'deploy/entry-missing',
    message: `${document.path} has no entry for ${name}${found}.`,
    fix:
      near === undefined ? `${way.charAt(0).toUpperCase()}${way.slice(1)}.` : `Did you mean ${near}? Otherwise ${way}.`,
    place: offset === undefined ? { file: document.path } : document.placeOf(offset),
  });
}

function ambiguous(document: KustomizationDocument, name: string, entries: KustomizationEntry[]): Problem {
  const places = entries.map((entry) => `${entry.name} (line ${document.placeOf(entry.offset).line})`);
  return problem({
    code: 'deploy/kustomization-unsafe',
    message: `${document.path} has ${entries.length} entries for ${name}: ${places.join(', ')}.`,
    fix: 'Keep one of them, or give them different names.',
    place: document.placeOf(entries[1]?.offset ?? 0),
  });
}
