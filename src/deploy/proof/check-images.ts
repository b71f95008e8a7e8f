import { problem, type Problem } from '../../lib/errors.js';
import { closest } from '../../lib/suggestion.js';
import type { ImageChange } from '../target.js';
import { lastPart, matchesName, referencesFor, splitReference } from '../kustomization/image-reference.js';
import type { ImageUse } from './unbuilt-images.js';
import type { KustomizationFile } from './kustomization-file.js';

/** One Kustomization with the edited one in it. */
export interface Build {
  path: string;
  images: readonly ImageUse[];
  /** `unbuilt`: images that a patch replaces are in `images` as well. */
  by: 'kustomize' | 'unbuilt';
  parts: readonly KustomizationFile[];
}

/** Each new image must be in one of the builds at least, each replaced one in none. */
export function checkImages(
  edited: KustomizationFile,
  changes: readonly ImageChange[],
  builds: readonly Build[],
): Problem[] {
  return changes.flatMap((change) => {
    const expected = referencesFor(change.after);
    const { name, tag, digest } = splitReference(change.after);
    // An entry that only renames keeps whatever tag the image has.
    const isBare = !tag && !digest;
    const isThere = builds.some(({ images }) =>
      images.some(({ image }) => expected.includes(image) || (isBare && splitReference(image).name === name)),
    );
    if (!isThere) return [unmatched(edited, change, builds)];
    return builds.flatMap((build) => checkRemains(edited, change, build));
  });
}

function checkRemains(edited: KustomizationFile, change: ImageChange, build: Build): Problem[] {
  if (change.before === change.after || build.by === 'unbuilt') return [];
  const replaced = referencesFor(change.before);
  const own = [...edited.images, ...(build.parts.find(({ path }) => path === build.path)?.images ?? [])];
  // An image that another entry of this Kustomization yields is no leftover.
  const meant = own.flatMap(({ reference }) => referencesFor(reference));
  const left = build.images.filter(
    ({ image, field }) => field === 'container' && replaced.includes(image) && !meant.includes(image),
  );
  if (left.length === 0) return [];
  const setter = build.parts
    .filter(({ path }) => path !== edited.path)
    .flatMap(({ path, images }) =>
      images.filter(({ reference }) => replaced.includes(reference)).map(({ line }) => `${path}:${line}`),
    )[0];
  const resources = [...new Set(left.map(({ resource }) => resource))];
  return [
    problem({
      code: 'deploy/image-unmatched',
      message: `${through(edited, build)}${change.before} should become ${change.after}, but is still in ${list(resources)}.`,
      fix:
        setter === undefined
          ? `Write the image there as ${change.name}, so that the entry applies to it, or add an entry that does.`
          : `It is set at ${setter}; remove that entry, or deploy to that Kustomization as well.`,
      ...whereOf(edited, change),
    }),
  ];
}

function unmatched(edited: KustomizationFile, change: ImageChange, builds: readonly Build[]): Problem {
  const images = builds.flatMap((build) =>
    build.images.filter(({ field }) => field === 'container').map(({ image }) => image),
  );
  const distinct = [...new Set(images)];
  return problem({
    code: 'deploy/image-unmatched',
    message: `${through(edited, builds[0])}the entry ${change.name} does not yield ${change.after}; the images are ${list(distinct) || 'none'}.`,
    fix: suggest(change, distinct, builds),
    ...whereOf(edited, change),
  });
}

function suggest({ name, after }: ImageChange, images: readonly string[], builds: readonly Build[]): string {
  const names = [...new Set(images.map((image) => splitReference(image).name))];
  for (const { path, images: entries } of builds.flatMap(({ parts }) => parts)) {
    const renamed = entries.find((entry) => entry.name === name && names.includes(entry.newName ?? ''));
    if (renamed && renamed.reference !== after)
      return `${path}:${renamed.line} already renames ${name} to ${renamed.newName}: set the entry's name to ${renamed.newName}.`;
  }
  const repository = splitReference(after).name;
  const same = images.find((image) => splitReference(image).name === repository);
  if (same !== undefined) {
    return matchesName(same, name)
      ? `Something after the entry writes ${same}: remove that entry, patch or replacement.`
      : `Set the entry's name to ${repository}, as in the manifests, or remove what writes ${same}.`;
  }
  const near = closest(lastPart(name), names.map(lastPart));
  const meant = names.find((candidate) => lastPart(candidate) === near);
  return `${meant === undefined ? '' : `Did you mean ${meant}? `}Set the entry's name to the image in the manifests, without its tag.`;
}

function whereOf(edited: KustomizationFile, { key, name, after }: ImageChange): Pick<Problem, 'place' | 'image'> {
  const named = edited.images.filter((entry) => entry.name === name);
  const entry = named.find(({ reference }) => reference === after) ?? named[0];
  return { place: { file: edited.path, line: entry?.line }, image: key };
}

function through(edited: KustomizationFile, build?: Build): string {
  return build === undefined || build.path === edited.path
    ? `${edited.path}: `
    : `${edited.path}, as part of ${build.path}: `;
}

function list(words: readonly string[]): string {
  const shown = words.slice(0, 8).join(', ');
  return words.length > 8 ? `${shown} and ${words.length - 8} more` : shown;
}
