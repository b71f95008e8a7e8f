import { posix } from 'node:path';
import type { Dockerfile } from '../dockerfile/dockerfile.js';
import { compileGlob } from '../dockerfile/ignore/pattern.js';
import { parseDockerfile } from '../dockerfile/parse.js';
import { copiedBy } from '../preflight/node/projects.js';
import type { Repository } from './found.js';
import { affixOf, FOR_DEVELOPERS, FOR_PRODUCTION, VARIANT } from './image-names.js';

export interface PassedDockerfile {
  path: string;
  reason: string;
}

const DOCKERFILE =
  /^(?:.+\.)?(?:dockerfile|containerfile)(?:\.(?!(?:dockerignore|md|txt|j2|tmpl|tpl|template|bak|orig|erb|swp)$)[^.]+)?$/i;
const FOREIGN = /(?:^|\/)(?:node_modules|vendor|third_party)\//;
const NOT_PRODUCT =
  /(?:^|\/)(?:testdata|__tests__|tests?|e2e|playwright|cypress|integration-tests?|fixtures?|examples?|samples?|demos?|templates?|docs?|benchmarks?|hack|tools?|scripts?|\.(?!(?:docker(?:files?)?|build|deploy)\/)[^/]+)\/|(?:^|\/)\.[^/]*dockerfile$/i;

export function isNotProduct(path: string): boolean {
  return FOREIGN.test(path) || NOT_PRODUCT.test(path);
}

export function isDockerfile(path: string): boolean {
  return DOCKERFILE.test(posix.basename(path)) && !FOREIGN.test(path);
}

/** The folders that a folder is in, the nearest first, the root last. */
function foldersAbove(folder: string): string[] {
  return folder === '.' ? [] : [posix.dirname(folder), ...foldersAbove(posix.dirname(folder))];
}

export function chooseDockerfiles(repository: Repository) {
  const all = repository.paths.filter(isDockerfile);
  const readable = all.filter((path) => repository.files.some((file) => file.path === path));
  const product = readable.filter((path) => !NOT_PRODUCT.test(path));
  const candidates = product.length > 0 ? product : readable;
  const isForUse = (path: string) => !FOR_DEVELOPERS.test(affixOf(path) ?? '');
  const reasonOf = (path: string): string | undefined => {
    if (!readable.includes(path)) return 'it is a link, or no text';
    if (!candidates.includes(path)) return 'it is among tests, examples or tools';
    const rival = rivalOf(path, candidates);
    if (rival !== undefined) return `the proposal has ${rival}`;
    const isSpare = !isForUse(path) && candidates.some(isForUse);
    return isSpare ? 'its name says that it is for developers or tests' : undefined;
  };
  const judged = all.map((path) => ({ path, reason: reasonOf(path) }));
  const chosen = judged.filter(({ reason }) => reason === undefined);
  return {
    chosen: chosen.map(({ path }) => ({ path, context: contextOf(path, repository) })),
    passed: judged.flatMap(({ path, reason }): PassedDockerfile[] => (reason === undefined ? [] : [{ path, reason }])),
  };
}

/** Of several Dockerfiles for the same thing in a folder, the one for production, else the plain one. */
function rivalOf(path: string, candidates: readonly string[]): string | undefined {
  const isOfThing = (each: string) => {
    const affix = affixOf(each);
    return posix.dirname(each) === posix.dirname(path) && (affix === undefined || VARIANT.test(affix));
  };
  if (!isOfThing(path)) return undefined;
  const siblings = candidates.filter(isOfThing);
  const best =
    siblings.find((each) => FOR_PRODUCTION.test(affixOf(each) ?? '')) ??
    siblings.find((each) => affixOf(each) === undefined);
  return best === path ? undefined : best;
}

/** The folder that a Dockerfile is built in: of its folder and those above, the nearest that has what it copies and needs. */
function contextOf(path: string, { paths, files }: Repository): string {
  const dockerfile = parseDockerfile(files.find((file) => file.path === path)?.text ?? '');
  const own = posix.dirname(path);
  if ('unreadable' in dockerfile) return own;
  const sources = copiedPaths(dockerfile);
  const needs = sources.includes('.') ? neededPaths(dockerfile, own) : [];
  const candidates = [own, ...foldersAbove(own)];
  const scores = candidates.map(
    (folder) => [...sources, ...needs].filter((source) => holds(folder, source, paths)).length,
  );
  return candidates[scores.indexOf(Math.max(...scores))]!;
}

/** Whether a folder has a path or a match of a pattern; `.` is there if it has more than Dockerfiles. */
function holds(folder: string, source: string, paths: readonly string[]): boolean {
  const whole = posix.join(folder, source);
  const inside = paths.filter((path) => whole === '.' || path.startsWith(`${whole}/`));
  if (source === '.')
    return inside.some((path) => !isDockerfile(path) && !/(?:^|[./])(?:dockerignore|gitkeep)$/.test(path));
  if (inside.length > 0 || paths.includes(whole)) return true;
  const pattern = /[*?[\\]/.test(source) ? compileGlob(whole) : undefined;
  return paths.some((path) => [path, ...foldersAbove(path)].some((part) => pattern?.test(part)));
}

/** Files at the root of a workspace that these commands work on. */
const NEEDED_BY: readonly (readonly [RegExp, ...string[]])[] = [
  [/\bturbo\b(?:@\S+)?\s+prune\b/, 'turbo.json'],
  [/\bnx\s+(?:run|run-many|build|affected)\b/, 'nx.json'],
  [/\bpnpm\b[^&|;]*\s(?:--filter|-F|-r|--recursive|deploy)\b/, 'pnpm-workspace.yaml'],
  [/\bpnpm\s+(?:i|install)\b[^&|;]*--frozen-lockfile/, 'pnpm-lock.yaml'],
  [/\bnpm\s+ci\b/, 'package-lock.json'],
  [/\bbun\s+(?:i|install)\b[^&|;]*--frozen-lockfile/, 'bun.lock', 'bun.lockb'],
  [/\byarn\b[^&|;]*--(?:frozen-lockfile|immutable)\b/, 'yarn.lock'],
  [/\buv\s+sync\b/, 'uv.lock'],
  [/\bpoetry\s+install\b/, 'pyproject.toml'],
  [/\bcomposer\s+install\b/, 'composer.json'],
  [/\bbundle\s+install\b/, 'Gemfile'],
  [/\bgo\s+(?:build|install)\s/, 'go.mod'],
  [/\bcargo\s+build\b/, 'Cargo.toml'],
  [/\bmvnw?\s/, 'pom.xml'],
  [/\bgradlew?\b[^&|;]*\s:[\w-]+:/, 'settings.gradle', 'settings.gradle.kts'],
];

/** The needs of a Dockerfile that copies everything: files of a workspace, and its folder if it is named from above. */
function neededPaths({ stages }: Dockerfile, own: string): string[] {
  const all = stages.flatMap(({ instructions }) => instructions);
  const commands = all.filter(({ keyword }) => keyword === 'RUN').map(({ rest }) => rest);
  const isNamed = all.some(
    ({ rest, keyword }) =>
      keyword !== 'LABEL' && rest.split(/[\s"',=:]+/).some((word) => `/${word}/`.includes(`/${own}/`)),
  );
  return [
    ...NEEDED_BY.flatMap(([pattern, ...needs]) => (commands.some((text) => pattern.test(text)) ? needs : [])),
    ...(own.includes('/') && isNamed ? [own] : []),
  ];
}

/** Paths that COPY, ADD and mounts take from the context, as far as they are written out. */
export function copiedPaths({ stages }: Dockerfile): string[] {
  const copied = stages.flatMap(({ instructions }) => instructions.flatMap((each) => copiedBy(each).sources));
  return [...new Set(copied.map(({ pattern }) => pattern))];
}
