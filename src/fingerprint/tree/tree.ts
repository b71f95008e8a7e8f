import type { ContextReads } from '../../dockerfile/dockerfile.js';
import type { IgnoreRules } from '../../dockerfile/ignore/ignore.js';

/** One file, folder or link of a context as the builder sees it. */
export interface TreeEntry {
  /** Relative to the context, `/` between parts. */
  path: string;
  type: 'file' | 'directory' | 'link';
  /**
   * Permission bits, those above 0o777 included. 0 where the builder does not look at them: links, and a folder that
   * is copied as a whole by its name (`COPY src /app`), whose contents alone count.
   */
  mode: number;
  /**
   * file: git's blob id (SHA-1) of the bytes on disk, so that git's index can stand in for reading them · link: the
   * blob id of its target · else empty. A further name of a file (hard link) is a file like any other, as for BuildKit.
   */
  content: string;
}

export interface TreeRequest {
  /** Absolute path of the context. */
  folder: string;
  rules: IgnoreRules;
  reads: ContextReads;
  /** Patterns of the setting `paths`. */
  paths?: readonly string[];
}

/** `reason` is a clause without full stop; its paths are relative to the context. */
export type TreeReading = { status: 'read'; entries: TreeEntry[] } | { status: 'unreadable'; reason: string };
