import type { Deployment, SupersededImage } from '../deploy/deployment.js';

/** `main`, or `main of acme/deploy`. */
export function placeOf({ branch, repository }: Exclude<Deployment, { status: 'skipped' }>): string {
  return repository === undefined ? branch : `${branch} of ${repository}`;
}

const REASONS: Record<SupersededImage['by']['reason'], string> = {
  release: 'a newer release stays deployed',
  rollback: 'it was rolled back, and only newer commits undo that',
  file: 'the Kustomization names a newer commit',
  edit: 'it was put back in the Kustomization by hand, and only newer commits undo that',
};

/** `api main-1a2b3c4 was not deployed: a newer release stays deployed (main-2b3c4d5).` */
export function describeSuperseded({ key, tag, by }: SupersededImage): string {
  // An image that the newer release did not change keeps its tag.
  if (tag === by.tag) return `${key} ${tag} is deployed already, and a newer release has kept it.`;
  return `${key} ${tag} was not deployed: ${REASONS[by.reason]} (${by.tag}).`;
}
