import type { Problem } from '../lib/errors.js';

/** A published manifest of one image: what a registry deletes at once. */
export interface Version extends ListedVersion {
  /** Repository reference without tag. */
  image: string;
  /** Digests of the entries of an index. */
  parts: readonly string[];
  /** Digest of the image that it describes, as a signature does; `gone`: that image is no longer in the registry. */
  subject?: string;
  /** `part`: of an index that is listed; `subject`: of a listed signature. The registry lists neither. */
  found: 'listed' | 'part' | 'subject';
}

/** A version as its registry lists it. */
export interface ListedVersion {
  digest: string;
  tags: readonly string[];
  /** When it was pushed or tagged last, else built, milliseconds since the epoch; undefined: not known. */
  at?: number;
  /** In GitHub's packages API: `/orgs/acme/packages/container/api/versions/1`. */
  path?: string;
}

/** Lists and deletes versions. Adapters: `registry-store` and `github-packages`; they throw ReleaseError or Cancelled. */
export interface VersionStore {
  /** `tags`: a manifest without a tag is known only by what names it. */
  readonly lists: 'everything' | 'tags';
  /** @param tags all tags of the image, as they were listed before */
  list(image: string, tags: readonly string[]): Promise<ListedVersion[]>;
  /** Asks before the first deletion whether versions of the image can be deleted; undefined: they can, as far as is known. */
  probe(image: string): Promise<Problem | undefined>;
  /** A missing version counts as deleted. @returns the reason if the registry keeps this version */
  delete(version: Version): Promise<{ status: 'deleted' } | { status: 'left'; reason: string }>;
}

/** The first tag, else the digest, as far as people compare it; the tag of a signature contains one. */
export function nameOf({ digest, tags }: Pick<Version, 'digest' | 'tags'>): string {
  return (tags[0] ?? digest).replace(/^(sha\d+[:-][0-9a-f]{12})[0-9a-f]{52,}/, tags[0] === undefined ? '$1' : '$1…');
}

export const keyOf = ({ image, digest }: Pick<Version, 'image' | 'digest'>): string => `${image}@${digest}`;
