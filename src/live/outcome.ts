/** An image as a branch deploys it. */
export interface ExpectedImage {
  key: string;
  channel: string;
  /** Repository reference without tag. */
  image: string;
  tag?: string;
  digest?: string;
  /** `owner/name` or URL of the repository with the Kustomization; undefined: the released one. */
  repository?: string;
  branch: string;
  /** The deploy commit; undefined: the Kustomization was edited by hand. */
  commit?: string;
  /** Folders of the Kustomizations that deploy it. */
  folders: readonly string[];
  /** Namespaces that these Kustomizations set; empty: any. */
  namespaces: readonly string[];
}

/** The state of an image in the cluster. A `reason` is a clause without full stop. */
export type LiveOutcome =
  /** `since`: when a commit status said so, milliseconds since the epoch. */
  | { status: 'running'; since?: number }
  | { status: 'progressing'; reason: string }
  | { status: 'failed'; reason: string; since?: number; log?: readonly string[] }
  /** `open`: time alone may answer it, for example the next sync. */
  | { status: 'unknown'; reason: string; open?: true };

export const progressing = (reason: string) => ({ status: 'progressing' as const, reason });
export const failed = (reason: string) => ({ status: 'failed' as const, reason });
export const unknown = (reason: string) => ({ status: 'unknown' as const, reason });
/** Unknown, but time alone may answer it. */
export const open = (reason: string) => ({ status: 'unknown' as const, reason, open: true as const });

/** A container whose log explains a failure. */
export interface LogPlace {
  namespace: string;
  pod: string;
  container: string;
}

/** `workloads` are named as in `Deployment acme/api`; `logOf` is read only for a report. */
export type LiveImage = Pick<ExpectedImage, 'key' | 'channel' | 'image' | 'tag'> & {
  /** The origin of the answer. */
  source: 'cluster' | 'commit-statuses' | 'none';
  workloads: readonly string[];
  outcome: LiveOutcome;
  logOf?: LogPlace;
};

/** The order in which one image's workloads decide its outcome. */
const GRAVITY: readonly LiveOutcome['status'][] = ['failed', 'unknown', 'progressing', 'running'];

/** The outcome that counts of several: the worst. Undefined: there is none. */
export function worstOf<T extends { outcome: LiveOutcome }>(items: readonly T[]): T | undefined {
  const rank = ({ outcome }: T) => GRAVITY.indexOf(outcome.status);
  return items.toSorted((one, other) => rank(one) - rank(other))[0];
}
