import type { BuildSecret } from '../config/config.js';

/** What an image is built from, as far as the configuration says. Paths are relative to the repository root. */
export interface BuildDescription {
  key: string;
  /** Folder, or the URL of a git repository or archive. */
  context: string;
  dockerfile: string;
  /** Text of the Dockerfile where a bake or compose file holds it; `dockerfile` is not read then. */
  dockerfileInline?: string;
  target?: string;
  /** Build arguments as given; those of the release itself (SOURCE_DATE_EPOCH) are not among them. */
  args: Record<string, string>;
  /** Never empty: the builder's own platform where none is configured. */
  platforms: string[];
  /** Named contexts: name → path, `docker-image://…`, `image:<key>`, URL. */
  contexts: Record<string, string>;
  secrets: BuildSecret[];
  /** Labels and annotations that the user configured: the others change with every commit. */
  labels: Record<string, string>;
  annotations: Record<string, string>;
  /** Patterns that narrow what of the context counts, by the user's word; undefined: all that is copied. */
  paths?: string[];
  /** Further settings of a bake target that this program only passes on (`network`, `ulimits`, …). */
  extra: Record<string, unknown>;
}

/** Everything that determines an image, each with a hash; sorted by name. Secrets are in it by id alone. */
export interface InputRecord {
  /** Of the scheme: another one is never equal. */
  version: number;
  inputs: Input[];
}

export interface Input {
  /** Kind and name: `file src/server.js`, `arg NODE_ENV`, `stage build`, `platform linux/amd64`, `image base`. */
  name: string;
  /** Hex digits; those of a file cover type, mode and content. */
  hash: string;
}

/** What is known of an image's inputs before it is built. */
export type ImageInputs =
  | {
      status: 'known';
      /** `v1:` and 64 hex digits over the whole record. */
      fingerprint: string;
      record: InputRecord;
      /** References of external images as the Dockerfile names them, which the record does not cover. */
      images: string[];
    }
  /** Something can't be pinned: the image is always built. */
  | { status: 'unknown'; reason: string; line?: number; record?: InputRecord };

/** What a registry says of an image that others are built from. */
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
  /** `no-triggers`: for want of an answer it is taken to have no ONBUILD instructions. Nothing may be skipped for it. */
  assumed?: 'no-triggers';
}
