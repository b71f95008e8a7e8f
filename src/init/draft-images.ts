import { posix } from 'node:path';
import { parseDockerfile } from '../dockerfile/parse.js';
import { useOf } from '../dockerfile/use.js';
import { hasHost, parseReference } from '../plan/references.js';
import { chooseDockerfiles, type PassedDockerfile } from './dockerfiles.js';
import type { DraftImage } from './draft.js';
import type { Found, FoundImage, Repository } from './found.js';
import { affixOf, asKey, assignKeys, FOR_DEVELOPERS, isVariant, keyFromPath } from './image-keys.js';
import { isSameImage, lastPart, mayBeOwn, type ImageMatch, type KnownImage } from './image-matches.js';
import { imageRemarks } from './image-remarks.js';
import { releasedStages } from './stages.js';
import { bareRecipe } from './workflows/findings.js';

/** An image before it has a name. */
export type ListedImage = DraftImage & { known: KnownImage };

/** The images that are built today; if nothing builds, one for each Dockerfile. */
export function listImages(
  repository: Repository,
  found: Found,
): { images: ListedImage[]; passed: PassedDockerfile[] } {
  const { chosen, passed } = chooseDockerfiles(repository);
  if (found.images.length + found.bakes.length === 0) {
    const isUnread = found.left.some((each) => each.isUnread);
    const images = newImages(repository, chosen, isUnread);
    if (isUnread) images[0]?.remarks.unshift(UNREAD);
    return { images, passed };
  }
  const built = found.images.map(({ dockerfile }) => dockerfile);
  const unbuilt = chosen.filter(({ path }) => found.bakes.length === 0 && !built.includes(path));
  return {
    images: [...builtImages(repository, found.images), ...bakedImages(found)],
    passed: unbuilt.map(({ path }) => ({ path, reason: 'no build of it was recognised' })),
  };
}

const UNREAD =
  'image-release did not read what builds these images: remove those that are not released, and correct names and tags.';

/** An image for each Dockerfile, or for each of its stages that is one. */
function newImages(
  repository: Repository,
  chosen: ReturnType<typeof chooseDockerfiles>['chosen'],
  isUnread: boolean,
): ListedImage[] {
  const name = repositoryName(repository);
  const all = chosen.flatMap((each) => {
    const text = repository.files.find((file) => file.path === each.path)?.text ?? '';
    const ends = releasedStages(text);
    const stages = isUnread && ends.length > 1 ? [] : ends;
    const several = stages.length > 1;
    return (stages.length > 0 ? stages : [undefined]).map((target) => ({ ...each, target, several }));
  });
  const keys = assignKeys(
    all.map(({ path, target, several }) =>
      several
        ? [target, `${keyFromPath(path) ?? name}-${target}`]
        : [keyFromPath(path) ?? name, withParent(path), name, posix.basename(posix.dirname(path))],
    ),
  );
  return all.map(({ path, context, lies, target, several }, index) => {
    const draft: DraftImage = {
      ...{ ...bareRecipe(context, path), key: keys[index]!, from: 'images' },
      ...(target !== undefined && { target }),
      remarks: [
        ...(lies === 'among tools'
          ? [`${path} is among tests, examples or tools, and there is no other Dockerfile.`]
          : []),
        ...(FOR_DEVELOPERS.test(affixOf(path) ?? '')
          ? [`${path} is for developers or tests by its name, and there is no other Dockerfile for this.`]
          : []),
        ...(several && all[index - 1]?.path !== path
          ? [`${path} ends in several stages: each is an image.`]
          : []),
      ],
    };
    draft.remarks.push(...imageRemarks(draft, repository, 'new'));
    const words = [several ? `${name}-${target}` : posix.basename(context)];
    return { ...draft, known: { key: draft.key, words } };
  });
}

/** Steps have names of what they do. */
const ACTIVITY =
  /^(?:build|push|docker|image|images|release|publish|deploy|ci|meta|bake|all|main)(?:$|[-_])/i;

function builtImages(repository: Repository, found: readonly FoundImage[]): ListedImage[] {
  const keys = assignKeys(
    found.map(({ key, image, context, dockerfile, target }) => {
      const affix = affixOf(dockerfile);
      const named = key !== undefined && !ACTIVITY.test(key) ? key : undefined;
      const isOwn = affix !== undefined && !isVariant(affix);
      const folder = isOwn ? affix : keyFromPath(posix.join(context, 'Dockerfile'));
      const last = image === undefined ? undefined : lastPart(image);
      const name = repositoryName(repository);
      return [
        named ?? keyFromPath(dockerfile) ?? folder ?? last ?? name,
        last,
        target === undefined ? undefined : `${folder ?? name}-${target}`,
      ];
    }),
  );
  return found.map((image, index) => {
    const { context, dockerfile, target, args, secrets, platforms, contexts, labels, annotations } = image;
    const key = keys[index]!;
    const draft: DraftImage = {
      ...{ context, dockerfile, args, secrets, platforms, contexts, labels, annotations },
      ...{ key, from: 'images', remarks: [], noCache: image.noCache },
      ...(target !== undefined && { target }),
    };
    const words = [image.key ?? '', lastPart(image.image ?? '')].filter(Boolean);
    return {
      ...draft,
      remarks: imageRemarks(draft, repository, 'built'),
      known: { key, words, ...(image.image !== undefined && { image: image.image }) },
    };
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

/** Targets of a bake file and services of a compose file. */
function bakedImages({ bakes }: Found): ListedImage[] {
  return bakes.flatMap(({ released }) =>
    released.flatMap(({ name, image: written }): ListedImage[] => {
      const key = asKey(name);
      if (key === undefined) return [];
      const isHub = written?.includes('/') === true && !hasHost(written);
      const image = isHub ? `docker.io/${written}` : written;
      const known = {
        key,
        words: image === undefined ? [] : [lastPart(image)],
        ...(image !== undefined && { image }),
      };
      return [
        {
          ...bareRecipe('.', 'Dockerfile'),
          from: 'bake',
          key,
          remarks: [],
          known,
          ...(image !== undefined && { named: image }),
        },
      ];
    }),
  );
}

/** An image of the repository that is built on another one. */
export interface OwnBase {
  key: string;
  base: string;
  /** As the Dockerfile has it: `ghcr.io/acme/base:latest`. */
  reference: string;
}

/** Images that others of the same repository are built on: one after the other before, at the same time now. */
export function findOwnBases(listed: readonly ListedImage[], { files, name: own }: Repository): OwnBase[] {
  const project = own?.split('/').at(-1)?.toLowerCase();
  return listed.flatMap((image) => {
    const parsed = parseDockerfile(files.find(({ path }) => path === image.dockerfile)?.text ?? '');
    if (image.from === 'bake' || 'unreadable' in parsed) return [];
    const { args, contexts, target } = image;
    const use = useOf(
      parsed,
      { args, contexts, platforms: ['linux/amd64'], ...(target !== undefined && { target }) },
      {},
    );
    const references = 'unreadable' in use ? [] : use.images.map(({ reference }) => reference);
    return [...new Set(references)].flatMap((reference): OwnBase[] => {
      const { name, digest } = parseReference(reference) ?? {};
      const isNamed = ({ key, known }: ListedImage) =>
        known.image !== undefined
          ? isSameImage(known.image, name!)
          : mayBeOwn(name!, own) &&
            [key, ...known.words, `${project}-${key}`, `${key}-${project}`].includes(lastPart(name!));
      const base = listed.find((each) => each.key !== image.key && name !== undefined && isNamed(each));
      if (base === undefined || digest !== undefined || reference in contexts) return [];
      return [{ key: image.key, base: base.key, reference }];
    });
  });
}

/** The names that Dockerfiles give to images that nothing else names. */
export function namesOfBases(bases: readonly OwnBase[]): ImageMatch[] {
  return bases.map(({ base, reference }) => ({ key: base, shown: parseReference(reference)!.name }));
}

/** With the contexts by which it is built on images of the same release; a tag stays a release of the past. */
export function onOwnBases<Image extends DraftImage>(image: Image, bases: readonly OwnBase[]): Image {
  const own = bases.filter(({ key }) => key === image.key);
  const isMoving = ({ reference }: OwnBase) => ['latest', undefined].includes(parseReference(reference)?.tag);
  const contexts = own
    .filter(isMoving)
    .map(({ reference, base }) => [reference.replace(/:latest$/, ''), `image:${base}`]);
  const fixed = own.filter((each) => !isMoving(each));
  return {
    ...image,
    contexts: { ...image.contexts, ...(Object.fromEntries(contexts) as Record<string, string>) },
    remarks: [
      ...image.remarks,
      ...fixed.map(
        ({ reference, base }) =>
          `Built on ${reference}, as it is published. On ${base} of the same commit: contexts: { "${reference}": image:${base} }`,
      ),
    ],
  };
}
