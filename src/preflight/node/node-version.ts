import semver from 'semver';
import type { BaseImage } from '../../dockerfile/description.js';

/** The Node.js of a base image: the very version, or the versions that its tag may mean. */
export type NodeVersion = { exact: string } | { range: string };

/** Names of images that hold Node.js, with the version in the tag. */
const TAGGED = /(?:^|\/)(?:node|nodejs)(?::([^@]*))?(?:@|$)/;
/** Names that hold the version themselves: `gcr.io/distroless/nodejs20-debian12`, `ubi9/nodejs-20`. */
const NAMED = /(?:^|\/)nodejs-?(\d+)(?:-[\w.-]+)?(?::|@|$)/;

/**
 * What is known of the Node.js in a base image: by its environment where its registry was asked, else by its name.
 * @returns undefined for images of other things, and tags that say no version (`lts`, `alpine`)
 */
export function nodeOf(reference: string, base: BaseImage | undefined): NodeVersion | undefined {
  const exact = semver.valid(base?.env['NODE_VERSION']);
  if (exact !== null) return { exact };
  const tag = NAMED.exec(reference)?.[1] ?? TAGGED.exec(reference)?.[1];
  const version = /^v?(\d+(?:\.\d+){0,2})(?![\d.])/.exec(tag ?? '')?.[1];
  if (version === undefined) return undefined;
  const full = semver.valid(version);
  return full === null ? { range: version } : { exact: full };
}

/** Whether no Node.js that the image may have fits the range. A range that nobody can read fits. */
export function fallsShort(node: NodeVersion, range: string): boolean {
  const wanted = semver.validRange(range);
  if (wanted === null) return false;
  return 'exact' in node
    ? !semver.satisfies(node.exact, wanted, { includePrerelease: true })
    : !semver.intersects(node.range, wanted);
}

/** Whether the range asks for a newer one, and not for an older one. */
export function isOlder(node: NodeVersion, range: string): boolean {
  if (!fallsShort(node, range)) return false;
  if ('exact' in node) return !semver.gtr(node.exact, range, { includePrerelease: true });
  const newest = semver.minVersion(node.range);
  return newest === null || !semver.gtr(newest, range);
}
