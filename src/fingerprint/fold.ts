import { digestOf, type FingerprintInput } from './fingerprint.js';
import { inputName, parseName } from './names.js';

/** Digits of a hash that a shortened record keeps: enough to see that something changed. */
const KEPT = 16;

/** Folders and files deeper than `depth` folders below the root become one input for each folder: `below web/src`. */
export function foldBelow(inputs: readonly FingerprintInput[], depth: number): FingerprintInput[] {
  return fold(inputs, (input) => nameBelow(input, depth));
}

/** Whether at most `limit` inputs remain with all folded below `depth`. */
export function fitsFolded(inputs: readonly FingerprintInput[], depth: number, limit: number): boolean {
  const names = new Set<string>();
  for (const input of inputs) {
    names.add(nameBelow(input, depth));
    if (names.size > limit) return false;
  }
  return true;
}

/** How many folders deep the deepest input is. */
export function depthOf(inputs: readonly FingerprintInput[]): number {
  return inputs.reduce((depth, { name }) => Math.max(depth, name.split('/').length), 0);
}

function nameBelow({ name }: FingerprintInput, depth: number): string {
  const parsed = parseName(name);
  if (parsed.kind === 'other') return name;
  const parts = parsed.path.split('/');
  return parts.length > depth ? inputName('below', parsed.context, parts.slice(0, depth).join('/')) : name;
}

/** Folds the same folders as another record has folded, so that both can be compared. @param folders names `below …` */
export function foldLike(inputs: readonly FingerprintInput[], folders: readonly string[]): FingerprintInput[] {
  if (folders.length === 0) return [...inputs];
  const wanted = new Set(folders);
  return fold(inputs, ({ name }) => {
    const parsed = parseName(name);
    if (parsed.kind === 'other') return name;
    for (const parts = parsed.path.split('/').slice(0, -1); ; parts.pop()) {
      const folder = inputName('below', parsed.context, parts.join('/'));
      if (wanted.has(folder)) return folder;
      if (parts.length === 0) return name;
    }
  });
}

export function shortened({ name, hash }: FingerprintInput): FingerprintInput {
  return { name, hash: hash.slice(0, KEPT) };
}

/** Replaces inputs by one of another name, whose hash covers them, shortened as in a written record. */
function fold(inputs: readonly FingerprintInput[], nameOf: (input: FingerprintInput) => string): FingerprintInput[] {
  const kept: FingerprintInput[] = [];
  const folded = new Map<string, FingerprintInput[]>();
  for (const input of inputs) {
    const name = nameOf(input);
    const members = folded.get(name);
    if (name === input.name) kept.push(input);
    else if (members === undefined) folded.set(name, [input]);
    else members.push(input);
  }
  for (const [name, members] of folded) kept.push({ name, hash: digestOf(members.map(shortened)).slice(0, KEPT) });
  return kept;
}
