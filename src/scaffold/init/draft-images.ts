import { posix } from 'node:path';
import { parseDocument } from 'yaml';
import type { DraftImage } from './draft.js';
import { chooseDockerfiles, openArguments, type PassedDockerfile } from './dockerfiles.js';
import type { Found, FoundBake, FoundImage, Repository } from './found.js';
import { affixOf, asKey, assignKeys, isVariant, keyFromPath } from './image-keys.js';
import { lastPart, type KnownImage } from './image-matches.js';
import { bareRecipe } from './recipe.js';

/** The images of a repository before they have names. */
export interface ListedImages {
  images: (DraftImage & { known: KnownImage })[];
  passed: PassedDockerfile[];
}

/** What is built today; where nothing builds, whatever there is a Dockerfile for. */
export function listImages(repository: Repository, found: Found): ListedImages {
  const baked = found.bakes.flatMap((bake) => bakedImages(repository, bake));
  if (found.images.length > 0 || found.bakes.length > 0) {
    const built = found.images.map(({ dockerfile }) => dockerfile);
    const { chosen } = chooseDockerfiles(repository);
    const passed = chosen
      .filter(({ path }) => found.bakes.length === 0 && !built.includes(path))
      .map(({ path }) => ({ path, reason: 'nothing builds it today' }));
    return { images: [...builtImages(repository, found.images), ...baked], passed };
  }
  const { chosen, passed } = chooseDockerfiles(repository);
  const keys = assignKeys(
    chosen.map(({ path }) => [keyFromPath(path), withParent(path), repositoryName(repository)]),
  );
  const images = chosen.map(({ path, context }, index) =>
    imageOf(repository, { ...NEW, ...bareRecipe(context, path), key: keys[index]! }, undefined, [
      posix.basename(context),
    ]),
  );
  return { images, passed };
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
  { files }: Repository,
  draft: DraftImage,
  image: string | undefined,
  words: readonly string[],
): ListedImages['images'][number] {
  const text = files.find(({ path }) => path === draft.dockerfile)?.text ?? '';
  const open = openArguments(text).filter((name) => !(name in draft.args));
  const remarks =
    open.length === 0
      ? []
      : [
          `${draft.dockerfile} asks for build arguments: args: { ${open.map((name) => `${name}: …`).join(', ')} }`,
        ];
  const known = { key: draft.key, ...(image !== undefined && { image }), words: words.filter(Boolean) };
  return { ...draft, remarks: [...draft.remarks, ...remarks], known };
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

/** Targets of a bake file and services of a compose file, as far as their names can be read without buildx. */
function bakedImages(repository: Repository, bake: FoundBake): ListedImages['images'] {
  const targets = bake.files.flatMap((path) => {
    const text = repository.files.find((file) => file.path === path)?.text ?? '';
    if (/\.ya?ml$/.test(path)) return composeServices(text);
    if (path.endsWith('.json')) return jsonTargets(text);
    return [...text.matchAll(/^\s*target\s+"([^"]+)"\s*\{/gm)].map(([, key = '']) => ({ key }));
  });
  const asked = targets.filter(({ key }) => bake.targets.length === 0 || bake.targets.includes(key));
  return (asked.length > 0 ? asked : targets).flatMap(
    ({ key: written, image }: { key: string; image?: string }) => {
      const key = asKey(written);
      if (key === undefined) return [];
      const known = {
        key,
        ...(image !== undefined && { image }),
        words: image === undefined ? [] : [lastPart(image)],
      };
      return { ...bareRecipe('.', 'Dockerfile'), from: 'bake' as const, key, remarks: [], known };
    },
  );
}

function composeServices(text: string): { key: string; image?: string }[] {
  const root = parseDocument(text, { logLevel: 'silent', merge: true }).toJS() as unknown;
  const services = (root as { services?: Record<string, { build?: unknown; image?: unknown } | null> } | null)
    ?.services;
  return Object.entries(services ?? {}).flatMap(([key, service]) => {
    if (service?.build === undefined || service.build === null) return [];
    const image = typeof service.image === 'string' ? withoutTag(service.image) : undefined;
    return { key, ...(image !== undefined && !image.includes('$') && { image }) };
  });
}

function jsonTargets(text: string): { key: string }[] {
  try {
    const { target = {} } = JSON.parse(text) as { target?: Record<string, unknown> };
    return Object.keys(target).map((key) => ({ key }));
  } catch {
    return [];
  }
}

function withoutTag(reference: string): string {
  return reference.replace(/@.*$/s, '').replace(/:[^/]*$/, '');
}
