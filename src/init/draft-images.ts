import { posix } from 'node:path';
import { lastPart } from '../deploy/kustomization/image-reference.js';
import type { Dockerfile } from '../dockerfile/dockerfile.js';
import { argumentsOf } from '../dockerfile/instructions.js';
import { parseDockerfile } from '../dockerfile/parse.js';
import { hasHost, parseReference } from '../plan/references.js';
import { PREDEFINED, PUBLIC } from '../preflight/checks/arguments.js';
import { chooseDockerfiles, copiedPaths, isNotProduct } from './dockerfiles.js';
import type { DraftImage, Found, FoundImage, Repository } from './found.js';
import { affixOf, asKey, assignKeys, FOR_DEVELOPERS, isSameImage, VARIANT } from './image-names.js';
import { keyFromPath, mayBeOwn, type KnownImage } from './image-names.js';
import { notesOf } from './notes.js';
import { variableFor } from './workflows/builds.js';
import { bareRecipe } from './workflows/findings.js';

export type ListedImage = DraftImage & KnownImage & { remarks: string[] };

/** The images that are built today; if nothing builds, one for each Dockerfile. */
export function listImages(repository: Repository, found: Found) {
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
      words: [posix.basename(context)],
      remarks: notesOf([
        isOther && `${path} is for tests, tools or developers by its path, and there is no other Dockerfile for it.`,
        ...imageRemarks(draft, repository, 'new'),
      ]),
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
      const isOwn = affix !== undefined && !VARIANT.test(affix);
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
    return { ...draft, remarks, words };
  });
}

function withParent(path: string): string | undefined {
  const folders = path.split('/').slice(0, -1);
  const own = affixOf(path);
  const parts = own === undefined || VARIANT.test(own) ? folders.slice(-2) : [...folders.slice(-1), own];
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
    return [{ ...bareRecipe('.', 'Dockerfile'), from: 'bake', key, remarks: [], words, image, named: image }];
  });
}

/**
 * Finds the images that others of the same repository are built on, under a tag that moves.
 * @returns the keys of both, the name of the base, and how the Dockerfile writes it
 */
export function findOwnBases(listed: readonly ListedImage[], { files, name: own }: Repository) {
  const project = own?.split('/').at(-1)?.toLowerCase();
  const isNamed = ({ key, image }: ListedImage, name: string) =>
    image !== undefined
      ? isSameImage(image, name)
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

/**
 * Inputs that a Dockerfile needs and nothing provides.
 * @param of an image that a workflow builds, or a new one that nothing builds yet
 */
function imageRemarks(image: DraftImage, { files, paths }: Repository, of: 'new' | 'built'): string[] {
  const { dockerfile: path, target, args, secrets, context } = image;
  const text = files.find((file) => file.path === path)?.text ?? '';
  const dockerfile = parseDockerfile(text);
  if ('unreadable' in dockerfile) return [];
  const flags = dockerfile.stages.flatMap(({ instructions }) => instructions.flatMap((each) => each.flags));
  const mounts = flags.flatMap(({ name, value }) => (name === 'mount' ? value : []));
  const ids = mounts.flatMap((mount) =>
    /\btype=secret\b/.test(mount) ? (/(?:^|,)id=([\w.-]+)/.exec(mount)?.[1] ?? []) : [],
  );
  const lacking = [...new Set(ids)].filter((id) => !(id in secrets));
  const env = (value: (name: string) => string) => lacking.map((id) => value(id)).join(', ');
  const remarks = [
    lacking.length > 0 &&
      `${path} mounts build secrets: secrets: { ${env((id) => `${id}: { env: ${variableFor(id)} }`)} }, and env: { ${env((id) => `${variableFor(id)}: \${{ secrets.${variableFor(id)} }}`)} } at the step that releases.`,
    mounts.some((mount) => /\btype=ssh\b/.test(mount)) &&
      `${path} mounts an SSH agent, and a release passes none. Use a build secret.`,
  ];
  if (of === 'new') {
    const open = openArguments(dockerfile).filter((name) => !(name in args));
    const last = dockerfile.stages.at(-1)?.name ?? '';
    const ends = target === undefined && last !== '' ? endsOf(dockerfile, text) : [];
    const absent = copiedPaths(dockerfile)
      // A pattern that matches nothing copies nothing, but the folder that it looks into has to exist.
      .map((pattern) => pattern.replace(/(?:^|\/)[^/]*[*?[\\].*$/s, '') || '.')
      .filter((source) => {
        const whole = posix.join(context, source);
        return !['.', '.git'].includes(whole) && !paths.some((each) => each === whole || each.startsWith(`${whole}/`));
      });
    remarks.push(
      open.length > 0 &&
        `${path} declares build arguments without a value: args: { ${open.map((name) => `${name}: …`).join(', ')} }`,
      (ends.length > 1 || (target === undefined && FOR_DEVELOPERS.test(last))) &&
        `the proposal builds the last stage of ${path}, ${last}. Name another with \`target\`, or give each an image${ends.length > 0 ? `: ${ends.join(', ')}` : ''}.`,
      absent.length > 0 &&
        `${path} copies ${[...new Set(absent)].join(', ')}, which ${context === '.' ? 'the repository' : context} doesn't have in git. Make it in a stage, or in a step before the release.`,
    );
  }
  return notesOf(remarks);
}

/** Stages with names that no other stage uses, except those for developers and ways to build the same. */
function endsOf({ stages }: Dockerfile, text: string): string[] {
  const isUsed = (name: string) => new RegExp(`(?:^FROM\\s+(?:--\\S+\\s+)*|from=)${name}(?![\\w.-])`, 'im').test(text);
  const names = stages.flatMap(({ name }) => name ?? []);
  return names.filter((name) => !isUsed(name) && !FOR_DEVELOPERS.test(name) && !VARIANT.test(name));
}

/** Build arguments without default, and those of the browser's code. */
function openArguments({ globalArgs, stages, escape }: Dockerfile): string[] {
  const all = [...globalArgs, ...stages.flatMap(({ instructions }) => instructions)]
    .filter(({ keyword }) => keyword === 'ARG')
    .flatMap(({ rest }) => argumentsOf(rest, escape));
  const known = all.filter(({ value }) => value !== undefined).map(({ name }) => name);
  const open = all.map(({ name }) => name).filter((name) => PUBLIC.test(name) || !known.includes(name));
  return [...new Set(open)].filter((name) => !PREDEFINED.test(name));
}
