import { basesOf, type Config } from '../config/config.js';
import { encodeRecord } from '../fingerprint/record.js';
import type { BaseImages } from '../dockerfile/description.js';
import type { ImageFingerprint } from '../fingerprint/fingerprint.js';
import type { Problem } from '../lib/errors.js';
import { COLD_ANNOTATION, INPUTS_ANNOTATION, RECORD_ANNOTATION, type Baseline } from './baseline.js';
import { chooseBuild, type BuildChoice, type ChosenBase } from './build-choice.js';
import { rfc3339, type Plan, type PlannedImage, type ReleaseRequest } from './plan.js';
import { keepReleaseTag } from './release-tag.js';

/** Facts about the images of a plan before anything is built. */
export interface Comparison {
  bases: BaseImages;
  /** By image key. */
  inputs: Record<string, ImageFingerprint>;
  /** By image key; empty with `--offline`. */
  baselines: Record<string, Baseline>;
}

/**
 * Decides which images are built: all that are not certainly unchanged, with a `reason`. Bases are decided before the
 * images that are built on them. An image that is built again under an existing release tag gets a numbered tag, since
 * release tags never move. Pure: `source.now` is the clock.
 * @returns the plan with decisions, and the problems of the baselines with `registry/release-tag-taken`
 */
export function decideBuilds(
  plan: Plan,
  comparison: Comparison,
  request: ReleaseRequest,
  config: Pick<Config, 'unchanged' | 'maxAge'>,
): { plan: Plan; problems: Problem[] } {
  const { commit, now } = plan.source;
  const choices = new Map<string, BuildChoice>();
  const choose = (image: PlannedImage): BuildChoice => {
    const known = choices.get(image.key);
    if (known) return known;
    const keys = basesOf(image);
    const used = plan.images.filter(({ key }) => keys.includes(key));
    const bases = used.map((base): ChosenBase => ({ base, choice: choose(base) }));
    const inputs = comparison.inputs[image.key];
    const baseline = comparison.baselines[image.key];
    const choice = chooseBuild({ image, bases, inputs, baseline, request, config, now });
    choices.set(image.key, choice);
    return choice;
  };
  const problems: Problem[] = [];
  const images = plan.images.map((image): PlannedImage => {
    const baseline = comparison.baselines[image.key];
    const choice = choose(image);
    const decided = withChoice(image, choice, comparison.inputs[image.key]);
    problems.push(...(baseline?.problems ?? []));
    if (plan.publish.mode === 'build-only') return decided;
    const kept = keepReleaseTag(decided, choice, baseline?.existingTag, commit);
    if (kept.problem) problems.push(kept.problem);
    return kept.image;
  });
  return { plan: { ...plan, images }, problems };
}

function withChoice(image: PlannedImage, choice: BuildChoice, inputs: ImageFingerprint | undefined): PlannedImage {
  const fingerprint = inputs?.status === 'known' ? { fingerprint: inputs.fingerprint } : {};
  if (choice.do === 'reuse') {
    const { tag, digest, commit, commitsSince } = choice.candidate;
    const since = { tag, commit, commits: commitsSince };
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
