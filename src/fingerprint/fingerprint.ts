import { createHash, hash } from 'node:crypto';
import type { Input, InputRecord } from '../dockerfile/description.js';

/** Version of what is counted and how it is written down: changed whenever the same inputs would hash otherwise. */
export const SCHEME = 1;

/** How many inputs are joined before they are handed to the hash: a call for each would take longer than the hash. */
const PIECE = 512;

/** @returns 64 hexadecimal digits */
export function hashText(text: string): string {
  return hash('sha256', text, 'hex');
}

/** Sorts by name, so that the same inputs make the same record in whatever order they were found. */
export function recordOf(inputs: Input[]): InputRecord {
  return {
    version: SCHEME,
    inputs: inputs.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)),
  };
}

/** `v1:` and the SHA-256 of all inputs, each part with its length before it, so that no two records read alike. */
export function fingerprintOf({ version, inputs }: InputRecord): string {
  return `v${version}:${digestOf(inputs)}`;
}

/** @returns 64 hexadecimal digits over names and hashes in their order */
export function digestOf(inputs: readonly Input[]): string {
  const sum = createHash('sha256');
  for (let at = 0; at < inputs.length; at += PIECE) {
    let piece = '';
    for (const { name, hash: value } of inputs.slice(at, at + PIECE)) {
      piece += `${name.length}:${name}${value.length}:${value}`;
    }
    sum.update(piece);
  }
  return sum.digest('hex');
}
