import { posix } from 'node:path';
import type { CopySource, Stage } from '../../dockerfile/dockerfile.js';
import { parseIgnore, type IgnoreRules } from '../../dockerfile/ignore/ignore.js';
import { problem, warning, type Problem } from '../../lib/errors.js';
import { forEachRecipe, type Check, type CheckedImage, type PreflightInput, type Recipe } from '../check.js';
import { installCommands, installsOf } from '../node/installs.js';
import { copiedBy, LOCKFILES, projectsIn, staleDependencies, takes, isWithin } from '../node/projects.js';
import type { NodeProject } from '../node/projects.js';
import semver from 'semver';
import type { BaseImage } from '../../dockerfile/description.js';
import type { TextFile } from '../../facts/build-files-checkout.js';
import { readLockfile } from '../node/lockfiles.js';

/** How a Dockerfile installs packages of npm, pnpm and yarn. */
export const NODE_INSTALL_CHECKS: readonly Check[] = [
  forEachRecipe(checkFallbacks),
  forEachRecipe(checkLockfile),
  forEachRecipe(checkStale),
  forEachRecipe(checkCopiedModules),
];

function checkFallbacks(recipe: Recipe, { image }: CheckedImage): Problem | undefined {
  for (const instruction of recipe.stages.flatMap(({ instructions }) => instructions)) {
    if (instruction.keyword !== 'RUN') continue;
    const commands = installCommands(recipe.sourceOf(instruction));
    const found = commands.find(({ locked, fallback }) => locked && fallback !== undefined);
    if (found)
      return warning({
        code: 'preflight/unlocked-install',
        image: image.key,
        place: recipe.place(instruction.line),
        message: `If the locked install of image ${image.key} fails, \`${found.fallback}\` replaces it, and the same commit can give another image.`,
      });
  }
  return undefined;
}

/** Undefined: what it ignores is uncertain, or the context is remote. */
function ignoreOf({ files }: CheckedImage): IgnoreRules | undefined {
  const rules = parseIgnore(files?.ignore?.text ?? '');
  return 'doubt' in rules || files?.context === 'remote' ? undefined : rules;
}

function checkLockfile(recipe: Recipe, checked: CheckedImage, { facts }: PreflightInput): Problem | undefined {
  const ignore = ignoreOf(checked);
  if (!ignore) return undefined;
  const { image, files } = checked;
  for (const stage of recipe.stages) {
    const install = firstLockedInstall(recipe, stage);
    if (!install) continue;
    const { sources, line, tool } = install;
    const arrives = (path: string) => takes(sources, path) && !ignore.ignores(path);
    const project = projectsIn(image.context, facts.checkout.node).find(({ path }) =>
      arrives(posix.join(path, 'package.json')),
    );
    const lockfiles = facts.checkout.node.filter(({ path }) => LOCKFILES.includes(posix.basename(path)));
    if (!project || lockfiles.some(({ path }) => arrives(posix.relative(image.context, path)))) continue;
    const { lockfile } = project;
    const name = lockfile && posix.basename(lockfile.path);
    const isIgnored = lockfile && ignore.ignores(posix.relative(image.context, lockfile.path));
    const [reason, fix] = !lockfile
      ? ['there is none in the checkout', `Run \`${tool} install\` and commit the lockfile.`]
      : isIgnored
        ? [`${files!.ignore!.path} excludes it`, `Remove ${name} from ${files!.ignore!.path}.`]
        : ['it is not copied before', `Copy it with package.json: \`COPY package.json ${name} ./\`.`];
    return problem({
      code: 'preflight/lockfile-not-copied',
      image: image.key,
      place: recipe.place(line),
      message: `The locked install of image ${image.key} needs ${name ?? 'a lockfile'}, and ${reason}.`,
      fix,
    });
  }
  return undefined;
}

function checkStale(recipe: Recipe, { image }: CheckedImage, { facts }: PreflightInput): Problem | undefined {
  for (const { instructions } of recipe.stages) {
    const copied = instructions.flatMap((one) => copiedBy(one).sources);
    const project = projectsIn(image.context, facts.checkout.node).find(({ path }) =>
      takes(copied, posix.join(path, 'package.json')),
    );
    const [first, ...others] = project === undefined ? [] : staleDependencies(project);
    const install = instructions
      .filter(({ keyword }) => keyword === 'RUN')
      .map((one) => ({ line: one.line, command: installCommands(recipe.sourceOf(one))[0] }))
      .find(({ command }) => command !== undefined && !command.elsewhere);
    if (first === undefined || install?.command === undefined) continue;
    const { tool, locked, fallback } = install.command;
    const name = posix.basename(project!.lockfile!.path);
    const more = others.length === 0 ? '' : `, and ${others.length} more`;
    const fails = locked && fallback === undefined;
    return {
      ...problem({
        code: 'preflight/lockfile-stale',
        image: image.key,
        place: recipe.place(install.line),
        message: `${posix.join(project!.folder, 'package.json')} asks for ${first.name} ${first.wanted}, ${name} has ${first.locked}${more}: ${fails ? 'the locked install fails' : 'the install picks another version than the lockfile has'}.`,
        fix: `Run \`${tool} install\` in ${project!.folder === '.' ? 'the repository' : project!.folder}, and commit ${name}.`,
      }),
      severity: fails ? 'error' : 'warning',
    };
  }
  return undefined;
}

/** The first install of a stage, with what was copied before; undefined: none, not locked, or something before is unknown. */
function firstLockedInstall(recipe: Recipe, stage: Stage) {
  const sources: CopySource[] = [];
  for (const instruction of recipe.instructionsOf(stage)) {
    const copied = copiedBy(instruction);
    if (copied.incomplete) return undefined;
    sources.push(...copied.sources);
    if (instruction.keyword !== 'RUN') continue;
    const commands = installCommands(recipe.sourceOf(instruction));
    const found = commands.find(({ locked }) => locked);
    if (found && !found.elsewhere && found.fallback === undefined)
      return { sources, line: instruction.line, tool: found.tool };
    // An install without lock may write a lockfile.
    if (commands.length > 0) return undefined;
  }
  return undefined;
}

function checkCopiedModules(recipe: Recipe, checked: CheckedImage, { facts }: PreflightInput): Problem | undefined {
  const ignore = ignoreOf(checked);
  if (!ignore) return undefined;
  const { image, files } = checked;
  const modules = projectsIn(image.context, facts.checkout.node)
    .map(({ path }) => posix.join(path, 'node_modules'))
    .filter((path) => !ignore.ignores(`${path}/any/package.json`));
  for (const stage of recipe.stages) {
    const [runs, others] = [true, false].map((isRun) =>
      recipe.instructionsOf(stage).filter(({ keyword }) => (keyword === 'RUN') === isRun),
    );
    if (!runs!.some((run) => installCommands(recipe.sourceOf(run)).length > 0)) continue;
    const found = others!
      .map((copy) => ({ copy, path: modules.find((path) => takes(copiedBy(copy).sources, path)) }))
      .find(({ path }) => path !== undefined);
    if (!found) continue;
    return warning({
      code: 'preflight/node-modules-copied',
      image: image.key,
      place: recipe.place(found.copy.line),
      message: `Image ${image.key} gets ${found.path} of the build machine in addition to an install: \`npm ci\` may end with ENOTEMPTY, or packages are of another platform.`,
      fix: `Add the line \`**/node_modules\` to ${files?.ignore?.path ?? posix.join(image.context, '.dockerignore')}.`,
    });
  }
  return undefined;
}

/** A package that needs a certain Node.js. */
interface Requirement {
  /** `next@16.0.0`, `api/package.json`. */
  by: string;
  node: string;
  severity: Problem['severity'];
  use: 'runtime' | 'development';
}

interface Finding {
  root: { reference: string; line: number };
  node: NodeVersion;
  unmet: Requirement[];
}

/**
 * Whether Node.js of the base image is older than the `engines` of package.json, or of the packages that
 * package-lock.json (2, 3) or pnpm-lock.yaml (6, 9) installs.
 */
export function checkEngines(recipe: Recipe, checked: CheckedImage, { facts }: PreflightInput): Problem | undefined {
  const stages = recipe.stages.flatMap((stage) => {
    const root = recipe.rootImage(stage);
    const node = root && nodeOf(root.reference, root.base);
    const installs = installsOf(recipe, stage);
    const counts = installs !== 'none' || stage === recipe.stages.at(-1);
    return root && node && counts ? [{ root, node, installs }] : [];
  });
  if (stages.length === 0) return undefined;
  const requirements = copiedProjects(checked, recipe, facts.checkout.node).flatMap(requirementsOf);
  const found = stages
    .map(({ root, node, installs }): Finding => {
      const counted = requirements.filter(({ use }) => use === 'runtime' || installs === 'development');
      return { root, node, unmet: counted.filter((required) => isOlder(node, required.node)) };
    })
    .filter(({ unmet }) => unmet.length > 0);
  const hasError = ({ unmet }: Finding) => Number(unmet.some(({ severity }) => severity === 'error'));
  const [worst] = found.toSorted((a, b) => hasError(b) - hasError(a) || a.root.line - b.root.line);
  return worst && report(checked, recipe, worst, found);
}

/** Projects whose package.json gets into a stage of the image. */
function copiedProjects({ image, files }: CheckedImage, recipe: Recipe, node: readonly TextFile[]): NodeProject[] {
  if (files?.context === 'remote') return [];
  const instructions = recipe.stages.flatMap((stage) => stage.instructions);
  const sources = instructions.flatMap((one) => copiedBy(one).sources);
  const all = projectsIn(image.context, node).filter(({ path }) => takes(sources, posix.join(path, 'package.json')));
  // The complete context includes examples and fixtures: below a project only its lockfile counts.
  return all.filter(({ folder }) => !all.some((other) => other.folder !== folder && isWithin(folder, other.folder)));
}

/**
 * `engines` of frameworks by major version, for a lockfile that still has an older one.
 * https://github.com/vercel/next.js/blob/canary/packages/next/package.json
 */
const FRAMEWORKS: Record<string, Record<number, string>> = {
  next: { 14: '>=18.17.0', 15: '^18.18.0 || ^19.8.0 || >=20.0.0', 16: '>=20.9.0' },
};

function requirementsOf(project: NodeProject): Requirement[] {
  const { folder, manifest, lockfile } = project;
  const stale = staleDependencies(project);
  const wanted = stale.flatMap(({ name, wanted: range }): Requirement[] => {
    const node = FRAMEWORKS[name]?.[semver.minVersion(range)?.major ?? 0];
    return node === undefined ? [] : [{ by: `${name}@${range}`, node, severity: 'error', use: 'runtime' }];
  });
  const own = { by: posix.join(folder, 'package.json'), severity: 'error', use: 'runtime' } as const;
  return [
    ...(manifest.node === undefined ? [] : [{ ...own, node: manifest.node }]),
    ...wanted,
    ...(lockfile ? readLockfile(lockfile) : [])
      .filter(({ name, version }) => !stale.some((other) => other.name === name && other.locked === version))
      .map(({ name, version, node, use, depth }) => ({
        ...{ by: `${name}@${version}`, node, use },
        severity: use === 'runtime' && depth === 'direct' ? ('error' as const) : ('warning' as const),
      })),
  ];
}

const SHOWN = 10;

function report({ image }: CheckedImage, recipe: Recipe, worst: Finding, all: readonly Finding[]): Problem {
  const { root, node, unmet } = worst;
  const [first, ...rest] = unmet.toSorted((a, b) => Number(b.severity === 'error') - Number(a.severity === 'error'));
  const place = recipe.place(root.line);
  const where = place.line === undefined ? place.file : `${place.file}:${place.line}`;
  const exact = 'exact' in node && !root.reference.includes(node.exact) ? ` (${node.exact})` : '';
  const lines = [...new Set(all.map((other) => other.root.line))].filter((line) => line !== root.line);
  const detail = rest.slice(0, SHOWN).map((required) => `${required.by} needs node ${required.node}`);
  if (rest.length > SHOWN) detail.push(`and ${rest.length - SHOWN} more`);
  return {
    ...problem({
      code: 'preflight/node-too-old',
      image: image.key,
      place,
      message: `${first!.by} needs node ${first!.node}, ${where} says ${root.reference}${exact}.`,
      fix: `Raise the version in the FROM line${lines.length > 0 ? ` (also in line ${lines.join(', ')})` : ''}, or hold ${first!.by.replace(/@[^@]*$/, '')} at a version for this Node.js.`,
      ...(detail.length > 0 && { detail: detail.join('\n') }),
    }),
    severity: first!.severity,
  };
}

/** The exact Node.js of a base image, or the versions that its tag may mean. */
export type NodeVersion = { exact: string } | { range: string };

/** Names of images that contain Node.js, with the version in the tag. */
const TAGGED = /(?:^|\/)(?:node|nodejs)(?::([^@]*))?(?:@|$)/;
/** Names that contain the version: `gcr.io/distroless/nodejs20-debian12`, `ubi9/nodejs-20`. */
const NAMED = /(?:^|\/)nodejs-?(\d+)(?:-[\w.-]+)?(?::|@|$)/;

/**
 * The Node.js in a base image: from its environment if its registry was asked, else from its name.
 * @returns undefined for other images, and for tags without version (`lts`, `alpine`)
 */
export function nodeOf(reference: string, base: BaseImage | undefined): NodeVersion | undefined {
  const exact = semver.valid(base?.env['NODE_VERSION']);
  if (exact !== null) return { exact };
  const tag = NAMED.exec(reference)?.[1] ?? TAGGED.exec(reference)?.[1];
  const version = /^v?(\d+(?:\.\d+){0,2})(?![\d.])/.exec(tag ?? '')?.[1];
  if (version === undefined) return undefined;
  const full = semver.valid(version);
  return full === null ? { range: version } : { exact: full };
}

/** Whether no Node.js that the image may have is in the range, and the range asks for a newer one. */
export function isOlder(node: NodeVersion, range: string): boolean {
  const wanted = semver.validRange(range);
  if (wanted === null) return false;
  if ('exact' in node)
    return (
      !semver.satisfies(node.exact, wanted, { includePrerelease: true }) &&
      !semver.gtr(node.exact, wanted, { includePrerelease: true })
    );
  const newest = semver.minVersion(node.range);
  return !semver.intersects(node.range, wanted) && (newest === null || !semver.gtr(newest, wanted));
}
