import type { Config } from '../config/config.js';
import { compareRecords, describeChange } from '../fingerprint/compare.js';
import type { ImageFingerprint } from '../fingerprint/fingerprint.js';
import type { Baseline, Candidate } from './baseline.js';
import type { PlannedImage, ReleaseRequest } from './plan.js';
import { fullName } from './references.js';

/** What a release does with one image. */
export type BuildChoice =
  | {
      do: 'build';
      reason: string;
      cache: 'cached' | 'cold';
      /** Time of the last build without cache; undefined: there is no `max-age`. */
      coldAt?: number;
    }
  | { do: 'reuse'; candidate: Candidate };

/** A base image of the same plan, and what the release does with it. */
export interface ChosenBase {
  base: PlannedImage;
  choice: BuildChoice;
}

export interface ChoiceBasis {
  image: PlannedImage;
  /** Of the same plan. */
  bases: readonly ChosenBase[];
  /** Undefined: they were not read. */
  inputs: ImageFingerprint | undefined;
  /** Undefined: `--offline`. */
  baseline: Baseline | undefined;
  request: Pick<ReleaseRequest, 'rebuild'>;
  config: Pick<Config, 'unchanged' | 'maxAge'>;
  /** Seconds since the epoch. */
  now: number;
}

/** An image is built unless a published build is certainly the same. */
export function chooseBuild(basis: ChoiceBasis): BuildChoice {
  const verdict = reasonToBuild(basis) ?? chooseCandidate(basis);
  if (typeof verdict !== 'string') return { do: 'reuse', candidate: verdict };
  return build(verdict, basis);
}

/** With `max-age` a build may use the cache as long as the last build without cache is young enough. */
function build(reason: string, { image, baseline, config, now }: ChoiceBasis): BuildChoice {
  if (config.maxAge === undefined) return { do: 'build', reason, cache: 'cached' };
  const before = baseline?.candidates[0];
  const fresh = !image.noCache && before !== undefined && isYoung(before, config.maxAge, now);
  return fresh
    ? { do: 'build', reason, cache: 'cached', coldAt: before.coldAt }
    : { do: 'build', reason, cache: 'cold', coldAt: now };
}

/** Why an image is built regardless of its published builds, a clause. */
export function requestedBuild({
  image,
  request,
  config,
}: Pick<ChoiceBasis, 'image' | 'request' | 'config'>): string | undefined {
  if (config.unchanged === 'rebuild') return 'skip-unchanged is off';
  if (request.rebuild) return 'forced';
  if (image.noCache || image.helpers?.some(({ noCache }) => noCache)) return 'no-cache';
  return undefined;
}

/** Why no candidate can be reused, a clause. */
function reasonToBuild(basis: ChoiceBasis): string | undefined {
  const { bases, inputs, baseline } = basis;
  const requested = requestedBuild(basis);
  if (requested !== undefined) return requested;
  if (inputs === undefined) return 'its inputs were not read';
  if (inputs.status === 'unknown') return inputs.reason;
  if (baseline === undefined) return 'not compared: offline';
  const built = bases.find(({ choice }) => choice.do === 'build');
  if (built !== undefined) return `its base ${built.base.key} is built`;
  if (baseline.candidates.length > 0) return undefined;
  if (baseline.problems.length > 0) return 'what is published could not be read';
  return baseline.gone === undefined ? 'never published' : `the registry no longer has ${baseline.gone}`;
}

/** The first candidate that can be reused, or why none can. */
function chooseCandidate({ bases, inputs, baseline, config, now }: ChoiceBasis): Candidate | string {
  const candidates = baseline?.candidates ?? [];
  const whole = candidates.filter(({ verdict }) => verdict.status === 'whole');
  const onBases = whole.filter((candidate) => bases.every((base) => containsBase(candidate, base)));
  const { maxAge } = config;
  const young = onBases.find((candidate) => maxAge === undefined || isYoung(candidate, maxAge, now));
  if (young !== undefined) return young;
  if (onBases.length > 0 && maxAge !== undefined) return `older than max-age (${durationWords(maxAge)})`;
  const other = bases.find((base) => whole.some((candidate) => !containsBase(candidate, base)));
  if (other !== undefined) return `it was built on another build of ${other.base.key}`;
  const [first] = candidates;
  return first?.verdict.status === 'unfit' ? first.verdict.reason : differenceFrom(candidates, inputs);
}

/**
 * Whether a build contains the reused build of its base: it names its digest, or it ended after that one had begun, as
 * when both were built together. Inputs can't decide this, since they are the same in each build.
 */
function containsBase({ builtAt, builtOn }: Candidate, { base, choice }: ChosenBase): boolean {
  if (choice.do === 'build') return false;
  const { digest, startedAt } = choice.candidate;
  const named = builtOn?.[fullName(base.image)];
  if (named !== undefined) return named.every((other) => other === digest);
  return builtAt !== undefined && startedAt !== undefined && startedAt <= builtAt;
}

function isYoung({ coldAt }: Candidate, maxAge: number, now: number): boolean {
  return coldAt !== undefined && now - coldAt <= maxAge;
}

/** The changes since the first candidate that has a record of its inputs. */
function differenceFrom(candidates: readonly Candidate[], inputs: ImageFingerprint | undefined): string {
  const recorded = candidates.find(({ record }) => record !== undefined);
  if (recorded?.record !== undefined && inputs?.record !== undefined) {
    const change = describeChange(compareRecords(recorded.record, inputs.record));
    if (change !== '') return change;
  }
  const [first] = candidates;
  return first?.fingerprint === undefined
    ? `${first?.tag} has no record of its inputs`
    : `other inputs than ${first.tag}`;
}

function durationWords(seconds: number): string {
  const [size, unit] = UNITS.find(([length]) => seconds % length === 0) ?? [1, 'second'];
  const count = seconds / size;
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

const UNITS: readonly [number, string][] = [
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
];
