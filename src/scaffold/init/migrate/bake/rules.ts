import { newBuild } from '../build.js';
import { flavorOf, tagsOf } from '../event-tags.js';
import type { Findings } from '../findings.js';
import type { Entry } from '../images.js';

/** Gives bake files the rules for the tags of their targets: one list where all have the same, else one for each. */
export function ruleBakes(findings: Findings, furtherTags: string[]): void {
  for (const bake of findings.bakes) {
    const own = findings.bakeTags.filter(({ files }) => files.join() === bake.files.join());
    const ruled = bake.released.flatMap(({ name }) => {
      const [first, ...more] = own
        .filter(({ target, tags, rules }) => target === name && tags.length + rules.length > 0)
        .map(({ place, event, ref, published, tags, rules }): Entry => {
          const build = newBuild(place, bake.by, { event, ref });
          return { build: { ...build, published: published ? 'yes' : 'no' }, tags, rules };
        });
      return first === undefined ? [] : [{ name, made: tagsOf([first, ...more], findings, furtherTags) }];
    });
    const [first] = ruled;
    if (first === undefined) continue;
    const isSame = ruled.every(({ made }) => made.rules.join('\n') === first.made.rules.join('\n'));
    if (isSame) bake.tags = first.made.rules;
    else
      for (const { name, made } of ruled) bake.overlays[name] = { ...bake.overlays[name], tags: made.rules };
    if (bake.flavor.length === 0 && ruled.every(({ made }) => made.isWritten))
      bake.flavor = flavorOf(ruled.flatMap(({ made }) => made.rules));
  }
}
