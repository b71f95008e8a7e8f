/** The commit that is released, and the event: read from the event payload or from git, never from an API. */
export interface Source {
  /** `owner/name`, spelled as on the forge; undefined outside a known forge. */
  repository?: string;
  /** `https://github.com/owner/name`, or the remote's URL without credentials. */
  url?: string;
  /** 40 (or 64) hex digits: the commit that is built. */
  commit: string;
  /** Committer date of `commit`, seconds since the epoch. */
  commitTime: number;
  ref: SourceRef;
  /** Why `commit` isn't known to be part of `ref`; such code is built like a fork's. */
  unconfirmed?: string;
  event: SourceEvent;
  /** Undefined if neither payload nor git names it. */
  defaultBranch?: string;
  /** From the payload; undefined outside GitHub. */
  visibility?: 'public' | 'private' | 'internal';
  description?: string;
  license?: string;
  /** Actions run, for messages and trailers. */
  run?: { id: string; number: number; attempt: number; url: string };
  /** When this run began, seconds since the epoch; the only clock of planning. */
  now: number;
}

export type SourceRef =
  | { type: 'branch'; name: string }
  /** `base`: the branch that the push payload names for the tag, which GitHub seldom fills in. */
  | { type: 'tag'; name: string; base?: string }
  | { type: 'pull-request'; number: number; head: string; base: string; fork: boolean }
  /** A commit on no branch (detached checkout). */
  | { type: 'commit' };

export type SourceEvent =
  /** `commits`: those of the push; absent if it created or rewrote the branch. */
  | { name: 'push'; deleted: boolean; commits?: readonly { id: string; message: string }[] }
  | { name: 'workflow_dispatch' }
  | { name: 'pull_request' }
  | { name: 'schedule'; cron: string }
  /** A person at a terminal. */
  | { name: 'manual' }
  | { name: 'other'; event: string };
