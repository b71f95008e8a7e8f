import { spawnSync } from 'node:child_process';
import { performance } from 'node:perf_hooks';

/** One thing to be timed; `run` does it once. */
export interface Contender {
  name: string;
  run(): void;
}

export interface Run {
  cwd: string;
  env: NodeJS.ProcessEnv;
  input?: string;
}

export function execute(program: string, args: string[], { cwd, env, input }: Run): string {
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd,
    env,
    input,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0)
    throw new Error(`${program} ${args.join(' ')} ended with ${status}:\n${stderr.slice(-2000)}`);
  return stdout;
}

/** Runs both in turn, A B A B …, after one round that is not counted: the ratio is taken pair by pair. */
export function compare(claim: string, rounds: number, a: Contender, b: Contender): void {
  const pairs: { a: number; b: number }[] = [];
  for (let round = 0; round <= rounds; round++) {
    const pair = { a: seconds(a), b: seconds(b) };
    if (round > 0) pairs.push(pair);
  }
  const ratios = pairs.map((pair) => pair.a / pair.b);
  console.log(`\n${claim}`);
  console.log(`  ${a.name}: ${show(median(pairs.map((pair) => pair.a)))}`);
  console.log(`  ${b.name}: ${show(median(pairs.map((pair) => pair.b)))}`);
  console.log(
    `  ratio ${median(ratios).toFixed(3)} (${Math.min(...ratios).toFixed(3)} to ${Math.max(...ratios).toFixed(3)}), difference ${show(median(pairs.map((pair) => pair.a - pair.b)))}, ${rounds} pairs`,
  );
}

function seconds({ run }: Contender): number {
  const began = performance.now();
  run();
  return (performance.now() - began) / 1000;
}

function median(values: number[]): number {
  const sorted = [...values].sort((x, y) => x - y);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

const show = (value: number) =>
  Math.abs(value) < 2 ? `${(value * 1000).toFixed(0)} ms` : `${value.toFixed(2)} s`;
