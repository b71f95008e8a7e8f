import { spawnSync } from 'node:child_process';
import { performance } from 'node:perf_hooks';

/** One thing to be timed; `run` does it once. */
export interface Contender<Done = void> {
  name: string;
  /** Done before each run, not timed. */
  prepare?(): void;
  run(): Done;
}

/** What was measured, as in docs/dev/benchmarks.md; times in seconds, ratios of the first to the second. */
export interface Comparison {
  claim: string;
  /** What the design demands, in words; undefined: there is no such demand. */
  bar?: string;
  ours: Spread & { name: string };
  theirs: Spread & { name: string };
  ratio: Spread;
  difference: Spread;
  pairs: number;
}

export interface Spread {
  min: number;
  median: number;
  max: number;
}

export interface Run {
  cwd: string;
  env: NodeJS.ProcessEnv;
  input?: string;
}

const results: Comparison[] = [];

/** Everything that was compared so far in this process. */
export const comparisons: readonly Comparison[] = results;

/** Least number of pairs that a claim rests on. */
export const LEAST_PAIRS = 5;

export function execute(program: string, args: string[], { cwd, env, input }: Run): string {
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd,
    env,
    input,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}:\n${stderr.slice(-2000)}`);
  return stdout;
}

/** What is to be shown, and by how many pairs. */
export interface Claim {
  claim: string;
  bar?: string;
  pairs: number;
}

/** Runs both in turn, A B A B …, after one round that is not counted: the ratio is taken pair by pair. */
export function compare(claim: Claim, ours: Contender, theirs: Contender): void {
  const pairs: Pair[] = [];
  for (let round = 0; round <= roundsOf(claim); round++) {
    const pair = onePair(ours, theirs);
    if (round > 0) pairs.push(pair);
  }
  conclude(claim, ours, theirs, pairs);
}

/**
 * What we are compared with may fail by itself: docker's second push of a tag can meet a registry that just writes it
 * (distribution 2.8). Such a pair counts for nobody and is measured again.
 */
function onePair(ours: Contender, theirs: Contender, tries = 3): Pair {
  const first = seconds(ours);
  try {
    return { ours: first, theirs: seconds(theirs) };
  } catch (error) {
    if (tries === 1) throw error;
    console.log(`${theirs.name} failed; the pair is measured again.`);
    return onePair(ours, theirs, tries - 1);
  }
}

/** The same for what runs in this process and has to be waited for. */
export async function compareAwaited(
  claim: Claim,
  ours: Contender<Promise<void>>,
  theirs: Contender<void | Promise<void>>,
): Promise<void> {
  const pairs: Pair[] = [];
  for (let round = 0; round <= roundsOf(claim); round++) {
    const pair = { ours: await secondsAwaited(ours), theirs: await secondsAwaited(theirs) };
    if (round > 0) pairs.push(pair);
  }
  conclude(claim, ours, theirs, pairs);
}

interface Pair {
  ours: number;
  theirs: number;
}

const roundsOf = ({ pairs }: Claim) => Math.max(pairs, LEAST_PAIRS);

function conclude(
  { claim, bar }: Claim,
  ours: { name: string },
  theirs: { name: string },
  pairs: readonly Pair[],
): void {
  const result: Comparison = {
    claim,
    ...(bar !== undefined && { bar }),
    ours: { name: ours.name, ...spread(pairs.map((pair) => pair.ours)) },
    theirs: { name: theirs.name, ...spread(pairs.map((pair) => pair.theirs)) },
    ratio: spread(pairs.map((pair) => pair.ours / pair.theirs)),
    difference: spread(pairs.map((pair) => pair.ours - pair.theirs)),
    pairs: pairs.length,
  };
  results.push(result);
  console.log(`\n${describeComparison(result).join('\n  ')}`);
}

/** Title, both sides, ratio: one line each. */
export function describeComparison({ claim, bar, ours, theirs, ratio, difference, pairs }: Comparison): string[] {
  const factors = [ratio.median, ratio.min, ratio.max].map((value) => value.toFixed(3));
  return [
    claim,
    `${ours.name}: ${describeTimes(ours)}`,
    `${theirs.name}: ${describeTimes(theirs)}`,
    `ratio ${factors[0]} (${factors[1]} to ${factors[2]}), difference ${show(difference.median)}, ${pairs} pairs`,
    ...(bar === undefined ? [] : [`wanted: ${bar}`]),
  ];
}

/** `median (min to max)`. */
export function describeTimes({ min, median, max }: Spread): string {
  return `${show(median)} (${show(min)} to ${show(max)})`;
}

function seconds({ prepare, run }: Contender): number {
  prepare?.();
  const began = performance.now();
  run();
  return (performance.now() - began) / 1000;
}

async function secondsAwaited({ prepare, run }: Contender<void | Promise<void>>): Promise<number> {
  prepare?.();
  const began = performance.now();
  await run();
  return (performance.now() - began) / 1000;
}

function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((x, y) => x - y);
  const middle = Math.floor(sorted.length / 2);
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { min: sorted[0]!, median, max: sorted.at(-1)! };
}

const show = (value: number) => (Math.abs(value) < 2 ? `${(value * 1000).toFixed(0)} ms` : `${value.toFixed(2)} s`);
