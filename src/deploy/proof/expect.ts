import { closest } from '../../lib/suggestion.js';
import type { Problem } from '../../lib/errors.js';
import type { ImageChange } from '../deployment.js';
import { matchesName, splitReference, yieldedBy } from './image-reference.js';
import type { ImageEntry, KustomizationFile } from './kustomization-file.js';
import type { ImageSighting } from './sightings.js';

/** One thing that was built with an edited Kustomization in it. */
export interface Build {
  /** What was built: the edited Kustomization itself, or one that includes it. */
  path: string;
  sightings: readonly ImageSighting[];
  /** All Kustomizations that took part. */
  parts: readonly KustomizationFile[];
}

/**
 * Compares what an edit promises with what comes out: each new image in one of the builds at least, each
 * replaced one in none of them.
 * @param edited the Kustomization after the edit
 */
export function checkImages(
  edited: KustomizationFile,
  changes: readonly ImageChange[],
  builds: readonly Build[],
): Problem[] {
  return changes.flatMap((change) => {
    const expected = yieldedBy(change.name, change.after);
    const bare = isBare(change.after);
    const isThere = builds.some(({ sightings }) =>
      sightings.some(({ image }) => expected(image) || (bare && splitReference(image).name === change.after)),
    );
    if (!isThere) return [unmatched(edited, change, builds)];
    return builds.flatMap((build) => checkRemains(edited, change, build));
  });
}

/** An entry that only renames keeps whatever tag the image has. */
function isBare(reference: string): boolean {
  const { tag, digest } = splitReference(reference);
  return tag === '' && digest === '';
}

function checkRemains(edited: KustomizationFile, change: ImageChange, build: Build): Problem[] {
  const replaced = yieldedBy(change.name, change.before);
  const own = [...edited.images, ...(build.parts.find(({ path }) => path === build.path)?.images ?? [])];
  // What another entry of this Kustomization is meant to yield is no leftover.
  const meant = own.map((entry) => yieldedBy(entry.name, entry.reference));
  const left = build.sightings.filter(
    ({ image }) => replaced(image) && !meant.some((yields) => yields(image)),
  );
  if (change.before === change.after || left.length === 0) return [];
  const resources = [...new Set(left.map(({ resource }) => resource))];
  const setter = build.parts.flatMap(({ path, images }) =>
    path === edited.path
      ? []
      : images.filter(({ reference }) => replaced(reference)).map(({ line }) => `${path}:${line}`),
  )[0];
  const entry = entryOf(edited, change);
  return [
    {
      code: 'deploy/image-remains',
      severity: 'error',
      message: `${through(edited, build)}${change.before} is to be replaced by ${change.after}, but still stands in ${list(resources)}.`,
      fix:
        setter === undefined
          ? `Write the image there as ${change.name}, so that the entry applies to it, or add an entry that does.`
          : `It is set at ${setter}; remove that entry, or deploy to that Kustomization as well.`,
      place: { file: edited.path, line: entry?.line },
      image: change.key,
    },
  ];
}

function unmatched(edited: KustomizationFile, change: ImageChange, builds: readonly Build[]): Problem {
  const images = [...new Set(builds.flatMap(({ sightings }) => sightings.map(({ image }) => image)))];
  const entry = entryOf(edited, change);
  const build = builds[0];
  return {
    code: 'deploy/image-unmatched',
    severity: 'error',
    message: `${build ? through(edited, build) : `${edited.path}: `}the entry ${change.name} does not yield ${change.after}; the images that come out are ${list(images) || 'none'}.`,
    fix: wayOut(change, images, builds),
    place: { file: edited.path, line: entry?.line },
    image: change.key,
  };
}

function wayOut(change: ImageChange, images: readonly string[], builds: readonly Build[]): string {
  const parts = builds.flatMap((build) => build.parts);
  for (const { path, images: entries } of parts) {
    const renamed = entries.find(
      ({ name, newName }) => name === change.name && newName !== undefined && isYielded(images, newName),
    );
    if (renamed && renamed.reference !== change.after) {
      return `${path}:${renamed.line} already renames ${renamed.name} to ${renamed.newName}: set the entry's name to ${renamed.newName}.`;
    }
  }
  const repository = splitReference(change.after).name;
  const same = images.find((image) => splitReference(image).name === repository);
  if (same !== undefined && !matchesName(same, change.name)) {
    return `Set the entry's name to ${repository}, as the manifests have it, or remove what writes ${same} there.`;
  }
  if (same !== undefined)
    return `Something after the entry writes ${same}: remove that entry, patch or replacement.`;
  const names = [...new Set(images.map((image) => splitReference(image).name))];
  const near = closest(lastPart(change.name), names.map(lastPart));
  const meant = names.find((name) => lastPart(name) === near);
  return meant === undefined
    ? "Set the entry's name to the image as the manifests have it, without its tag."
    : `Did you mean ${meant}? The entry's name has to be the image as the manifests have it, without its tag.`;
}

function isYielded(images: readonly string[], name: string): boolean {
  return images.some((image) => splitReference(image).name === name);
}

function entryOf({ images }: KustomizationFile, { name, after }: ImageChange): ImageEntry | undefined {
  return (
    images.find((entry) => entry.name === name && entry.reference === after) ??
    images.find((entry) => entry.name === name)
  );
}

function through(edited: KustomizationFile, build: Build): string {
  return build.path === edited.path ? `${edited.path}: ` : `${edited.path}, as part of ${build.path}: `;
}

function list(words: readonly string[]): string {
  const shown = words.slice(0, 8).join(', ');
  return words.length > 8 ? `${shown} and ${words.length - 8} more` : shown;
}

function lastPart(image: string): string {
  return image.slice(image.lastIndexOf('/') + 1);
}
