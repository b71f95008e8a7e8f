import type { Build } from './build.js';
import { noteLeft, type Findings } from './findings.js';

/** What is built for fewer platforms in one event than in others, as pull requests often are, is built for all of them. */
export function tellPlatforms(findings: Findings): void {
  for (const group of grouped(findings.builds, ({ context, dockerfile, target }) =>
    JSON.stringify([context, dockerfile, target]),
  ))
    tellPlatformsOf(group, findings);
}

/** The same of the builds of one image, whichever workflow has them. */
export function tellPlatformsOf(builds: readonly Build[], findings: Findings): void {
  const all = platformsOf(builds);
  for (const run of grouped(builds, ({ event, ref }) => `${event} ${ref}`)) {
    const own = platformsOf(run);
    const [build] = run;
    if (build !== undefined && own.size < all.size)
      noteLeft(
        findings,
        build.place,
        `platforms ${[...own].join(', ') || 'of the runner alone'} for ${nameOf(build)}`,
        'An image has the same platforms in all events: write an expression into the input `platforms` of the step where it matters.',
      );
  }
}

const platformsOf = (builds: readonly Build[]) => new Set(builds.flatMap(({ platforms }) => platforms));

/** For which pushes a build is, in a word. */
export function nameOf({ event, ref }: Build): string {
  return { 'pull-request': 'pull requests', tag: 'tags', branch: ref, 'default-branch': ref }[event];
}

function grouped(builds: readonly Build[], keyOf: (build: Build) => string): Build[][] {
  const groups = new Map<string, Build[]>();
  for (const build of builds) groups.set(keyOf(build), [...(groups.get(keyOf(build)) ?? []), build]);
  return [...groups.values()];
}
