import { posix } from 'node:path';
import semver from 'semver';
import type { BaseImage } from '../../dockerfile/description.js';
import type { TextFile } from '../../facts/build-files-checkout.js';
import { problem, type Problem } from '../../lib/errors.js';
import type { CheckedImage, PreflightInput, Recipe } from '../check.js';
import { installsOf } from '../node/installs.js';
import { readLockfile } from '../node/lockfiles.js';
import { copiedBy, isWithin, projectsIn, staleDependencies, takes, type NodeProject } from '../node/projects.js';

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
