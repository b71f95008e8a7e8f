import type { Problem } from '../../../src/lib/errors.js';

/** The arguments of a command that a fix shows between backticks. */
export function commandIn({ fix }: Problem, program: string): string[] {
  const found = new RegExp(`\`${program} ([^\`]+)\``).exec(fix)?.[1];
  if (found === undefined) throw new Error(`No ${program} in: ${fix}`);
  return found.split(' ');
}
