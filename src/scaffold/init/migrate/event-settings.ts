import type { Build } from './build.js';
import { nameOf, tellPlatformsOf } from './event-platforms.js';
import { noteLeft, type Findings } from './findings.js';
import { hasHoles } from './holes.js';

type Texts = (build: Build) => Record<string, string>;

/** What is a text by name, and one for all events. */
const TEXTS: Readonly<Record<string, Texts>> = {
  label: ({ metadata, labels }) => ({ ...metadata?.labels, ...labels }),
  annotation: ({ metadata, annotations }) => ({ ...metadata?.annotations, ...annotations }),
  'build context': ({ contexts }) => contexts,
};

/** What an image has in some events alone, as where one workflow builds it for branches and another one for tags. */
export function tellSettings([first, ...others]: readonly [Build, ...Build[]], findings: Findings): void {
  tellPlatformsOf([first, ...others], findings);
  for (const build of others) {
    if (build.published === 'no' || build.event === 'pull-request') continue;
    const leave = (what: string, advice: string) => noteLeft(findings, build.place, what, advice);
    for (const [kind, textsOf] of Object.entries(TEXTS))
      for (const [name, text] of Object.entries(textsOf(build))) {
        const taken = textsOf(first)[name];
        if (!hasHoles(text) && !hasHoles(taken ?? '') && taken !== text)
          leave(
            `${kind} ${name}: ${text} for ${nameOf(build)}`,
            `It is the same in all events: ${taken ?? 'none'}, as for ${nameOf(first)}. Write it under the image where that is wrong.`,
          );
      }
    if (build.noCache !== first.noCache)
      leave(
        `${build.noCache ? 'no cache' : 'the cache'} for ${nameOf(build)}`,
        'Write an expression into the input `no-cache` of the step: under the image it is one for all events.',
      );
  }
}
