import type { MountReport } from '../builders/built.js';
import type { Deployment, SupersededImage } from '../deploy/target.js';
import type { Problem } from '../lib/errors.js';
import type { SkippedTag } from '../registry/published-image.js';
import { VERSION } from '../version.js';
import { formatBytes } from './format.js';

const HELD: Record<SkippedTag['reason'], string> = {
  'newer-version': 'a later version',
  'newer-commit': 'a newer commit',
  'later-run': 'a later run',
  'newer-release': 'a newer release',
  unplaced: 'neither is known to be newer',
  taken: 'this tag never moves',
};

/** `latest stays on main-1a2b3c4 (a newer commit)`. */
export function describeHeld({ tag, by, reason }: SkippedTag): string {
  return `${tag} stays on ${by} (${HELD[reason]})`;
}

const SUPERSEDED_BY: Record<SupersededImage['by']['reason'], string> = {
  release: 'a newer release is deployed',
  rollback: 'it was rolled back, and only newer commits replace a rollback',
  file: 'the Kustomization names a newer commit',
  edit: 'it was reverted in the Kustomization, and only newer commits replace a revert',
};

/** `api main-1a2b3c4 was not deployed: a newer release is deployed (main-2b3c4d5).` */
export function describeSuperseded({ key, tag, by }: SupersededImage): string {
  // An image that the newer release did not change keeps its tag.
  if (tag === by.tag) return `${key} ${tag} is already deployed, and a newer release kept it.`;
  return `${key} ${tag} was not deployed: ${SUPERSEDED_BY[by.reason]} (${by.tag}).`;
}

/** `main`, or `main of acme/deploy`. */
export function placeOf({ branch, repository }: Exclude<Deployment, { status: 'skipped' }>): string {
  return repository === undefined ? branch : `${branch} of ${repository}`;
}

/** `exact, 51.3 MB`; `partial, 51.3 MB, saved 64.1 MB`; `none found, saved 51.3 MB`. */
export function describeCacheMounts({ hit, bytes, saved }: MountReport): string {
  return [
    // With `no-cache` a cache is found but not restored.
    ...(hit === 'none' ? ['none found'] : [hit, bytes > 0 ? formatBytes(bytes) : 'not restored']),
    ...(saved === undefined ? [] : [`saved ${formatBytes(saved)}`]),
  ].join(', ');
}

const ERRORS = `https://github.com/ardenone/image-release/blob/v${VERSION}/docs/errors`;

/** The page of this version's documentation that explains an error. GitHub drops punctuation from a heading's anchor. */
export function errorPage(code: Problem['code']): string {
  const [family] = code.split('/');
  return `${ERRORS}/${family}.md#${code.replaceAll('/', '')}`;
}
