import type { BuildSecret } from '../config/config.js';

/** How an image is built, from the configuration. Paths are relative to the repository root. */
export interface BuildDescription {
  key: string;
  /** Folder, or the URL of a git repository or archive. */
  context: string;
  dockerfile: string;
  /** Text of the Dockerfile if a bake or compose file contains it; `dockerfile` is not read then. */
  dockerfileInline?: string;
  target?: string;
  /** Build arguments as given; those of the release itself (SOURCE_DATE_EPOCH) are not among them. */
  args: Record<string, string>;
  /** Never empty: the builder's own platform if none is configured. */
  platforms: string[];
  /** Named contexts: name → path, `docker-image://…`, `image:<key>`, URL. */
  contexts: Record<string, string>;
  secrets: BuildSecret[];
  /** Labels and annotations that the user configured: the others change with every commit. */
  labels: Record<string, string>;
  annotations: Record<string, string>;
  /** Patterns by which the user narrows what counts of the context; undefined: all that is copied. */
  paths?: string[];
  /** Further settings of a bake target that this program only passes on (`network`, `ulimits`, …). */
  extra: Record<string, unknown>;
}

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
