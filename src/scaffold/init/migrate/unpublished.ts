import { posix } from 'node:path';
import type { Build } from './build.js';
import { noteLeft, type Findings } from './findings.js';

/** What is built for a test alone is no image of a release. */
export function tellUnpublished(findings: Findings): void {
  const isPublished = ({ context, dockerfile, target }: Build) =>
    findings.builds.some(
      (other) =>
        other.published !== 'no' &&
        other.context === context &&
        other.dockerfile === dockerfile &&
        (target === undefined || other.target === target),
    );
  for (const build of findings.builds)
    if (build.published === 'no' && build.event !== 'pull-request' && !isPublished(build))
      noteLeft(
        findings,
        build.place,
        `${build.by} of ${posix.join(build.dockerfile)}${build.target === undefined ? '' : `, target ${build.target}`}, which is not published`,
        'Keep it where it is; name it under `images` if it is to be released.',
      );
}
