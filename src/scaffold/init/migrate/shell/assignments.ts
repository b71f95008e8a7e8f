import type { Assignment } from 'unbash';
import { PARAMETERS, setParameters } from './parameters.js';
import type { Variables } from './variables.js';
import { expandText, listOf, type Expansion } from './words.js';

/** `NAME=value`, `NAME+=value`, `NAME=(a b)`, `NAME[key]=value`. */
export function assign(
  variables: Variables,
  { name, value, append, index }: Assignment,
  expansion: Expansion,
): void {
  const current = variables.get(name);
  if (value.type === 'ArrayValue') {
    const earlier = append === true && typeof current === 'object' ? [...current.values()] : [];
    variables.set(name, listOf(value, earlier, expansion));
    return;
  }
  const text = expandText(value, expansion);
  if (index !== undefined) {
    const table = typeof current === 'object' ? current : [];
    variables.set(name, new Map([...table, [expandText(index, expansion), text]]));
    return;
  }
  variables.set(name, append === true && typeof current === 'string' ? current + text : text);
}

/** What is set of these names meanwhile is forgotten after. */
export function keeping(variables: Variables, names: readonly string[], run: () => void): void {
  const before = names.map((name) => [name, variables.get(name)] as const);
  run();
  for (const [name, value] of before)
    if (value === undefined) variables.delete(name);
    else variables.set(name, value);
}

/** Whatever is set meanwhile is forgotten after, as what a program of its own sets. */
export function keepingAll<Result>(variables: Variables, run: () => Result): Result {
  const before = new Map(variables);
  const result = run();
  variables.clear();
  for (const [name, value] of before) variables.set(name, value);
  return result;
}

/** The words that a function is called with. */
export function withParameters(variables: Variables, words: readonly string[], run: () => void): void {
  keeping(variables, PARAMETERS, () => {
    setParameters(variables, words);
    run();
  });
}
