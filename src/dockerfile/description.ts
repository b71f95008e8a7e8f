import type { HelperTarget } from '../config/config.js';

/**
 * How an image is built, from the configuration: with at least one platform, and without the arguments, labels and
 * annotations of the release itself, which change with every commit.
 */
export type BuildDescription = Omit<HelperTarget, 'noCache' | 'cacheEntries'>;

/** An image that others are built from, as its registry describes it. */
export interface BaseImage {
  digest: string;
  /** Of the image's config. */
  onBuild: string[];
  env: Record<string, string>;
}

/** By reference as the Dockerfile names it after its arguments were filled in. */
export type BaseImages = Record<string, BaseImage | UnresolvedImage>;

export interface UnresolvedImage {
  /** Why, a sentence. */
  unresolved: string;
  /** `no-triggers`: without an answer it is assumed to have no ONBUILD instructions. Nothing may be skipped because of it. */
  assumed?: 'no-triggers';
}
