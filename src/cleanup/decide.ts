import { counted } from '../lib/counted.js';
import { keyOf, nameOf, type Version } from './version.js';

/** What is to become of a version, and the reason, a clause. */
export interface Verdict {
  version: Version;
  action: 'keep' | 'delete';
  reason: string;
  /** It should have been deleted, and still exists. */
  left?: true;
}

/** The names of everything that must not be deleted. */
export interface Needs {
  releases: readonly NeededRelease[];
  /** Words of the deployed files and of the cluster, with the place of each. Tags and digests (hex digits) are among them. */
  words: ReadonlyMap<string, string>;
}

/** A release in a ledger. */
export interface NeededRelease {
  image: string;
  tag: string;
  digest?: string;
  /** Digests of any image that it is built on. */
  bases: readonly string[];
  channel: string;
  /** 0: the current release, 1: the one before. */
  back: number;
}

export interface CleanupPolicy {
  /** The role of a tag; `unknown` also for tags that move, and for versions. */
  roleOf(image: string, tag: string): 'release' | 'cache' | 'signature' | 'unknown';
  /** Images that some channel deploys. */
  deployed: ReadonlySet<string>;
  /** Versions of this age or younger are kept, milliseconds. */
  age: number;
  /** Milliseconds since the epoch. */
  now: number;
}

/**
 * Decides for every version whether it may go; if in doubt, it stays. A version without a reason follows those that need it.
 * Each comes after all that need it: deleted in this order, nothing that is left lacks a part.
 */
export function decideCleanup(versions: readonly Version[], needs: Needs, policy: CleanupPolicy): Verdict[] {
  const known = new Map(versions.map((version) => [keyOf(version), version]));
  const parts = new Map(versions.map((version) => [version, [] as Version[]]));
  const parents = new Map(versions.map((version) => [version, [] as Version[]]));
  for (const version of versions) {
    const find = (digest = '') => known.get(keyOf({ image: version.image, digest }));
    const links = [...version.parts.map((part) => [version, find(part)]), [find(version.subject), version]];
    for (const [parent, part] of links) {
      if (parent === undefined || part === undefined) continue;
      parts.get(parent)!.push(part);
      parents.get(part)!.push(parent);
    }
  }

  const kept = new Map<Version, string>();
  for (const version of versions) {
    const reason = reasonToKeep(version, parents.get(version)!.length > 0, needs, policy);
    if (reason !== undefined) kept.set(version, reason);
  }
  // The iterator of a Map also visits what is added meanwhile.
  for (const version of kept.keys())
    for (const part of parts.get(version)!) if (!kept.has(part)) kept.set(part, relation(part, version));

  return inOrder(parts, parents).map((version): Verdict => {
    const reason = kept.get(version);
    if (reason !== undefined) return { version, action: 'keep', reason };
    const [parent] = parents.get(version)!;
    return { version, action: 'delete', reason: parent ? relation(version, parent) : unneeded(version, policy) };
  });
}

function reasonToKeep(version: Version, follows: boolean, needs: Needs, policy: CleanupPolicy): string | undefined {
  const { image, digest, tags, subject, at, found } = version;
  const release = needs.releases.find(
    (each) => each.image === image && (each.digest === digest || tags.includes(each.tag)),
  );
  if (release?.back === 0) return `current in ${release.channel}`;
  if (release !== undefined) return `${counted(release.back, 'release')} back in ${release.channel}`;
  if (needs.releases.some(({ bases }) => bases.includes(digest))) return 'base of a kept release';
  const place = [digest.slice(digest.indexOf(':') + 1), ...tags].map((word) => needs.words.get(word)).find(Boolean);
  if (place !== undefined) return `named in ${place}`;
  const roles = tags.map((tag) => policy.roleOf(image, tag));
  if (roles.includes('cache')) return 'build cache';
  const unknown = roles.indexOf('unknown');
  if (unknown >= 0) return `tag ${tags[unknown]} does not name a commit`;
  if (!roles.includes('release') && (follows || subject !== undefined)) return undefined;
  if (found === 'subject') return 'the registry does not list it';
  if (!policy.deployed.has(image)) return 'no channel deploys this image';
  if (at === undefined) return 'its age is not known';
  return policy.now - at <= policy.age ? `only ${days(policy.now - at)} old` : undefined;
}

function relation(part: Version, whole: Version): string {
  return `${part.subject === whole.digest ? 'describes' : 'part of'} ${nameOf(whole)}`;
}

function unneeded({ tags, subject, at = 0 }: Version, { now }: CleanupPolicy): string {
  if (subject === 'gone') return 'describes an image that is gone';
  return `${tags.length === 0 ? 'untagged' : 'not needed'}, ${days(now - at)} old`;
}

const days = (milliseconds: number): string => counted(Math.floor(milliseconds / 86_400_000), 'day');

type Links = ReadonlyMap<Version, Version[]>;

/** Each right after the last of those that need it. Digests can't be in circles. */
function inOrder(parts: Links, parents: Links): Version[] {
  const missing = new Map([...parents].map(([version, all]) => [version, all.length]));
  const ordered: Version[] = [];
  const visit = (version: Version) => {
    ordered.push(version);
    for (const part of parts.get(version)!) {
      missing.set(part, missing.get(part)! - 1);
      if (missing.get(part) === 0) visit(part);
    }
  };
  for (const [version, all] of parents) if (all.length === 0) visit(version);
  return ordered;
}
