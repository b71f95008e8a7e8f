import { posix } from 'node:path';
import { hasHost } from '../../plan/references.js';
import type { DraftImage } from './draft.js';
import { chooseDockerfiles, type FoundDockerfile, type PassedDockerfile } from './dockerfiles.js';
import type { Found, FoundBake, FoundImage, Repository } from './found.js';
import { affixOf, asKey, assignKeys, FOR_DEVELOPERS, isVariant, keyFromPath } from './image-keys.js';
import { lastPart, type KnownImage } from './image-matches.js';
import { absentRemarks, imageRemarks } from './image-remarks.js';
import { bareRecipe } from './recipe.js';
import { releasedStages } from './stages.js';

/** The images of a repository before they have names. */
export interface ListedImages {
  images: (DraftImage & { known: KnownImage })[];
  passed: PassedDockerfile[];
}

/** What is built today; where nothing builds, whatever there is a Dockerfile for. */
export function listImages(repository: Repository, found: Found): ListedImages {
  const baked = found.bakes.flatMap(bakedImages);
  if (found.images.length > 0 || found.bakes.length > 0) {
    const built = found.images.map(({ dockerfile }) => dockerfile);
    const { chosen } = chooseDockerfiles(repository);
    const passed = chosen
      .filter(({ path }) => found.bakes.length === 0 && !built.includes(path))
      .map(({ path }) => ({ path, reason: 'no build of it was recognised' }));
    return { images: [...builtImages(repository, found.images), ...baked], passed };
  }
  const { chosen, passed } = chooseDockerfiles(repository);
  return { images: newImages(repository, chosen), passed };
}

/** An image for each Dockerfile, or for each of its stages that is one. */
function newImages(repository: Repository, chosen: readonly FoundDockerfile[]): ListedImages['images'] {
  const name = repositoryName(repository);
  const all = chosen.flatMap(({ path, context, lies }) => {
    const stages = releasedStages(repository.files.find((file) => file.path === path)?.text ?? '');
    const several = stages.length > 1;
    return (stages.length > 0 ? stages : [undefined]).map((target) => ({
      ...{ path, context, lies, target, several },
    }));
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
      ...NEW,
      ...bareRecipe(context, path),
      key: keys[index]!,
      ...(target !== undefined && { target }),
      remarks: [
        ...(lies === 'among tools'
          ? [`${path} lies among tests, examples or tools, and there is no other Dockerfile.`]
          : []),
        ...(FOR_DEVELOPERS.test(affixOf(path) ?? '')
          ? [`${path} is for developers or tests by its name, and there is no other Dockerfile for this.`]
          : []),
        ...(several && all[index - 1]?.path !== path
          ? [`${path} ends in several stages: each is an image.`]
          : []),
      ],
    };
    draft.remarks.push(...absentRemarks(draft, repository));
    return imageOf(repository, draft, undefined, [several ? `${name}-${target}` : posix.basename(context)]);
  });
}

const NEW = { from: 'images', remarks: [] } satisfies Partial<DraftImage>;

function builtImages(repository: Repository, found: readonly FoundImage[]): ListedImages['images'] {
  const keys = assignKeys(found.map((image) => keyWishes(image, repository)));
  return found.map((image, index) => {
    const { context, dockerfile, target, args, secrets, platforms, contexts, labels, annotations, noCache } =
      image;
    const draft: DraftImage = {
      ...NEW,
      ...{ context, dockerfile, args, secrets, platforms, contexts, labels, annotations, noCache },
      key: keys[index]!,
      ...(target !== undefined && { target }),
    };
    return imageOf(repository, draft, image.image, [image.key ?? '', lastPart(image.image ?? '')]);
  });
}

/** Steps are called after what they do, services after what they are. */
const ACTIVITY =
  /^(?:build|push|docker|image|images|release|publish|deploy|ci|meta|bake|all|main)(?:$|[-_])/i;

function keyWishes({ key, image, context, dockerfile, target }: FoundImage, repository: Repository) {
  const affix = affixOf(dockerfile);
  const named = key !== undefined && !ACTIVITY.test(key) ? key : undefined;
  const folder =
    affix !== undefined && !isVariant(affix) ? affix : keyFromPath(posix.join(context, 'Dockerfile'));
  const last = image === undefined ? undefined : lastPart(image);
  return [
    named ?? keyFromPath(dockerfile) ?? folder ?? last ?? repositoryName(repository),
    last,
    target === undefined ? undefined : `${folder ?? repositoryName(repository)}-${target}`,
  ];
}

function imageOf(
  repository: Repository,
  draft: DraftImage,
  image: string | undefined,
  words: readonly string[],
): ListedImages['images'][number] {
  const known = { key: draft.key, ...(image !== undefined && { image }), words: words.filter(Boolean) };
  return { ...draft, remarks: [...draft.remarks, ...imageRemarks(draft, repository)], known };
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

/** Targets of a bake file and services of a compose file; what stands over them under `images` comes with them. */
function bakedImages({ released, overlays }: FoundBake): ListedImages['images'] {
  return released.flatMap(({ name, image: written }) => {
    const key = asKey(name);
    if (key === undefined) return [];
    const image =
      written === undefined || hasHost(written) || !written.includes('/') ? written : `docker.io/${written}`;
    const known = {
      key,
      ...(image !== undefined && { image }),
      words: image === undefined ? [] : [lastPart(image)],
    };
    const overlay = overlays[name];
    return {
      ...bareRecipe('.', 'Dockerfile'),
      ...{ from: 'bake' as const, key, remarks: [], known },
      ...(image !== undefined && { named: image }),
      ...(overlay !== undefined && { overlay }),
    };
  });
}
