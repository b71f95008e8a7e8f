import type { Config } from '../config/config.js';
import { compareRecords, describeChange } from '../fingerprint/compare.js';
import type { ImageInputs } from '../dockerfile/description.js';
import type { BaselineReading, Candidate } from './baseline.js';
import type { PlannedImage, ReleaseRequest } from './plan.js';
import { splitImageName } from './references.js';

/** What is done for one image. */
export type Choice =
  | {
      do: 'build';
      reason: string;
      cache: 'cached' | 'cold';
      /** When it will have been built without cache last; undefined: nobody asks (no `max-age`). */
      coldAt?: number;
    }
  | { do: 'reuse'; candidate: Candidate };

/** An image that another one stands on, and what is done for it. */
export interface ChosenBase {
  base: PlannedImage;
  choice: Choice;
}

export interface ChoiceBasis {
  image: PlannedImage;
  /** Of the same plan. */
  bases: readonly ChosenBase[];
  /** Undefined: they were not read. */
  inputs: ImageInputs | undefined;
  /** Undefined: nothing was asked. */
  reading: BaselineReading | undefined;
  request: Pick<ReleaseRequest, 'force'>;
  config: Pick<Config, 'unchanged' | 'maxAge'>;
  /** Seconds since the epoch. */
  now: number;
}

/** Decides for one image: whatever speaks against what is published leads to a build. */
export function chooseBuild(basis: ChoiceBasis): Choice {
  const verdict = reasonToBuild(basis) ?? chooseCandidate(basis);
  if (typeof verdict !== 'string') return { do: 'reuse', candidate: verdict };
  return build(verdict, basis);
}

/** How a build goes with `max-age`: it may use the cache for as long as the last one without may be built upon. */
function build(reason: string, { image, reading, config, now }: ChoiceBasis): Choice {
  if (config.maxAge === undefined) return { do: 'build', reason, cache: 'cached' };
  const before = reading?.candidates[0];
  const fresh = !image.noCache && before !== undefined && isYoung(before, config.maxAge, now);
  return fresh
    ? { do: 'build', reason, cache: 'cached', coldAt: before.coldAt }
    : { do: 'build', reason, cache: 'cold', coldAt: now };
}

/** What makes looking at candidates pointless, as a clause. */
function reasonToBuild({ image, bases, inputs, reading, request, config }: ChoiceBasis): string | undefined {
  if (config.unchanged === 'rebuild') return 'skip-unchanged is off';
  if (request.force) return 'forced';
  if (image.noCache || image.helpers?.some(({ noCache }) => noCache)) return 'no-cache';
  if (inputs === undefined) return 'its inputs were not read';
  if (inputs.status === 'unknown') return inputs.reason;
  if (reading === undefined) return 'not compared: offline';
  const built = bases.find(({ choice }) => choice.do === 'build');
  if (built !== undefined) return `its base ${built.base.key} is built`;
  if (reading.candidates.length > 0) return undefined;
  if (reading.problems.length > 0) return 'what is published could not be read';
  return reading.gone === undefined ? 'never published' : `the registry no longer has ${reading.gone}`;
}

/** The first candidate that nothing speaks against, or what speaks against the first. */
function chooseCandidate({ bases, inputs, reading, config, now }: ChoiceBasis): Candidate | string {
  const candidates = reading?.candidates ?? [];
  const whole = candidates.filter(({ verdict }) => verdict.status === 'whole');
  const onBases = whole.filter((candidate) => bases.every((base) => standsOn(candidate, base)));
  const { maxAge } = config;
  const young = onBases.find((candidate) => maxAge === undefined || isYoung(candidate, maxAge, now));
  if (young !== undefined) return young;
  if (onBases.length > 0 && maxAge !== undefined) return `older than max-age (${durationWords(maxAge)})`;
  const other = bases.find((base) => whole.some((candidate) => !standsOn(candidate, base)));
  if (other !== undefined) return `it was built on another build of ${other.base.key}`;
  const [first] = candidates;
  return first?.verdict.status === 'unfit' ? first.verdict.reason : differenceFrom(candidates, inputs);
}

/**
 * Whether a build holds that build of its base which is used again now: it names its digest, or it ended after that
 * one had begun, as when both were built together. Inputs alone don't tell, since they are the same in each build.
 */
function standsOn({ builtAt, builtOn }: Candidate, { base, choice }: ChosenBase): boolean {
  if (choice.do === 'build') return false;
  const { digest, startedAt } = choice.candidate;
  const { host, repository } = splitImageName(base.image);
  const named = builtOn?.[`${host}/${repository}`];
  if (named !== undefined) return named.every((other) => other === digest);
  return builtAt !== undefined && startedAt !== undefined && startedAt <= builtAt;
}

function isYoung({ coldAt }: Candidate, maxAge: number, now: number): boolean {
  return coldAt !== undefined && now - coldAt <= maxAge;
}

/** What has changed since the first candidate that tells its inputs. */
function differenceFrom(candidates: readonly Candidate[], inputs: ImageInputs | undefined): string {
  const recorded = candidates.find(({ record }) => record !== undefined);
  if (recorded?.record !== undefined && inputs?.record !== undefined) {
    const change = describeChange(compareRecords(recorded.record, inputs.record));
    if (change !== '') return change;
  }
  const [first] = candidates;
  return first?.fingerprint === undefined
    ? `${first?.tag} does not say what it was built from`
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
