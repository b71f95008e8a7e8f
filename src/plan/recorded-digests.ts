import type { KnownRelease } from './baseline.js';
import type { PlannedDeploy, PlannedImage } from './plan.js';
import { baseKey } from './waves.js';

/** Keys of the images whose content a release deploys: those that a target deploys, and those that they are built on. */
export function deployedKeys(
  images: readonly PlannedImage[],
  deploys: readonly PlannedDeploy[],
): ReadonlySet<string> {
  const keys = deploys.flatMap((deploy) => (deploy.status === 'deploy' ? deploy.images : []));
  return new Set([...keys, ...keys.flatMap((key) => basesOf(images, key))]);
}

/** Keys of the images of a release that one of them is built on, also through other images and helper targets. */
export function basesOf(
  images: readonly Pick<PlannedImage, 'key' | 'contexts' | 'helpers'>[],
  key: string,
): string[] {
  const found = new Set<string>();
  const visit = (at: string) => {
    const image = images.find((each) => each.key === at);
    for (const { contexts } of image ? [image, ...(image.helpers ?? [])] : [])
      for (const source of Object.values(contexts)) {
        const base = baseKey(source);
        if (base === undefined || found.has(base)) continue;
        found.add(base);
        visit(base);
      }
  };
  visit(key);
  return [...found];
}

/** Digests that a ledger records: what was deployed, and what that was built on. */
export function recordedDigests(known: Record<string, readonly KnownRelease[]>): ReadonlySet<string> {
  return new Set(
    Object.values(known).flatMap((releases) =>
      releases.flatMap(({ digest, bases = [] }) => [...(digest === undefined ? [] : [digest]), ...bases]),
    ),
  );
}
