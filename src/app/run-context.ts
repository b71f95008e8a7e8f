import type { AskCancel } from '../builders/dispatch/dispatch.js';
import type { RegistryLogin } from '../builders/docker-config.js';
import type { ProgressListener } from '../builders/progress-events.js';
import type { ConfigSource } from '../config/find.js';
import type { Clockwork } from '../lib/sleep.js';
import type { Ancestry } from '../deploy/order.js';
import type { DeployPlace, DeployTarget } from '../deploy/target.js';
import type { Environment } from '../facts/facts.js';
import type { Source } from '../facts/source.js';
import type { ReleaseRequest } from '../plan/plan.js';
import type { RunEvent } from '../report/live/run-event.js';
import type { SigningSetting } from './signing.js';

/** Everything that an entry point has read of its environment, for one run. */
export interface RunContext {
  root: string;
  source: Source;
  uncommitted: string[];
  environment: Environment;
  /** Command line of `actions-cache.ts`; undefined where there is no Actions cache to carry cache mounts with. */
  cacheProgram?: readonly [string, ...string[]];
  /** Of a builder without requested platforms: `linux/amd64`. */
  platform: string;
  /** Environment of child processes; build secrets are taken from it by name. */
  env: NodeJS.ProcessEnv;
  /** Home folder of the user, and a folder for temporary files. */
  home: string;
  temp: string;
  logins: RegistryLogin[];
  /** Makes the target of a branch that is deployed to. */
  openTarget(place: DeployPlace, clockwork: Clockwork): DeployTarget;
  /** Opens the released repository, to compare its commits. */
  openHistory(clockwork: Clockwork): Ancestry & Pick<DeployTarget, 'editedFiles' | 'close'>;
  signing: SigningSetting;
  /** `none`: what is deployed is taken at its word. */
  registryCheck: 'registry' | 'none';
  /** The request of this run, for a run on the forge that gets the same one. */
  request: ReleaseRequest & { config?: ConfigSource };
  forge: { serverUrl: string; apiUrl: string };
  /** Undefined: nobody is at a terminal. */
  askCancel?: AskCancel;
  /** Of this process; undefined where there are none. */
  uid: number | undefined;
  userAgent: string;
  signal: AbortSignal;
  onProgress: ProgressListener;
  onEvent(event: RunEvent): void;
  say(line: string): void;
  redact(text: string): string;
  /** Gets everything that outlives this process if it is killed: folder of the registry logins, builder, pods. */
  onLeftover(leftover: Leftover): void;
}

export type Leftover =
  | { dockerConfig: string }
  /** As `removeBuilder` takes it. */
  | { builder: string }
  /** Everything in the cluster that is labelled with the run. */
  | { pods: { run: string; namespace?: string } };
