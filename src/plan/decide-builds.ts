import { basesOf, type Config } from '../config/config.js';
import { encodeRecord } from '../fingerprint/record.js';
import type { BaseImages, ImageInputs } from '../dockerfile/description.js';
import type { Problem } from '../lib/errors.js';
import { COLD_ANNOTATION, INPUTS_ANNOTATION, RECORD_ANNOTATION, type BaselineReading } from './baseline.js';
import { chooseBuild, type Choice, type ChosenBase } from './build-choice.js';
import type { Plan, PlannedImage, ReleaseRequest } from './plan.js';
import { keepReleaseTag } from './release-tag.js';

/** What is known of the images of a plan before anything is built. */
export interface Comparison {
  bases: BaseImages;
  /** By image key. */
  inputs: Record<string, ImageInputs>;
  /** By image key; empty where nothing was asked (`--offline`). */
  baselines: Record<string, BaselineReading>;
}

/**
 * Decides which images are built. What can't be shown to be the same is built, and `reason` says why. Bases are
 * decided on before what stands on them. An image that is built once more under a release tag that stands already
 * gets a tag with a number, since release tags never move. Pure: `source.now` is the clock.
 * @returns the plan with decisions, and the problems of the readings with `registry/release-tag-taken`
 */
export function decideBuilds(
  plan: Plan,
  comparison: Comparison,
  request: ReleaseRequest,
  config: Pick<Config, 'unchanged' | 'maxAge'>,
): { plan: Plan; problems: Problem[] } {
  const { commit, now } = plan.source;
  const choices = new Map<string, Choice>();
  const choose = (image: PlannedImage): Choice => {
    const known = choices.get(image.key);
    if (known) return known;
    const keys = basesOf(image);
    const used = plan.images.filter(({ key }) => keys.includes(key));
    const bases = used.map((base): ChosenBase => ({ base, choice: choose(base) }));
    const { [image.key]: inputs } = comparison.inputs;
    const { [image.key]: reading } = comparison.baselines;
    const choice = chooseBuild({ image, bases, inputs, reading, request, config, now });
    choices.set(image.key, choice);
    return choice;
  };
  const problems: Problem[] = [];
  const images = plan.images.map((image): PlannedImage => {
    const { [image.key]: reading } = comparison.baselines;
    const choice = choose(image);
    const decided = withChoice(image, choice, comparison.inputs[image.key]);
    problems.push(...(reading?.problems ?? []));
    if (plan.publish.mode === 'build-only') return decided;
    const kept = keepReleaseTag(decided, choice, reading?.occupant, commit);
    if (kept.problem) problems.push(kept.problem);
    return kept.image;
  });
  return { plan: { ...plan, images }, problems };
}

function withChoice(image: PlannedImage, choice: Choice, inputs: ImageInputs | undefined): PlannedImage {
  const fingerprint = inputs?.status === 'known' ? { fingerprint: inputs.fingerprint } : {};
  if (choice.do === 'reuse') {
    const { tag, digest, commit, commitsSince } = choice.candidate;
    const since = {
      tag,
      ...(commit !== undefined && { commit }),
      ...(commitsSince !== undefined && { commits: commitsSince }),
    };
    return { ...image, status: 'unchanged', digest, since, reason: sinceWords(since), ...fingerprint };
  }
  const annotations = {
    ...image.annotations,
    ...(inputs?.status === 'known' && {
      [INPUTS_ANNOTATION]: inputs.fingerprint,
      [RECORD_ANNOTATION]: encodeRecord(inputs.record),
    }),
    ...(choice.coldAt !== undefined && { [COLD_ANNOTATION]: rfc3339(choice.coldAt) }),
  };
  return {
    ...image,
    status: 'build',
    reason: choice.reason,
    noCache: image.noCache || choice.cache === 'cold',
    annotations: Object.fromEntries(Object.entries(annotations).sort(([a], [b]) => (a < b ? -1 : 1))),
    ...fingerprint,
  };
}

function sinceWords({ tag, commits }: { tag: string; commits?: number }): string {
  if (commits === undefined || commits === 0) return `since ${tag}`;
  return `since ${tag} (${commits} ${commits === 1 ? 'commit' : 'commits'})`;
}

function rfc3339(seconds: number): string {
  return new Date(Math.floor(seconds) * 1000).toISOString().replace('.000Z', 'Z');
}
