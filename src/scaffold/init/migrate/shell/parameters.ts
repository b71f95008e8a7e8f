import { hole } from '../holes.js';
import type { Variable, Variables } from './variables.js';

/** Names that positional parameters have: `$1` to `$9`, and all of them. */
export const PARAMETERS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '@'];

/** The words that a script or function is called with; undefined: nobody knows. */
export function parametersOf(variables: Variables): string[] | undefined {
  const all = variables.get('@');
  return typeof all === 'object' ? [...all.values()] : undefined;
}

export function setParameters(variables: Variables, words: readonly string[]): void {
  for (const [index, name] of PARAMETERS.slice(0, 9).entries()) {
    const word = words[index];
    if (word === undefined) variables.delete(name);
    else variables.set(name, word);
  }
  variables.set('@', new Map(words.map((word, index) => [String(index), word])));
}

/** `shift 2`, `set -- a b`; what is not known stays as it is. @returns whether it is one of them */
export function changeParameters(variables: Variables, [name, ...words]: readonly string[]): boolean {
  if (name === 'set' && words[0] === '--') setParameters(variables, words.slice(1));
  else if (name === 'shift') {
    const known = parametersOf(variables);
    const count = Number(words[0] ?? 1);
    if (known !== undefined && Number.isInteger(count)) setParameters(variables, known.slice(count));
  } else return false;
  return true;
}

/** Options of `read` and `mapfile` that take a value. */
const WITH_VALUE = /^-[a-zA-Z]*[pdntuNiCcOs]$/;

/** `read -r name`, `mapfile -t names`: only a run knows what it reads. @returns whether it is one of them */
export function setsByInput(variables: Variables, [name, ...words]: readonly string[]): boolean {
  if (name !== 'read' && name !== 'mapfile' && name !== 'readarray') return false;
  for (const [index, word] of words.entries())
    if (/^[A-Za-z_]\w*$/.test(word) && !WITH_VALUE.test(words[index - 1] ?? ''))
      variables.set(word, hole(`$(${name} ${word})`));
  return true;
}

/** `$#`, `$*`, and any variable. */
export function variableNamed(variables: Variables, name: string): Variable | undefined {
  const words = parametersOf(variables);
  if (name === '#') return words && String(words.length);
  return variables.get(name === '*' ? '@' : name);
}

/** An option that `getopts` finds, with its value where it takes one. */
interface FoundOption {
  name: string;
  value?: string;
}

/** https://pubs.opengroup.org/onlinepubs/9799919799/utilities/getopts.html @returns `next`: what OPTIND is in the end */
function optionsIn(spec: string, words: readonly string[]): { options: FoundOption[]; next: number } {
  const options: FoundOption[] = [];
  let at = 0;
  while (/^-[^-]/.test(words[at] ?? '')) {
    let letters = words[at]!.slice(1);
    at += 1;
    while (letters !== '') {
      const name = letters[0]!;
      letters = letters.slice(1);
      const place = spec.indexOf(name);
      if (place < 0 || name === ':') options.push({ name: '?', value: name });
      else if (spec[place + 1] !== ':') options.push({ name });
      else {
        options.push({ name, value: letters === '' ? (words[at++] ?? '') : letters });
        letters = '';
      }
    }
  }
  return { options, next: (words[at] === '--' ? at + 1 : at) + 1 };
}

/** `while getopts SPEC NAME`: each option in turn. */
export function forEachOption(
  [, spec = '', name = '']: readonly string[],
  parameters: readonly string[],
  variables: Variables,
  run: () => void,
): void {
  const { options, next } = optionsIn(spec, parameters);
  for (const option of options) {
    variables.set(name, option.name);
    variables.set('OPTARG', option.value ?? '');
    run();
  }
  variables.set('OPTIND', String(next));
}
