import type { FoundImage } from '../found.js';
import { noteReplaced, type Findings } from './findings.js';
import type { Entry } from './images.js';

/** `flavor` is the release's: where images differ, what it says of prefix, suffix and `latest` goes into their rules. */
export function sameFlavor(images: FoundImage[], findings: Findings): FoundImage[] {
  const tagged = images.filter(({ tags }) => tags.length > 0);
  const flavors = new Set(tagged.map(({ flavor }) => flavor.join('\n')));
  if (flavors.size < 2) return images;
  const plain = ['', 'latest=false', 'latest=auto'];
  if ([...flavors].every((flavor) => plain.includes(flavor)) && !flavors.has('latest=auto')) {
    // `latest` comes by itself from version tags alone.
    const needsAuto = tagged.some(
      ({ flavor, tags }) =>
        flavor.length === 0 && tags.some((rule) => /type=(?:semver|pep440|match)|event=tag/.test(rule)),
    );
    if (!needsAuto) return images.map((image) => ({ ...image, flavor: ['latest=false'] }));
  }
  return images.map((image) => ({ ...image, flavor: ['latest=false'], tags: folded(image, findings) }));
}

/** The same within one image: `latest=${{ github.ref == … }}` is another flavor in another event. */
export function sameFlavorInEvents(
  entries: readonly [Entry, ...Entry[]],
  findings: Findings,
): [Entry, ...Entry[]] {
  const flavors = new Set(
    entries.flatMap(({ rules, build: { metadata } }) =>
      rules.length > 0 && metadata !== undefined ? [metadata.flavor.join('\n')] : [],
    ),
  );
  const same = (entry: Entry): Entry => {
    const { build, rules } = entry;
    const { metadata } = build;
    if (flavors.size < 2 || rules.length === 0 || metadata === undefined) return entry;
    const { flavor } = metadata;
    const auto = build.event === 'tag' ? [] : ['latest=false'];
    const isSaid = flavor.some((item) => /^latest=(?:true|false)/.test(item));
    const told = isSaid ? flavor : [...flavor.filter((item) => !item.startsWith('latest=')), ...auto];
    return {
      ...entry,
      rules: folded({ tags: rules, flavor: told, place: build.place }, findings),
      build: { ...build, metadata: { ...metadata, flavor: ['latest=false'] } },
    };
  };
  const [first, ...more] = entries;
  return [same(first), ...more.map(same)];
}

function folded(
  { tags, flavor, place }: Pick<FoundImage, 'tags' | 'flavor' | 'place'>,
  findings: Findings,
): string[] {
  const of = (name: string) => flavor.find((item) => item.startsWith(`${name}=`))?.slice(name.length + 1);
  const [prefix, suffix, latest = 'auto'] = [of('prefix'), of('suffix'), of('latest')];
  const fixed = (text: string | undefined) => text?.split(',')[0];
  const onLatest = (text: string | undefined) => (text?.includes('onlatest=true') ? fixed(text)! : '');
  const rules = tags.map((rule) =>
    [
      rule,
      ...(fixed(prefix) !== undefined && !/,prefix=/.test(rule) ? [`prefix=${fixed(prefix)}`] : []),
      ...(fixed(suffix) !== undefined && !/,suffix=/.test(rule) ? [`suffix=${fixed(suffix)}`] : []),
    ].join(','),
  );
  const name = `${onLatest(prefix)}latest${onLatest(suffix)}`;
  const bare = prefix === undefined && suffix === undefined ? '' : ',prefix=,suffix=';
  if (latest === 'true') return [...rules, `type=raw,value=${name}${bare}`];
  const versions = tags.some((rule) => /type=(?:semver|pep440|match)|event=tag/.test(rule));
  if (latest === 'auto' && versions) {
    noteReplaced(
      findings,
      place,
      '`latest` on version tags',
      'a rule, since `flavor` is the same for all images',
    );
    return [...rules, `type=semver,pattern=${name}${bare}`];
  }
  return rules;
}
