import { INPUTS, type InputName } from '../../src/config/inputs.generated.js';
import { readInputs } from '../../src/config/inputs.js';
import { ReleaseError } from '../../src/lib/errors.js';

/** As the runner hands them over: defaults filled in, all else empty. */
export function runner(given: Partial<Record<InputName, string>>) {
  return (name: InputName): string => {
    const entry: { description: string; default?: string } = INPUTS[name];
    const fallback = entry.default?.includes('${{') ? '' : entry.default;
    return given[name] ?? fallback ?? '';
  };
}

export const read = (given: Partial<Record<InputName, string>>) => readInputs(runner(given));

export function messagesOf(given: Partial<Record<InputName, string>>): string[] {
  try {
    read(given);
  } catch (error) {
    if (error instanceof ReleaseError) return error.problems.map(({ message, fix }) => `${message} ${fix}`);
    throw error;
  }
  throw new Error('The inputs were taken.');
}
