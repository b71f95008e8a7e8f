import { posix } from 'node:path';
import type { FoundImage } from '../found.js';
import { affixOf, FOR_DEVELOPERS } from '../image-keys.js';
import { noteLeft, noteReplaced, type Findings } from './findings.js';

const NAMES_COMMIT = /type=sha|\{\{sha\}\}/;

/**
 * Variants of one image share its name and differ by tag. The tag that a plan adds where no other names the commit would
 * be the same for all of them, so each gets one with its suffix.
 */
export function tellVariantsApart(images: readonly FoundImage[], findings: Findings): FoundImage[] {
  return images.map((image) => {
    const twins = images.filter((other) => other.image !== undefined && other.image === image.image);
    if (twins.length < 2 || image.tags.length === 0 || image.tags.some((rule) => NAMES_COMMIT.test(rule)))
      return image;
    const suffix = suffixOf(image, twins);
    noteReplaced(
      findings,
      image.place,
      'variants of one image',
      'a tag with the commit for each, since a release needs one that never moves',
    );
    return { ...image, tags: [...image.tags, `type=sha,suffix=${suffix}`] };
  });
}

/** Of two ways to build the same image under the same tags, one of which a condition chooses, the one for production. */
export function leaveTwins(images: readonly FoundImage[], findings: Findings): FoundImage[] {
  const isForDevelopers = ({ dockerfile }: FoundImage) => FOR_DEVELOPERS.test(affixOf(dockerfile) ?? '');
  return images.filter((image) => {
    const twins = images.filter(
      (other) =>
        other.image !== undefined &&
        other.image === image.image &&
        other.dockerfile !== image.dockerfile &&
        other.tags.join() === image.tags.join(),
    );
    const taken = isForDevelopers(image) ? twins.find((twin) => !isForDevelopers(twin)) : undefined;
    if (taken === undefined) return true;
    noteLeft(
      findings,
      image.place,
      `${image.dockerfile}, which is built as ${image.image}, too`,
      `The release takes ${taken.dockerfile}; this one needs a name or a tag of its own under \`images\`.`,
    );
    return false;
  });
}

/** The suffix that its tags have; else its target, or what sets its Dockerfile apart. */
function suffixOf(image: FoundImage, twins: readonly FoundImage[]): string {
  const written = image.tags.flatMap((rule) => /,suffix=([^,]+)/.exec(rule)?.[1] ?? []);
  if (written[0] !== undefined) return written[0];
  // The one without a suffix is the plain one, where the others have theirs.
  if (twins.every((twin) => twin === image || twin.tags.some((rule) => /,suffix=[^,]/.test(rule)))) return '';
  const affix = posix.basename(image.dockerfile).replace(/^Dockerfile\.?|\.?Dockerfile$/gi, '');
  const name = image.target ?? (affix === '' ? posix.basename(posix.dirname(image.dockerfile)) : affix);
  return `-${name}`;
}
