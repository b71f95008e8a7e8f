import type { IgnoreRules } from '../../dockerfile/ignore/ignore.js';

/** A build context that is to be sent to a builder elsewhere. */
export interface ContextOrder {
  /** Key of the image, for messages. */
  image: string;
  /** The context as the user names it, for messages. */
  name: string;
  /** Absolute path. */
  folder: string;
  /** What is left out; the same rules as for the fingerprint. */
  rules: IgnoreRules;
  /** What the builder is to read in place of the image's Dockerfile, wherever that lies. */
  dockerfile: string | Uint8Array;
  signal?: AbortSignal;
}

/** What is sent of a context. */
export interface ContextCount {
  files: number;
  folders: number;
  links: number;
  /** Of the files, before compression. */
  bytes: number;
  /** Sockets, pipes and devices: paths in the context. They are left out. */
  leftOut: string[];
}

export const noCount = (): ContextCount => ({ files: 0, folders: 0, links: 0, bytes: 0, leftOut: [] });
