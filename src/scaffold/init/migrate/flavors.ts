import type { FoundImage } from '../found.js';
import { noteReplaced, type Findings } from './findings.js';

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

function folded({ tags, flavor, place }: FoundImage, findings: Findings): string[] {
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
  if (latest === 'true') return [...rules, `type=raw,value=${name},prefix=,suffix=`];
  const versions = tags.some((rule) => /type=(?:semver|pep440|match)|event=tag/.test(rule));
  if (latest === 'auto' && versions) {
    noteReplaced(
      findings,
      place,
      '`latest` on version tags',
      'a rule, since `flavor` is the same for all images',
    );
    return [...rules, `type=semver,pattern=${name},prefix=,suffix=`];
  }
  return rules;
}
