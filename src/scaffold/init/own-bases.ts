import { parseDockerfile } from '../../inputs/dockerfile/parse.js';
import { useOf } from '../../inputs/dockerfile/use.js';
import { parseReference } from '../../plan/references.js';
import type { DraftImage } from './draft.js';
import type { Repository } from './found.js';
import { isSameImage, lastPart, mayBeOwn, type ImageMatch, type KnownImage } from './image-matches.js';

/** An image of the repository that stands on another one. */
export interface OwnBase {
  key: string;
  /** Of the one that it stands on. */
  base: string;
  /** As the Dockerfile has it: `ghcr.io/acme/base:latest`. */
  reference: string;
  /** A tag of its own is a release of the past, until somebody decides otherwise. */
  tag: 'moving' | 'fixed';
}

interface ListedImage extends DraftImage {
  known: KnownImage;
}

/** Images that others of the same repository are built on, by name: built one after the other before, side by side now. */
export function findOwnBases(listed: readonly ListedImage[], repository: Repository): OwnBase[] {
  const own = listed.filter(({ from }) => from === 'images');
  return own.flatMap((image) =>
    basesOf(image, repository).flatMap((reference): OwnBase[] => {
      const { name, tag = 'latest', digest } = parseReference(reference) ?? {};
      const base = own.find(
        ({ known, key }) => key !== image.key && name !== undefined && isNamed(known, name, repository.name),
      );
      if (base === undefined || digest !== undefined || reference in image.contexts) return [];
      return [{ key: image.key, base: base.key, reference, tag: tag === 'latest' ? 'moving' : 'fixed' }];
    }),
  );
}

/** What Dockerfiles call an image that nothing else names. */
export function namesOfBases(bases: readonly OwnBase[]): ImageMatch[] {
  return bases.map(({ base, reference }) => ({ key: base, shown: parseReference(reference)!.name }));
}

/** With the contexts by which it is built on what the same release makes. */
export function standOn<Image extends DraftImage>(image: Image, bases: readonly OwnBase[]): Image {
  const own = bases.filter(({ key }) => key === image.key);
  const moving = own.filter(({ tag }) => tag === 'moving');
  const contexts = moving.map(({ reference, base }) => [reference.replace(/:latest$/, ''), `image:${base}`]);
  return {
    ...image,
    contexts: { ...image.contexts, ...(Object.fromEntries(contexts) as Record<string, string>) },
    remarks: [
      ...image.remarks,
      ...own
        .filter(({ tag }) => tag === 'fixed')
        .map(
          ({ reference, base }) =>
            `Stands on ${reference}, as it is published. On ${base} of the same commit: contexts: { "${reference}": image:${base} }`,
        ),
    ],
  };
}

function basesOf({ dockerfile, target, args, contexts }: DraftImage, { files }: Repository): string[] {
  const parsed = parseDockerfile(files.find(({ path }) => path === dockerfile)?.text ?? '');
  if ('unreadable' in parsed) return [];
  const use = useOf(
    parsed,
    { args, contexts, platforms: ['linux/amd64'], ...(target !== undefined && { target }) },
    {},
  );
  return 'unreadable' in use ? [] : [...new Set(use.images.map(({ reference }) => reference))];
}

/** By its whole name where that is known, else by a name that can only be meant so. */
function isNamed({ key, image, words }: KnownImage, name: string, repository: string | undefined): boolean {
  if (image !== undefined) return isSameImage(image, name);
  const project = repository?.split('/').at(-1)?.toLowerCase();
  const names = [key, ...words, ...(project === undefined ? [] : [`${project}-${key}`, `${key}-${project}`])];
  return mayBeOwn(name, repository) && names.includes(lastPart(name));
}
