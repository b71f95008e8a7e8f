import type { FoundBuilder } from './builders/builder-choice.js';
import type { BuildResult } from './builders/built.js';
import type { Config } from './config/config.js';
import type { Deployment, DeployResult, Intent, Rollout } from './deploy/target.js';
import type { ServedTags } from './deploy/rollout/branch.js';
import type { BaseImages } from './dockerfile/description.js';
import type { Facts } from './facts/facts.js';
import type { Source } from './facts/source.js';
import type { ImageFingerprint } from './fingerprint/fingerprint.js';
import type { Problem } from './lib/errors.js';
import type { Plan, ReleaseRequest } from './plan/plan.js';
import type { Baselines } from './registry/baseline/find-baselines.js';
import type { ClaimedImage } from './registry/confirm.js';
import type { PublishedImage } from './registry/published-image.js';
import type { RunEvent } from './report/live/run-event.js';
import type { Report } from './report/report.js';
import type { LiveReport } from './report/running.js';

/** The outside, as a release needs it. */
export interface Dependencies {
  readonly source: Source;
  /** Files that a commit of the repository edits; undefined: it adds or removes some, or is a merge. */
  editedFiles(commit: string): Promise<string[] | undefined>;
  probe(): Promise<Facts>;
  /**
   * Reads the inputs of the images: base images as their registries have them (undefined: nobody was asked),
   * files as they are on disk.
   */
  readInputs(plan: Plan, bases?: BaseImages): Promise<Record<string, ImageFingerprint>>;
  /** The images named in the Dockerfiles; those that can't be had are in it as unresolved. */
  describeBases(plan: Plan): Promise<BaseImages>;
  /**
   * The published state of each image. Never an obstacle: an unreadable one is in it as a problem. Ledgers and tags are
   * read while `inputs` and `bases` are still on their way.
   */
  findBaselines(
    plan: Plan,
    inputs: Promise<Record<string, ImageFingerprint>>,
    bases?: Promise<BaseImages>,
    rights?: 'probe-to-build',
  ): Promise<Baselines>;
  /** Finds out what can build here; asked only when something is to be built. */
  findBuilder(plan: Plan): Promise<FoundBuilder>;
  /**
   * Asks builder, registry and deploy targets whether the plan can be carried out; all objections at once.
   * Without `builder` nothing will be built. Images of a plan without images have to be in the registry already.
   * @param rights what prevents pushing, if that is known; an empty list: the tags that are created next will tell
   */
  check(
    plan: Plan,
    rollouts: readonly Rollout[],
    intent: Intent,
    builder?: FoundBuilder,
    rights?: readonly Problem[],
  ): Promise<Problem[]>;
  /** @param bases as `describeBases` found them */
  build(plan: Plan, builder: FoundBuilder, bases: BaseImages): Promise<BuildResult>;
  /** Asks the registry whether all pushed images, from here or from a run elsewhere, are complete; creates no tag. */
  confirm(plan: Plan, pushed: readonly ClaimedImage[]): Promise<PublishedImage[]>;
  publish(
    plan: Plan,
    built: BuildResult,
    intent: Intent,
    baselines: Pick<Baselines, 'verified' | 'unread' | 'tags'>,
  ): Promise<PublishedImage[]>;
  /**
   * If a newer release was deployed meanwhile, the moving tags go to that one.
   * @param since when the tags had been moved, milliseconds of `performance.now()`
   */
  reconcileTags(
    plan: Plan,
    published: readonly PublishedImage[],
    intent: Intent,
    since: number,
  ): Promise<PublishedImage[]>;
  /** @param served digests of tags as this run has read or created them, by `image:tag` */
  deploy(plan: Plan, rollouts: readonly Rollout[], intent: Intent, served?: ServedTags): Promise<DeployResult>;
  /** Waits until the cluster runs what was deployed. @throws Cancelled */
  awaitRunning(request: { config: Config; deployments: readonly Deployment[]; limitMs: number }): Promise<LiveReport>;
  onEvent(event: RunEvent): void;
  /** Asks the user before a deployment; undefined: nobody can be asked. */
  askUser?(report: Report): Promise<'yes' | 'no'>;
  readonly signal: AbortSignal;
}

export interface RunRequest {
  config: Config;
  request: ReleaseRequest;
  /** `plan`: don't ask for rights. `preflight`: also ask registry and deploy target for them. Neither does anything. */
  until: 'plan' | 'preflight' | 'deploy';
  /** How long to wait until the cluster runs what was deployed, milliseconds; undefined: don't wait. */
  waitMs?: number;
  /** What was found while reading the configuration: warnings. */
  notices: readonly Problem[];
}

export interface ReleaseRunRequest extends RunRequest {
  /** Whether the published images are compared; `offline`: nothing but this machine is asked. */
  compare: 'published' | 'offline';
}
