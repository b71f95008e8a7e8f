import { posix } from 'node:path';
import { type Problem, warning } from '../../lib/errors.js';
import { findImageMatches } from '../deploy-edits.js';
import { KUSTOMIZATION_NAMES } from '../kustomization/location.js';
import type { BranchRequest, BranchReading } from '../rollout/branch.js';
import type { Snapshot } from '../target.js';
import { fits, type Override, ownerAndName, readOverrides } from './read-overrides.js';

export interface OverrideTarget {
  path: string;
  branch: string;
  /** `owner/name` or URL of its repository; undefined: not known. */
  repository?: string;
  key: string;
  image: string;
  entries: string[];
}

type Effect = Override['effect'] | 'none';

/** Warns of overrides elsewhere in the repository that would hide the deploy commit. */
export async function findHidingOverrides(
  snapshot: Snapshot,
  { deploys, rollouts, source }: BranchRequest,
  { kustomizations }: BranchReading,
): Promise<Problem[]> {
  const { imageMatches } = findImageMatches(kustomizations, (deploy) =>
    deploys.includes(deploy) ? rollouts.filter(({ key }) => deploy.images.includes(key)) : [],
  );
  if (imageMatches.length === 0) return [];
  const targets = imageMatches.map(({ deploy: { branch, target }, path, image: { key, image }, entries }) => {
    const repository = target.repository ?? source.repository;
    return { path, branch, repository, key, image, entries: entries.map(({ name }) => name) };
  });
  return findOverrides(await readOverrideCandidates(snapshot), targets);
}

/** More would be felt before every release; files that are more likely to have an override are read first. */
const MOST = 300;
/** Generated manifests are larger; those of Argo CD and Flux that people write are a page or two. */
const LARGEST = 256 * 1024;

/** Folders of other things: workflows, packages, templates that are no YAML yet. */
const ELSEWHERE =
  /(?:^|\/)(?:\.(?!argo|flux|gitops|deploy|k8s)[^/]+|node_modules|vendor|charts|templates|crds|testdata|__tests__)\//;
const LIKELY = /argo|appset|applicationset|\bapps?\b|flux|gitops|clusters?\b|\bks\b|sync|bootstrap|deploy|k8s/i;
const API = /argoproj\.io\/|(?:kustomize|source)\.toolkit\.fluxcd\.io\//;

/** Reads the YAML files that may have resources of Argo CD or Flux. */
export async function readOverrideCandidates(snapshot: Snapshot): Promise<Map<string, Uint8Array>> {
  const files = await snapshot.readAll(chooseCandidates(await snapshot.list()));
  return new Map(
    [...files].flatMap(([path, { bytes, mode }]) => {
      if (mode === '120000' || bytes.length > LARGEST) return [];
      return isParameterFile(path) || API.test(Buffer.from(bytes).toString()) ? [[path, bytes]] : [];
    }),
  );
}

/** The paths that are worth reading, the likeliest first. */
export function chooseCandidates(paths: readonly string[]): string[] {
  const depth = (path: string) => path.split('/').length;
  return paths
    .filter((path) => /\.ya?ml$/i.test(path) && !ELSEWHERE.test(path))
    .map((path) => ({ path, rank: isParameterFile(path) ? 0 : LIKELY.test(path) ? 1 : 2 }))
    .sort((a, b) => a.rank - b.rank || depth(a.path) - depth(b.path) || (a.path < b.path ? -1 : 1))
    .slice(0, MOST)
    .map(({ path }) => path);
}

function isParameterFile(path: string): boolean {
  return posix.basename(path).startsWith('.argocd-source');
}

/** Warns of images that Argo CD or Flux uses instead of those that the Kustomizations name. */
export function findOverrides(files: ReadonlyMap<string, Uint8Array>, targets: readonly OverrideTarget[]): Problem[] {
  const overrides = readOverrides(files);
  return targets.flatMap((target) =>
    overrides.flatMap((override) => {
      const effect = weakest(override.effect, concernsPlace(override, target), concernsImage(override, target));
      return effect === 'none' ? [] : describe(override, target, effect);
    }),
  );
}

function weakest(...effects: Effect[]): Effect {
  return (['none', 'possible'] as const).find((effect) => effects.includes(effect)) ?? 'certain';
}

const EFFECTS = { same: 'certain', possible: 'possible', other: 'none' } as const;

function concernsPlace({ folder, repository, revision }: Override, target: OverrideTarget): Effect {
  // Both controllers build the Kustomization that kustomize finds in the folder.
  if (!KUSTOMIZATION_NAMES.includes(posix.basename(target.path))) return 'none';
  return weakest(
    EFFECTS[fits(normalizeFolder(folder), normalizeFolder(posix.dirname(target.path)))],
    repository === undefined || target.repository === undefined
      ? 'certain'
      : EFFECTS[fits(ownerAndName(repository), ownerAndName(target.repository))],
    concernsBranch(revision, target.branch),
  );
}

/** HEAD is the default branch, the one that is deployed to unless another is configured. */
function concernsBranch(revision = 'HEAD', branch: string): Effect {
  if (revision === '' || revision === 'HEAD') return 'certain';
  // Previews of pull requests follow a commit: `{{head_sha}}`, `{{.head_short_sha_7}}`.
  if (/\{\{[^}]*sha\b|\{\{[^}]*_sha_/i.test(revision)) return 'none';
  return EFFECTS[fits(revision.replace(/^refs\/heads\//, ''), branch)];
}

/** An entry for the image's new name may come before or after the one that gives it that name. */
function concernsImage({ image: written }: Override, { image, entries }: OverrideTarget): Effect {
  const byName = entries.map((entry) => EFFECTS[fits(written, entry)]);
  if (byName.includes('certain')) return 'certain';
  const isImage = fits(written, image) !== 'other';
  return isImage || byName.includes('possible') ? 'possible' : 'none';
}

function normalizeFolder(folder: string): string {
  return posix.join('/', folder).replace(/\/$/, '');
}

function describe(
  { by, field, written, place }: Override,
  { path, key, image }: OverrideTarget,
  effect: Override['effect'],
): Problem {
  const hides = effect === 'certain' ? 'never takes effect' : 'may never take effect';
  return warning({
    code: 'deploy/overridden',
    message: `The entry for ${image} in ${path} ${hides}: ${by} sets ${written} instead.`,
    fix: `Remove ${written} from ${field}, so that the committed image is deployed.`,
    place,
    image: key,
  });
}
