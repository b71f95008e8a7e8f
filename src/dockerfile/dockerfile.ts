import type { UnresolvedImage } from './description.js';
import { UNKNOWN } from './substitute.js';

/** A parsed Dockerfile. Lines count from 1. */
export interface Dockerfile {
  /** Frontend that `# syntax=` names; undefined: the builder's built-in one. */
  syntax?: string;
  /** Character that escapes another and continues a line. */
  escape: '\\' | '`';
  /** ARG instructions before the first FROM. */
  globalArgs: Instruction[];
  stages: Stage[];
  /** Why it can't be parsed for certain, sentences without full stop; empty: it can. */
  doubts: LineReason[];
}

export interface LineReason {
  reason: string;
  line: number;
}

export interface Stage {
  index: number;
  /** Lower case, as BuildKit compares them. */
  name?: string;
  /** As written after FROM, variables not filled in. */
  base: string;
  /** Value of `--platform`, as written. */
  platform?: string;
  /** Of the FROM instruction. */
  line: number;
  /** After FROM, in order. */
  instructions: Instruction[];
  /**
   * FROM and its instructions as the builder sees them, one a line, with the lines of their here-documents:
   * continuation lines joined, without comments and blank lines. Directives that change their meaning come first.
   */
  text: string;
}

export interface Instruction {
  /** Upper case. */
  keyword: string;
  /** In order, repeated ones too; `--link` has the value `true`. */
  flags: { name: string; value: string }[];
  /** The text after the flags: continuation lines joined, comments left out. */
  rest: string;
  /** Whether a here-document follows. */
  heredoc: boolean;
  line: number;
  endLine: number;
}

/** A Dockerfile that BuildKit would refuse. */
export interface UnreadableDockerfile {
  unreadable: string;
  line?: number;
}

/** The contexts and images that the stages of a target use. */
export interface BuildUse {
  /** Indices of those stages, ascending. */
  stages: number[];
  /** By name of the context; `''` is the main one. A context that is not read is absent. */
  reads: Record<string, ContextReads>;
  /** External images: FROM, COPY --from, mounts; variables filled in. */
  images: { reference: string; line: number }[];
  /** Keys of images of this release that stages use (`image:<key>`), sorted. */
  builtOn: string[];
  /** Names of build arguments that these stages or their FROM lines declare. */
  declaredArgs: string[];
  /** ARG instructions before the first FROM that these stages depend on: `NAME` or `NAME=value` as written. */
  globalArgs: string[];
  /**
   * For images that are built on this one: its entry in `BaseImages` under `image:<key>`. ONBUILD instructions come
   * without their here-documents.
   */
  passedOn: { onBuild: string[]; env: Record<string, string> } | UnresolvedImage;
  /** Sources without a digest (`ADD https://…` without checksum, a git URL): the image is always built. */
  unpinned: LineReason[];
}

export type ContextReads =
  /** Only what these sources select. */
  { status: 'some'; sources: CopySource[] } | { status: 'all'; reason: string };

/** One source of COPY or ADD. */
export interface CopySource {
  /** In Go's filepath.Match grammar, relative to the context, cleaned: `.`, `src`, `package*.json`. */
  pattern: string;
  /** Values of `--exclude`. */
  excludes: string[];
  /** `--parents`: the folders on the way are copied, too. */
  parents: boolean;
}

/** The kinds of named contexts. */
export type ContextKind =
  | { type: 'image'; reference: string }
  /** Of the same release. */
  | { type: 'built'; key: string }
  | { type: 'local' }
  | { type: 'remote' };

/** @param value as configured: path, `docker-image://…`, `image:<key>`, URL */
export function kindOfContext(value: string): ContextKind {
  if (value.startsWith('docker-image://')) return { type: 'image', reference: value.slice('docker-image://'.length) };
  if (value.startsWith('image:')) return { type: 'built', key: value.slice('image:'.length) };
  return /^(?:[a-z][a-z0-9+.-]+:|git@|github\.com\/)/i.test(value) ? { type: 'remote' } : { type: 'local' };
}

/** Whether ADD fetches the source, over HTTP or as a git repository. */
export function isRemoteSource(source: string): boolean {
  return /^(?:https?|git|ssh):\/\//.test(source) || /^[\w-]+@[\w.-]+:/.test(source);
}

/** Whether a git URL names a commit, whose content never changes. */
export const namesCommit = (url: string): boolean => /#[0-9a-f]{40}(?::[^#]*)?$/.test(url);

/** Name under which BuildKit looks for a named context: `docker.io/library/node:latest` is `node`. */
function familiarName(reference: string): string {
  return reference
    .replace(/^(?:index\.)?docker\.io\//, '')
    .replace(/^library\/(?=[^/]+$)/, '')
    .replace(/:latest$/, '');
}

/** The named context that replaces a stage or an image; `scratch` and `context` can't be replaced. */
export function findContext(contexts: Record<string, string>, name: string): string | undefined {
  if (/^(?:scratch|context)$/i.test(name) || name.includes(UNKNOWN)) return undefined;
  return Object.keys(contexts).find((key) => familiarName(key) === familiarName(name));
}
