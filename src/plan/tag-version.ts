import parseSemver from 'semver/functions/parse.js';

/** A version as the rules `type=semver` and `type=pep440` take it apart. */
export interface TagVersion {
  /** As written in the git tag. */
  raw: string;
  /** Normalised: without `v`, without build metadata. */
  version: string;
  major: number;
  minor: number;
  patch: number;
  /** Pre-, post- and development releases never get a shortened version or `latest`. */
  final: boolean;
  /** Whether `version` is different for every release: `1.0.0+a` and `1.0.0+b` both normalise to `1.0.0`. */
  distinct: boolean;
}

export const VERSION_READERS = { semver: readSemver, pep440: readPep440 };

function readSemver(text: string): TagVersion | undefined {
  const parsed = parseSemver(text);
  if (parsed === null) return undefined;
  const { raw, version, major, minor, patch, prerelease, build } = parsed;
  return {
    ...{ raw, version, major, minor, patch },
    final: prerelease.length === 0,
    distinct: build.length === 0,
  };
}

/** The version grammar of https://peps.python.org/pep-0440/#appendix-b-parsing-version-strings-with-regular-expressions */
const PEP440 =
  /^v?(?:(?<epoch>\d+)!)?(?<release>\d+(?:\.\d+)*)(?:[-_.]?(?<pre>alpha|a|beta|b|preview|pre|c|rc)[-_.]?(?<preNumber>\d+)?)?(?<post>-(?<postShort>\d+)|[-_.]?(?:post|rev|r)[-_.]?(?<postNumber>\d+)?)?(?<dev>[-_.]?dev[-_.]?(?<devNumber>\d+)?)?(?:\+(?<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?$/i;

const PRE_RELEASE: Record<string, string> = { alpha: 'a', beta: 'b', c: 'rc', pre: 'rc', preview: 'rc' };

function readPep440(text: string): TagVersion | undefined {
  const found = PEP440.exec(text.trim())?.groups;
  if (found === undefined) return undefined;
  const release = found.release!.split('.').map(Number);
  const pre = found.pre?.toLowerCase();
  const version = [
    Number(found.epoch ?? 0) === 0 ? '' : `${Number(found.epoch)}!`,
    release.join('.'),
    pre === undefined ? '' : `${PRE_RELEASE[pre] ?? pre}${Number(found.preNumber ?? 0)}`,
    found.post === undefined ? '' : `.post${Number(found.postShort ?? found.postNumber ?? 0)}`,
    found.dev === undefined ? '' : `.dev${Number(found.devNumber ?? 0)}`,
    found.local === undefined ? '' : `+${found.local.toLowerCase().replace(/[-_]/g, '.')}`,
  ].join('');
  const [major = 0, minor = 0, patch = 0] = release;
  return {
    ...{ raw: text, version, major, minor, patch },
    final: pre === undefined && found.post === undefined && found.dev === undefined,
    distinct: true,
  };
}
