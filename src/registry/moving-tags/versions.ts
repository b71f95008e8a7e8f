import parseSemver from 'semver/functions/parse.js';
import { VERSION_READERS } from '../../plan/tag-version.js';

/** How a version relates to another one. */
export type VersionOrder = 'newer' | 'same' | 'older' | 'incomparable';

/**
 * Compares versions as release tags spell them: semver with pre-releases, else PEP 440 with epochs, pre-, post- and
 * development releases. Suffixes of builds of one version (`+linux`, `-r2`) don't count.
 */
export function compareVersions(ours: string, theirs: string): VersionOrder {
  const [a, b] = [ours, theirs].map((text) => text.replace(/-r\d+$/, '')) as [string, string];
  const difference = compareSemver(a, b) ?? comparePep440(a, b);
  if (difference === undefined) return 'incomparable';
  return difference > 0 ? 'newer' : difference < 0 ? 'older' : 'same';
}

/** Whether the text is a version by one of these grammars. */
export function isVersion(text: string): boolean {
  return compareVersions(text, text) === 'same';
}

/** Whether the version is no pre-, post- or development release. */
export function isFinal(text: string): boolean {
  return Object.values(VERSION_READERS).some((read) => read(text)?.final === true);
}

function compareSemver(a: string, b: string): number | undefined {
  const [left, right] = [parseSemver(a, { loose: true }), parseSemver(b, { loose: true })];
  return left && right ? left.compare(right) : undefined;
}

/** https://packaging.python.org/en/latest/specifications/version-specifiers/#summary-of-permitted-suffixes-and-relative-ordering */
function comparePep440(a: string, b: string): number | undefined {
  const [left, right] = [sortKey(a), sortKey(b)];
  if (left === undefined || right === undefined) return undefined;
  const length = Math.max(left.release.length, right.release.length);
  const [ours = [], theirs = []] = [left, right].map(({ epoch, release, stage }) => [
    epoch,
    ...Array.from({ length }, (_, index) => release[index] ?? 0),
    ...stage,
  ]);
  return (
    ours.map((part, index) => Math.sign(part - (theirs[index] ?? 0)) || 0).find((difference) => difference !== 0) ?? 0
  );
}

const FIRST = -1;
const LAST = Number.MAX_SAFE_INTEGER;

function sortKey(text: string) {
  const version = VERSION_READERS.pep440(text)?.version;
  const found =
    version === undefined
      ? null
      : /^(?:(\d+)!)?([\d.]+?)(?:(a|b|rc)(\d+))?(?:\.post(\d+))?(?:\.dev(\d+))?(?:\+.*)?$/.exec(version);
  if (found === null) return undefined;
  const [, epoch, release = '', letter, number, post, dev] = found;
  const noPre = post === undefined && dev !== undefined ? FIRST : LAST;
  return {
    epoch: Number(epoch ?? 0),
    release: release.split('.').map(Number),
    // Pre-release letter and number, post-release, development release; what is absent sorts where it belongs.
    stage: [
      letter === undefined ? noPre : ['a', 'b', 'rc'].indexOf(letter),
      Number(number ?? 0),
      post === undefined ? FIRST : Number(post),
      dev === undefined ? LAST : Number(dev),
    ],
  };
}
