import type { ContextReads } from '../dockerfile/dockerfile.js';
import type { IgnoreRules } from '../ignore/ignore.js';

/** One file, folder or link of a context as the builder sees it. */
export interface TreeEntry {
  /** Relative to the context, `/` between parts. */
  path: string;
  type: 'file' | 'directory' | 'link' | 'other';
  /** Permission bits, those above 0o777 included. */
  mode: number;
  /**
   * file: git's blob id (SHA-1) of the bytes on disk, so that git's index can stand in for reading them · link: its
   * target · a further name of a file: `=` and the path that was seen first · else empty.
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

export type TreeReading = { status: 'read'; entries: TreeEntry[] } | { status: 'unreadable'; reason: string };
