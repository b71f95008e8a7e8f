import { posix } from 'node:path';
import { lastPart } from '../deploy/kustomization/image-reference.js';
import { parseDockerfile } from '../dockerfile/parse.js';
import { hasHost, parseReference } from '../plan/references.js';
import { chooseDockerfiles, isNotProduct, type PassedDockerfile } from './dockerfiles.js';
import type { DraftImage, Found, FoundImage, Repository } from './found.js';
import { isSameImage, mayBeOwn, type KnownImage } from './image-matches.js';
import { affixOf, asKey, assignKeys, FOR_DEVELOPERS, isVariant, keyFromPath } from './image-names.js';
import { imageRemarks } from './image-remarks.js';
import { notesOf } from './notes.js';
import { bareRecipe } from './workflows/findings.js';

export type ListedImage = DraftImage & { known: KnownImage; remarks: string[] };

/** The images that are built today; if nothing builds, one for each Dockerfile. */
export function listImages(
  repository: Repository,
  found: Found,
): { images: ListedImage[]; passed: PassedDockerfile[] } {
  const { chosen, passed } = chooseDockerfiles(repository);
  if (found.images.length + found.bakes.length === 0) return { images: newImages(repository, chosen), passed };
  const built = found.images.map(({ dockerfile }) => dockerfile);
  const unbuilt = chosen.filter(({ path }) => found.bakes.length === 0 && !built.includes(path));
  return {
    images: [...builtImages(repository, found.images), ...bakedImages(found)],
    passed: unbuilt.map(({ path }) => ({ path, reason: 'no build of it was recognised' })),
  };
}

function newImages(repository: Repository, chosen: ReturnType<typeof chooseDockerfiles>['chosen']): ListedImage[] {
  const name = repositoryName(repository);
  const keys = assignKeys(
    chosen.map(({ path }) => [keyFromPath(path) ?? name, withParent(path), name, posix.basename(posix.dirname(path))]),
  );
  return chosen.map(({ path, context }, index) => {
    const key = keys[index]!;
    const draft: DraftImage = { ...bareRecipe(context, path), key, from: 'images' };
    const isOther = isNotProduct(path) || FOR_DEVELOPERS.test(affixOf(path) ?? '');
    return {
      ...draft,
      known: { key, words: [posix.basename(context)] },
      remarks: [
        ...notesOf([
          isOther && `${path} is for tests, tools or developers by its path, and there is no other Dockerfile for it.`,
        ]),
        ...imageRemarks(draft, repository, 'new'),
      ],
    };
  });
}

/** Steps are often named after what they do. */
const ACTIVITY = /^(?:build|push|docker|image|images|release|publish|deploy|ci|meta|bake|all|main)(?:$|[-_])/i;

function builtImages(repository: Repository, found: readonly FoundImage[]): ListedImage[] {
  const name = repositoryName(repository);
  const keys = assignKeys(
    found.map(({ key, image, context, dockerfile, target }) => {
      const affix = affixOf(dockerfile);
      const named = key !== undefined && !ACTIVITY.test(key) ? key : undefined;
      const isOwn = affix !== undefined && !isVariant(affix);
      const folder = isOwn ? affix : keyFromPath(posix.join(context, 'Dockerfile'));
      const last = image === undefined ? undefined : lastPart(image);
      return [
        named ?? keyFromPath(dockerfile) ?? folder ?? last ?? name,
        last,
        target === undefined ? undefined : `${folder ?? name}-${target}`,
      ];
    }),
  );
  return found.map((image, index) => {
    const key = keys[index]!;
    const draft: DraftImage = { ...image, key, from: 'images' };
    const words = [image.key ?? '', lastPart(image.image ?? '')].filter(Boolean);
    const remarks = imageRemarks(draft, repository, 'built');
    return { ...draft, remarks, known: { key, words, image: image.image } };
  });
}

function withParent(path: string): string | undefined {
  const folders = posix
    .dirname(path)
    .split('/')
    .filter((folder) => folder !== '.');
  const own = affixOf(path);
  const parts = own === undefined || isVariant(own) ? folders.slice(-2) : [...folders.slice(-1), own];
  return parts.length < 2 ? undefined : asKey(parts.join('-'));
}

function repositoryName({ name, folder }: Repository): string {
  return asKey(name?.split('/')[1] ?? folder) ?? 'app';
}

function bakedImages({ bakes }: Found): ListedImage[] {
  const released = bakes.flatMap((each) => each.released);
  return released.flatMap(({ name, image: written }): ListedImage[] => {
    const key = asKey(name);
    if (key === undefined) return [];
    const isHub = written?.includes('/') === true && !hasHost(written);
    const image = isHub ? `docker.io/${written}` : written;
    const words = image === undefined ? [] : [lastPart(image)];
    const known = { key, words, image };
    return [{ ...bareRecipe('.', 'Dockerfile'), from: 'bake', key, remarks: [], known, named: image }];
  });
}

/**
 * Finds the images that others of the same repository are built on, under a tag that moves.
 * @returns the keys of both, the name of the base, and how the Dockerfile writes it
 */
export function findOwnBases(listed: readonly ListedImage[], { files, name: own }: Repository) {
  const project = own?.split('/').at(-1)?.toLowerCase();
  const isNamed = ({ key, known }: ListedImage, name: string) =>
    known.image !== undefined
      ? isSameImage(known.image, name)
      : mayBeOwn(name, own) && [key, `${project}-${key}`].includes(lastPart(name));
  return listed.flatMap((image) => {
    const parsed = parseDockerfile(files.find(({ path }) => path === image.dockerfile)?.text ?? '');
    if (image.from === 'bake' || 'unreadable' in parsed) return [];
    return [...new Set(parsed.stages.map(({ base }) => base))].flatMap((reference) => {
      const { name, digest, tag = 'latest' } = parseReference(reference) ?? {};
      if (name === undefined || digest !== undefined || tag !== 'latest' || reference in image.contexts) return [];
      const isStage = parsed.stages.some((stage) => stage.name === reference.toLowerCase());
      const base = listed.find((each) => each.key !== image.key && !isStage && isNamed(each, name));
      return base === undefined ? [] : [{ key: image.key, base: base.key, name, reference }];
    });
  });
}
