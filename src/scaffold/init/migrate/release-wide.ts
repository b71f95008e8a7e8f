import type { FoundImage } from '../found.js';
import { splitReference } from './build.js';
import { noteLeft, noteReplaced, type Findings } from './findings.js';

const SETTINGS = ['cache', 'provenance', 'sbom'] as const;

/** What a configuration says once: the first image that says something says it for those that say nothing. */
export function sayOnce(images: readonly FoundImage[], findings: Findings): FoundImage[] {
  let said = [...images];
  for (const setting of SETTINGS) {
    const first = said.find((image) => image[setting] !== undefined);
    if (first === undefined) continue;
    for (const other of said)
      if (other[setting] !== undefined && other[setting] !== first[setting])
        noteLeft(
          findings,
          other.place,
          `${setting} ${other[setting]} of ${other.image ?? other.dockerfile}`,
          `It is one for all images of a release: ${first[setting]}, as the first image has it.`,
        );
    said = said.map((image) => ({ ...image, [setting]: first[setting] }));
  }
  tellCaches(said, findings);
  return said;
}

/** Of several places in registries none can be named for all: each cache lies beside its image then. */
function tellCaches(images: readonly FoundImage[], findings: Findings): void {
  if (new Set(images.map(({ cacheRef }) => cacheRef)).size < 2) return;
  for (const { place, image, cacheRef } of images)
    if (cacheRef !== undefined && splitReference(cacheRef).repository !== image)
      noteReplaced(findings, place, `the cache in ${cacheRef}`, '`cache: registry`, beside each image');
}
