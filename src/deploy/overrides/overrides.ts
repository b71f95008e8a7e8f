import { posix } from 'node:path';
import type { Problem } from '../../lib/errors.js';
import { KUSTOMIZATION_NAMES } from '../kustomization/pattern.js';
import { argoOverrides, argoParameterOverrides } from './argo.js';
import { fluxOverrides } from './flux.js';
import { readManifests } from './manifests.js';
import { fits, type Override, ownerAndName } from './override.js';

/** A Kustomization that gets images. */
export interface OverrideTarget {
  /** Relative to the root of the repository. */
  path: string;
  branch: string;
  /** `owner/name` or URL of the repository that it lies in; undefined: not known. */
  repository?: string;
  images: OverrideImage[];
}

export interface OverrideImage {
  key: string;
  /** Repository reference without tag. */
  image: string;
  /** Names of the entries that deploy it there. */
  entries: string[];
}

type Verdict = Override['effect'] | 'none';

/**
 * Warns of what would hide the commit: images that Argo CD or Flux is told to use instead of those that the
 * Kustomizations name. Pure.
 * @param files manifests of the repository that the targets lie in (see `readOverrideCandidates`)
 * @returns warnings `deploy/overridden`, each with the place of the override
 */
export function findOverrides(
  files: ReadonlyMap<string, Uint8Array>,
  targets: readonly OverrideTarget[],
): Problem[] {
  const read = [...files].map(([file, bytes]) => ({ file, manifests: readManifests(file, bytes) }));
  const all = read.flatMap(({ manifests }) => manifests);
  const overrides = [
    ...argoOverrides(all),
    ...read.flatMap(({ file, manifests }) => argoParameterOverrides(file, manifests)),
    ...fluxOverrides(all),
  ];
  return targets.flatMap((target) =>
    target.images.flatMap((image) =>
      overrides.flatMap((override) => {
        const verdict = weakest(
          override.effect,
          concernsPlace(override, target),
          concernsImage(override, image),
        );
        return verdict === 'none' ? [] : warning(override, target, image, verdict);
      }),
    ),
  );
}

function weakest(...verdicts: Verdict[]): Verdict {
  return (['none', 'possible'] as const).find((verdict) => verdicts.includes(verdict)) ?? 'certain';
}

const VERDICTS = { same: 'certain', possible: 'possible', other: 'none' } as const;

function concernsPlace({ folder, repository, revision }: Override, target: OverrideTarget): Verdict {
  // Both controllers build what kustomize finds in the folder.
  if (!KUSTOMIZATION_NAMES.includes(posix.basename(target.path))) return 'none';
  return weakest(
    VERDICTS[fits(normalizeFolder(folder), normalizeFolder(posix.dirname(target.path)))],
    repository === undefined || target.repository === undefined
      ? 'certain'
      : VERDICTS[fits(ownerAndName(repository), ownerAndName(target.repository))],
    concernsBranch(revision, target.branch),
  );
}

/** HEAD is the default branch, the one that is deployed to unless another is configured. */
function concernsBranch(revision = 'HEAD', branch: string): Verdict {
  if (revision === '' || revision === 'HEAD') return 'certain';
  // Previews of pull requests follow a commit: `{{head_sha}}`, `{{.head_short_sha_7}}`.
  if (/\{\{[^}]*sha\b|\{\{[^}]*_sha_/i.test(revision)) return 'none';
  return VERDICTS[fits(revision.replace(/^refs\/heads\//, ''), branch)];
}

/** An entry of the image's new name takes effect where it comes behind the one that gives that name. */
function concernsImage({ image: written, joins }: Override, { image, entries }: OverrideImage): Verdict {
  const verdicts = entries.map((entry) => VERDICTS[fits(written, entry)]);
  if (joins === 'last' || entries.every((entry) => written > entry)) {
    verdicts.push(VERDICTS[fits(written, image)]);
  }
  return (['certain', 'possible'] as const).find((verdict) => verdicts.includes(verdict)) ?? 'none';
}

function normalizeFolder(folder: string): string {
  return posix.join('/', folder).replace(/\/$/, '');
}

function warning(
  { by, field, written, place }: Override,
  target: OverrideTarget,
  { key, image }: OverrideImage,
  effect: Override['effect'],
): Problem {
  const says = effect === 'certain' ? 'never takes effect' : 'may never take effect';
  return {
    code: 'deploy/overridden',
    severity: 'warning',
    message: `What ${target.path} says about ${image} ${says}: ${by} sets ${written} instead.`,
    fix: `Remove ${written} from ${field}, so that what is committed is what is deployed.`,
    place,
    image: key,
  };
}
