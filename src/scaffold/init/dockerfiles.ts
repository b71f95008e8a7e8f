import { posix } from 'node:path';
import { copyWords, argumentsOf } from '../../inputs/dockerfile/instructions.js';
import { readMount } from '../../inputs/dockerfile/mounts.js';
import { parseDockerfile } from '../../inputs/dockerfile/parse.js';
import type { Dockerfile, Instruction } from '../../inputs/dockerfile/dockerfile.js';
import { compileGlob } from '../../inputs/ignore/glob.js';
import { neededPaths } from './build-needs.js';
import { foldersAbove, foldersOf } from './folders.js';
import type { Repository } from './found.js';
import { affixOf, FOR_DEVELOPERS, FOR_PRODUCTION, isVariant, keyFromPath } from './image-keys.js';

/** A Dockerfile that an image is made of. */
export interface FoundDockerfile {
  path: string;
  context: string;
  /** Among tools where there is none among the products. */
  lies: 'among products' | 'among tools';
}

/** One that is left out, with the reason. */
export interface PassedDockerfile {
  path: string;
  reason: string;
}

const DOCKERFILE =
  /^(?:.+\.)?(?:dockerfile|containerfile)(?:\.(?!(?:dockerignore|md|txt|j2|tmpl|tpl|template|bak|orig|erb|swp)$)[^.]+)?$/i;
const FOREIGN = /(?:^|\/)(?:node_modules|vendor|third_party)\//;
const BESIDE_THE_PRODUCT =
  /(?:^|\/)(?:testdata|__tests__|tests?|e2e|fixtures?|examples?|samples?|demos?|templates?|docs?|benchmarks?|hack|tools?|scripts?|\.(?!(?:docker(?:files?)?|build|deploy)\/)[^/]+)\/|(?:^|\/)\.[^/]*dockerfile$/i;

/** Whether a file lies among tests, examples or tools. */
export function isBesideProduct(path: string): boolean {
  return FOREIGN.test(path) || BESIDE_THE_PRODUCT.test(path);
}

export function isDockerfile(path: string): boolean {
  return DOCKERFILE.test(posix.basename(path)) && !FOREIGN.test(path);
}

/** The Dockerfiles that images are made of, and those that are something else. */
export function chooseDockerfiles(repository: Repository): {
  chosen: FoundDockerfile[];
  passed: PassedDockerfile[];
} {
  const all = repository.paths.filter(isDockerfile);
  const product = all.filter((path) => !BESIDE_THE_PRODUCT.test(path));
  const candidates = product.length > 0 ? product : all;
  const lies = product.length > 0 ? 'among products' : 'among tools';
  const passed: PassedDockerfile[] = all
    .filter((path) => !candidates.includes(path))
    .map((path) => ({ path, reason: 'it lies among tests, examples or tools' }));
  const forUse = candidates.filter((path) => !FOR_DEVELOPERS.test(affixOf(path) ?? ''));
  const chosen = candidates.filter((path) => {
    const target = repository.links?.[path];
    if (target !== undefined && candidates.includes(target)) {
      passed.push({ path, reason: `it is a link to ${target}` });
      return false;
    }
    if (forUse.length > 0 && !forUse.includes(path) && rivalOf(path, candidates) === undefined) {
      passed.push({ path, reason: 'its name says that it is for developers or tests' });
      return false;
    }
    const rival = rivalOf(path, candidates);
    if (rival !== undefined) passed.push({ path, reason: `${rival} is taken for the one that is released` });
    return rival === undefined;
  });
  return { chosen: chosen.map((path) => ({ path, context: contextOf(path, repository), lies })), passed };
}

/** Of several ways to build the same thing, the one that is for production. */
function rivalOf(path: string, candidates: readonly string[]): string | undefined {
  const affix = affixOf(path);
  if (affix !== undefined && !isVariant(affix)) return undefined;
  const siblings = candidates.filter((other) => {
    const their = affixOf(other);
    const sameThing = their === undefined || isVariant(their);
    return other !== path && posix.dirname(other) === posix.dirname(path) && sameThing;
  });
  const production = siblings.find((other) => FOR_PRODUCTION.test(affixOf(other) ?? ''));
  if (production !== undefined && !FOR_PRODUCTION.test(affix ?? '')) return production;
  const plain = siblings.find((other) => affixOf(other) === undefined);
  if (plain !== undefined && affix !== undefined && !FOR_PRODUCTION.test(affix)) return plain;
  return affix !== undefined && FOR_DEVELOPERS.test(affix) ? siblings[0] : undefined;
}

/**
 * The folder that a Dockerfile is built in: the nearest one that holds what it copies. Candidates are its own folder,
 * those above, and one that is called as the image is.
 */
export function contextOf(path: string, { paths, files }: Pick<Repository, 'paths' | 'files'>): string {
  const dockerfile = parseDockerfile(files.find((file) => file.path === path)?.text ?? '');
  const sources = 'unreadable' in dockerfile ? [] : copiedPaths(dockerfile);
  // What is copied says little where it is all that there is.
  const needs = 'unreadable' in dockerfile || !sources.includes('.') ? [] : neededPaths(dockerfile, path);
  const own = posix.dirname(path);
  const above = foldersAbove(own);
  const key = keyFromPath(path);
  const namesake = foldersOf(paths).filter((folder) => key !== undefined && posix.basename(folder) === key);
  const candidates = [...new Set([own, ...above, ...namesake])];
  const scores = candidates.map((folder) => {
    const isAround = folder === own || above.includes(folder);
    const met = isAround ? needs.filter((need) => isThere(posix.join(folder, need), paths)) : [];
    return scoreOf(folder, path, sources, paths) + met.length;
  });
  return candidates[scores.indexOf(Math.max(...scores))]!;
}

function isThere(path: string, paths: readonly string[]): boolean {
  return paths.some((each) => each === path || each.startsWith(`${path}/`));
}

/** How many of the sources are there; `.` counts where more than Dockerfiles lie in the folder. */
function scoreOf(
  folder: string,
  dockerfile: string,
  sources: readonly string[],
  paths: readonly string[],
): number {
  const inside = paths.flatMap((path) => {
    if (folder === '.') return path;
    return path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : [];
  });
  const content = inside.filter(
    (path) => !isDockerfile(path) && !/(?:^|\/)\.(?:dockerignore|gitkeep)$|\.dockerignore$/.test(path),
  );
  const own = posix.dirname(dockerfile) === folder;
  // A folder of Dockerfiles alone has nothing to build.
  if (content.length === 0) return own && sources.length === 0 ? 0.5 : 0;
  const present = sources.filter((source) => {
    if (source === '.') return true;
    const pattern = compileGlob(source);
    return inside.some(
      (path) => path.startsWith(`${source}/`) || foldersAndSelf(path).some((part) => pattern?.test(part)),
    );
  });
  return sources.length === 0 ? (own ? 1 : 0) : present.length / sources.length;
}

/** Paths that COPY, ADD and mounts take from the context, as far as they are written out. */
function copiedPaths(dockerfile: Dockerfile): string[] {
  const sources = dockerfile.stages.flatMap(({ instructions }) =>
    instructions.flatMap((each) => [...sourcesOf(each), ...mountedSources(each)]),
  );
  return [
    ...new Set(
      sources
        .filter((source) => !/[$]|^<<|^[a-z][a-z0-9+.-]*:|^git@/i.test(source))
        // A context has nothing above it: BuildKit takes `../x` for `x`.
        .map((source) => posix.join('/', source).replace(/^\/+|\/+$/g, '') || '.'),
    ),
  ];
}

function sourcesOf({ keyword, flags, rest }: Instruction): string[] {
  const isOfContext = ['COPY', 'ADD'].includes(keyword) && !flags.some(({ name }) => name === 'from');
  return isOfContext ? copyWords(rest).slice(0, -1) : [];
}

function mountedSources({ keyword, flags }: Instruction): string[] {
  if (keyword !== 'RUN') return [];
  return flags.flatMap(({ name, value }) => {
    const mount = name === 'mount' ? readMount(value) : undefined;
    if (mount === undefined || 'refused' in mount) return [];
    return mount.type === 'bind' && mount.from === undefined ? [mount.source ?? '.'] : [];
  });
}

/** What bundlers write into the code of the browser: a default is seldom right. */
const PUBLIC = /^(?:NEXT_PUBLIC|VITE|REACT_APP|GATSBY|EXPO_PUBLIC)_\w+$/;
/** https://docs.docker.com/reference/dockerfile/#predefined-args and those that BuildKit fills in. */
const PREDEFINED =
  /^(?:(?:https?|ftp|no|all)_proxy|SOURCE_DATE_EPOCH|BUILDKIT_.*|BUILDPLATFORM|TARGET(?:PLATFORM|OS|ARCH|VARIANT|STAGE)|BUILD(?:OS|ARCH|VARIANT))$/i;

/** Build arguments that somebody has to give a value: those without default, and those of the browser's code. */
export function openArguments(text: string): string[] {
  const dockerfile = parseDockerfile(text);
  if ('unreadable' in dockerfile) return [];
  const global = declared(dockerfile.globalArgs, dockerfile);
  const settled = new Set(global.filter(({ value }) => value !== undefined).map(({ name }) => name));
  const stages = dockerfile.stages.flatMap(({ instructions }) => declared(instructions, dockerfile));
  const open = [...global, ...stages].filter(
    ({ name, value }) => PUBLIC.test(name) || (value === undefined && !settled.has(name)),
  );
  return [...new Set(open.map(({ name }) => name))].filter((name) => !PREDEFINED.test(name));
}

function declared(instructions: Dockerfile['globalArgs'], { escape }: Dockerfile) {
  return instructions
    .filter(({ keyword }) => keyword === 'ARG')
    .flatMap(({ rest }) => argumentsOf(rest, escape));
}

function foldersAndSelf(path: string): string[] {
  return path === '.' ? [] : [path, ...foldersAndSelf(posix.dirname(path))];
}
