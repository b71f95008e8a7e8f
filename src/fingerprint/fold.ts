import type { Input } from '../dockerfile/description.js';
import { digestOf } from './fingerprint.js';
import { fileName, parseName } from './names.js';

/** Digits of a hash that a shortened record keeps: enough to see that something changed. */
export const KEPT = 16;

/**
 * Puts one input in the place of all that stands in a folder `depth` folders below the root, or deeper:
 * `below web/src`. Its hash is over those inputs, their hashes cut to KEPT digits as in a written record.
 */
export function foldBelow(inputs: readonly Input[], depth: number): Input[] {
  return fold(inputs, (path) => {
    const parts = path.split('/');
    return parts.length > depth ? parts.slice(0, depth).join('/') : undefined;
  });
}

/**
 * Folds the same folders as another record has folded, so that both can be compared.
 * @param folders names `below …`
 */
export function foldLike(inputs: readonly Input[], folders: readonly string[]): Input[] {
  if (folders.length === 0) return [...inputs];
  const wanted = new Set(folders);
  return fold(inputs, (path, context) => {
    for (const parts = path.split('/').slice(0, -1); ; parts.pop()) {
      const folder = parts.join('/');
      if (wanted.has(fileName('below', context, folder))) return folder;
      if (parts.length === 0) return undefined;
    }
  });
}

/** How many inputs there would be with all folded below depth 0, 1, …; with the last one nothing is folded. */
export function countFolded(inputs: readonly Input[]): number[] {
  const depths = new Map<string, number>();
  const depthOf = (context: string, folder: string): number => {
    const key = `${context}\0${folder}`;
    let depth = depths.get(key);
    if (depth === undefined) {
      depth = folder === '' ? 0 : depthOf(context, folder.slice(0, Math.max(folder.lastIndexOf('/'), 0))) + 1;
      depths.set(key, depth);
    }
    return depth;
  };
  let others = 0;
  const standing: number[] = [];
  for (const { name } of inputs) {
    const parsed = parseName(name);
    if (parsed.kind === 'other') {
      others += 1;
    } else {
      const depth = depthOf(parsed.context, parsed.path.slice(0, Math.max(parsed.path.lastIndexOf('/'), 0)));
      standing[depth] = (standing[depth] ?? 0) + 1;
    }
  }
  const folders: number[] = [];
  for (const depth of depths.values()) folders[depth] = (folders[depth] ?? 0) + 1;
  let above = others;
  return Array.from({ length: standing.length + 1 }, (_, depth) => {
    above += depth === 0 ? 0 : (standing[depth - 1] ?? 0);
    return above + (folders[depth] ?? 0);
  });
}

/** One input for all of each kind (`all arg`), for records that are too long even so. */
export function foldKinds(inputs: readonly Input[]): Input[] {
  const kinds = new Map<string, Input[]>();
  for (const input of inputs) {
    const kind = `all ${input.name.replace(/[@ ][\s\S]*/, '')}`;
    const members = kinds.get(kind);
    if (members === undefined) kinds.set(kind, [input]);
    else members.push(input);
  }
  return [...kinds].map(([name, members]) => ({ name, hash: hashOf(members) }));
}

export function cut({ name, hash }: Input): Input {
  return { name, hash: hash.slice(0, KEPT) };
}

/** @param folderOf folder that takes the place of what stands at the path; undefined: it stays */
function fold(
  inputs: readonly Input[],
  folderOf: (path: string, context: string) => string | undefined,
): Input[] {
  const kept: Input[] = [];
  const folded = new Map<string, Input[]>();
  for (const input of inputs) {
    const parsed = parseName(input.name);
    const folder = parsed.kind === 'other' ? undefined : folderOf(parsed.path, parsed.context);
    if (parsed.kind === 'other' || folder === undefined) {
      kept.push(input);
      continue;
    }
    const name = fileName('below', parsed.context, folder);
    const members = folded.get(name);
    if (members === undefined) folded.set(name, [input]);
    else members.push(input);
  }
  for (const [name, members] of folded) kept.push({ name, hash: hashOf(members) });
  return kept;
}

function hashOf(members: readonly Input[]): string {
  return digestOf(members.map(cut)).slice(0, KEPT);
}
