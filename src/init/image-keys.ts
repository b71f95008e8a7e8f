import { posix } from 'node:path';
import { IMAGE_KEY, RESERVED_KEYS } from '../config/schema-forms.js';

/** Folders that say how or where something lies, not what it is. */
const GENERIC =
  /^(?:\.|\.?docker(?:files?)?|containers?|images?|build|ci|deploy|src|app|apps|services?|packages?|packaging|cmd|projects?|infra|ops)$/i;

const FILE_NAME = /^(?:(.+)\.)?(?:dockerfile|containerfile)(?:\.(.+))?$/i;

/** `Dockerfile.prod` is the way to build something, not something. */
const VARIANT =
  /^(?:prod|production|release|dist|dev|devel|development|local|debug|test|tests|testing|ci|e2e|alpine|debian|slim|distroless|multi|multiarch|arm|armhf|armv[67]|arm64|aarch64|amd64|x86_64|ppc64le|s390x|windows|gpu|cpu|cuda|final|new|old)$/i;

export const FOR_DEVELOPERS =
  /^(?:dev|devel|development|local|debug|ci|old|pr[-_].*|(?:.*[-_.])?(?:tests?|testing|e2e|fuzz)(?:[-_.].*)?)$/i;
export const FOR_PRODUCTION = /^(?:prod|production|release|final)$/i;

/** What stands before or behind `Dockerfile` in a file's name. */
export function affixOf(path: string): string | undefined {
  const [, before, behind] = FILE_NAME.exec(posix.basename(path)) ?? [];
  return before ?? behind;
}

export function isVariant(affix: string): boolean {
  return VARIANT.test(affix);
}

/** Folders that say how images are made: less than the name of the repository says. */
const OF_BUILDS =
  /^(?:\.|\.?docker(?:files?)?|containers?|images?|build|package|packaging|ci|deploy|infra|ops)$/i;

/**
 * What a Dockerfile's place calls its image: `Dockerfile.api` and `services/api/Dockerfile` are `api`.
 * @returns undefined where nothing tells, as of the one in the root or in `docker/`
 */
export function keyFromPath(path: string): string | undefined {
  const affix = affixOf(path);
  if (affix !== undefined && !isVariant(affix)) return asKey(affix);
  const folders = posix.dirname(path).split('/');
  const named =
    folders.findLast((folder) => !GENERIC.test(folder)) ??
    folders.findLast((folder) => !OF_BUILDS.test(folder));
  return named === undefined ? undefined : asKey(named);
}

/** The nearest key to a word; undefined where nothing of it is left. */
export function asKey(word: string): string | undefined {
  const key = word
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^[-_]+|[-_]+$/g, '');
  const valid = new RegExp(`^${IMAGE_KEY}$`).test(key) && !RESERVED_KEYS.some((word) => word === key);
  return valid ? key : undefined;
}

/** Gives each item a key of its own: its first proposal that is free, else one with a number. */
export function assignKeys(proposals: readonly (readonly (string | undefined)[])[]): string[] {
  const wishes = proposals.map((each) =>
    each.flatMap((word) => (word === undefined ? [] : (asKey(word) ?? []))),
  );
  const firsts = wishes.map(([first]) => first);
  const taken = new Set<string>();
  return wishes.map((each, index) => {
    // Of two that want the same name, neither gets it where each has another one.
    const shared = firsts.some((first, other) => other !== index && first === each[0]);
    const ordered = shared ? [...each.slice(1), ...each.slice(0, 1)] : each;
    let key = ordered.find((candidate) => !taken.has(candidate));
    for (let number = 2; key === undefined; number += 1) {
      const candidate = `${each[0] ?? 'image'}-${number}`;
      if (!taken.has(candidate)) key = candidate;
    }
    taken.add(key);
    return key;
  });
}
