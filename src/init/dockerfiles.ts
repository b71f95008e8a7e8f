import { posix } from 'node:path';
import type { Dockerfile, Instruction } from '../dockerfile/dockerfile.js';
import { argumentsOf, copyWords } from '../dockerfile/instructions.js';
import { readMount } from '../dockerfile/sources.js';
import { parseDockerfile } from '../dockerfile/parse.js';
import { compileGlob } from '../dockerfile/ignore/glob.js';
import type { Repository } from './found.js';
import { affixOf, FOR_DEVELOPERS, FOR_PRODUCTION, isVariant, keyFromPath } from './image-keys.js';

/** A Dockerfile that an image is made of. */
export interface FoundDockerfile {
  path: string;
  context: string;
  /** Among tools if there is none among the products. */
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
  /(?:^|\/)(?:testdata|__tests__|tests?|e2e|playwright|cypress|integration-tests?|fixtures?|examples?|samples?|demos?|templates?|docs?|benchmarks?|hack|tools?|scripts?|\.(?!(?:docker(?:files?)?|build|deploy)\/)[^/]+)\/|(?:^|\/)\.[^/]*dockerfile$/i;

/** Whether a file is among tests, examples or tools. */
export function isBesideProduct(path: string): boolean {
  return FOREIGN.test(path) || BESIDE_THE_PRODUCT.test(path);
}

export function isDockerfile(path: string): boolean {
  return DOCKERFILE.test(posix.basename(path)) && !FOREIGN.test(path);
}

/** The folders that a folder is in, the nearest first, the root last. */
function foldersAbove(folder: string): string[] {
  return folder === '.' ? [] : [posix.dirname(folder), ...foldersAbove(posix.dirname(folder))];
}

/** All folders that hold these files, at any depth, except the root. */
export function foldersOf(paths: readonly string[]): string[] {
  return [...new Set(paths.flatMap((path) => foldersAbove(path)))].filter((folder) => folder !== '.');
}

/** The Dockerfiles that images are made of, and the others. */
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
    .map((path) => ({ path, reason: 'it is among tests, examples or tools' }));
  const isForUse = (path: string) => !FOR_DEVELOPERS.test(affixOf(path) ?? '');
  const chosen = candidates.filter((path) => {
    const target = repository.links?.[path];
    const rival = rivalOf(path, candidates);
    const reason =
      target !== undefined && candidates.includes(target)
        ? `it is a link to ${target}`
        : rival !== undefined
          ? `the proposal has ${rival}`
          : !isForUse(path) && candidates.some(isForUse)
            ? 'its name says that it is for developers or tests'
            : undefined;
    if (reason !== undefined) passed.push({ path, reason });
    return reason === undefined;
  });
  return { chosen: chosen.map((path) => ({ path, context: contextOf(path, repository), lies })), passed };
}

/** Of several ways to build the same thing, the one for production. */
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
 * those above, and one with the name of the image.
 */
function contextOf(path: string, { paths, files }: Repository): string {
  const dockerfile = parseDockerfile(files.find((file) => file.path === path)?.text ?? '');
  const sources = 'unreadable' in dockerfile ? [] : copiedPaths(dockerfile);
  const needs = 'unreadable' in dockerfile || !sources.includes('.') ? [] : neededPaths(dockerfile, path);
  const own = posix.dirname(path);
  const above = foldersAbove(own);
  const key = keyFromPath(path);
  const namesake = foldersOf(paths).filter((folder) => key !== undefined && posix.basename(folder) === key);
  const isThere = (at: string) => paths.some((each) => each === at || each.startsWith(`${at}/`));
  const candidates = [...new Set([own, ...above, ...namesake])];
  const scores = candidates.map((folder) => {
    const met =
      folder !== own && !above.includes(folder)
        ? []
        : needs.filter((need) => isThere(posix.join(folder, need)));
    return scoreOf(folder, path, sources, paths) + met.length;
  });
  return candidates[scores.indexOf(Math.max(...scores))]!;
}

/** Files at the root of a workspace that these commands work on. */
const WORKED_ON: readonly (readonly [RegExp, string])[] = [
  [/\bturbo\b(?:@\S+)?\s+prune\b/, 'turbo.json'],
  [/\bnx\s+(?:run|run-many|build|affected)\b/, 'nx.json'],
  [/\bpnpm\b[^&|;]*\s(?:--filter|-F|-r|--recursive|deploy)\b/, 'pnpm-workspace.yaml'],
  [/\bpnpm\s+(?:i|install)\b[^&|;]*--frozen-lockfile/, 'pnpm-lock.yaml'],
  [/\bnpm\s+ci\b/, 'package-lock.json'],
  [/\bbun\s+(?:i|install)\b[^&|;]*--frozen-lockfile/, 'bun.lock'],
  [/\bbun\s+(?:i|install)\b[^&|;]*--frozen-lockfile/, 'bun.lockb'],
  [/\buv\s+sync\b/, 'uv.lock'],
  [/\bpoetry\s+install\b/, 'pyproject.toml'],
  [/\bcomposer\s+install\b/, 'composer.json'],
  [/\bbundle\s+install\b/, 'Gemfile'],
  [/\byarn\b[^&|;]*--(?:frozen-lockfile|immutable)\b/, 'yarn.lock'],
  [/\bgo\s+(?:build|install)\s/, 'go.mod'],
  [/\bcargo\s+build\b/, 'Cargo.toml'],
  [/\bmvnw?\s/, 'pom.xml'],
  [/\.\/gradlew\b/, 'gradlew'],
  [/\bgradlew?\b[^&|;]*\s:[\w-]+:/, 'settings.gradle'],
  [/\bgradlew?\b[^&|;]*\s:[\w-]+:/, 'settings.gradle.kts'],
];

/** Files that a Dockerfile that copies everything needs, and its own folder if a command names it from above. */
function neededPaths({ stages }: Dockerfile, path: string): string[] {
  const all = stages.flatMap(({ instructions }) => instructions);
  const commands = all.filter(({ keyword }) => keyword === 'RUN').map(({ rest }) => rest);
  const own = posix.dirname(path);
  const isNamed =
    own.includes('/') &&
    all.some(
      ({ rest, keyword }) =>
        keyword !== 'LABEL' && rest.split(/[\s"',=:]+/).some((word) => `/${word}/`.includes(`/${own}/`)),
    );
  return [
    ...WORKED_ON.flatMap(([pattern, needs]) => (commands.some((text) => pattern.test(text)) ? needs : [])),
    ...(isNamed ? [own] : []),
  ];
}

/** How many of the sources exist; `.` counts if more than Dockerfiles are in the folder. */
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
      (path) =>
        path.startsWith(`${source}/`) || [path, ...foldersAbove(path)].some((part) => pattern?.test(part)),
    );
  });
  return sources.length === 0 ? (own ? 1 : 0) : present.length / sources.length;
}

/** Paths that COPY, ADD and mounts take from the context, as far as they are written out. */
function copiedPaths(dockerfile: Dockerfile): string[] {
  const sources = dockerfile.stages.flatMap(({ instructions }) => instructions.flatMap(sourcesOf));
  const local = sources.filter((source) => !/[$]|^<<|^[a-z][a-z0-9+.-]*:|^git@/i.test(source));
  // A context has nothing above it: BuildKit takes `../x` for `x`.
  return [...new Set(local.map((source) => posix.join('/', source).replace(/^\/+|\/+$/g, '') || '.'))];
}

function sourcesOf({ keyword, flags, rest }: Instruction): string[] {
  if (['COPY', 'ADD'].includes(keyword))
    return flags.some(({ name }) => name === 'from') ? [] : copyWords(rest).slice(0, -1);
  if (keyword !== 'RUN') return [];
  return flags.flatMap(({ name, value }) => {
    const mount = name === 'mount' ? readMount(value) : undefined;
    if (mount === undefined || 'refused' in mount) return [];
    return mount.type === 'bind' && mount.from === undefined ? [mount.source ?? '.'] : [];
  });
}

/** Bundlers write these into the code of the browser: a default is seldom right. */
const PUBLIC = /^(?:NEXT_PUBLIC|VITE|REACT_APP|GATSBY|EXPO_PUBLIC)_\w+$/;
/** https://docs.docker.com/reference/dockerfile/#predefined-args and those that BuildKit fills in. */
const PREDEFINED =
  /^(?:(?:https?|ftp|no|all)_proxy|SOURCE_DATE_EPOCH|BUILDKIT_.*|BUILDPLATFORM|TARGET(?:PLATFORM|OS|ARCH|VARIANT|STAGE)|BUILD(?:OS|ARCH|VARIANT))$/i;

/** Build arguments that somebody has to give a value: those without default, and those of the browser's code. */
export function openArguments({ globalArgs, stages, escape }: Dockerfile): string[] {
  const declared = (instructions: Dockerfile['globalArgs']) =>
    instructions.filter(({ keyword }) => keyword === 'ARG').flatMap(({ rest }) => argumentsOf(rest, escape));
  const global = declared(globalArgs);
  const settled = new Set(global.filter(({ value }) => value !== undefined).map(({ name }) => name));
  const open = [...global, ...stages.flatMap(({ instructions }) => declared(instructions))].filter(
    ({ name, value }) => PUBLIC.test(name) || (value === undefined && !settled.has(name)),
  );
  return [...new Set(open.map(({ name }) => name))].filter((name) => !PREDEFINED.test(name));
}
