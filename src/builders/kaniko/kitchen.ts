import type { KanikoSettings } from '../../config/builder-settings.js';
import type { Problem } from '../../lib/errors.js';
import type { BuildRequest } from '../builder.js';
import type { BuildStep } from '../built.js';
import type { KanikoPorts } from './ports.js';
import type { Prepared } from './prepare.js';
import type { PodLogin } from './secrets.js';
import type { Staged } from './staging-tags.js';

/** What all builds of a run share. */
export interface Kitchen {
  order: BuildRequest;
  settings: KanikoSettings;
  ports: KanikoPorts;
  prepared: readonly Prepared[];
  pool: ReturnType<KanikoPorts['createPool']>;
  /** Pods that may run at once. */
  places: number;
  /** Also aborted when another image has failed. */
  signal: AbortSignal;
  nextNumber(): number;
  /** Tells why an image's build does not begin. */
  queued(key: string, message: string): void;
  /** The registries' logins that pods get. */
  login?: PodLogin;
  /** What was pushed, as far as it is known; collected, as the others. */
  staged: Staged[];
  /** Pods that were stopped before their end, and are gone. */
  removed: string[];
  warnings: Problem[];
  steps: BuildStep[];
  emptyFolder: string;
}

/** What has come of a target. */
export interface Built {
  key: string;
  /** What the pods pushed; empty: nothing was pushed. */
  manifests: { platform: string; digest: string }[];
  /** Of the index; undefined for what is not published. */
  digest?: string;
  /** References of the images that went in. */
  reads: string[];
  seconds: number;
  counts: { total: number; cached: number };
}
