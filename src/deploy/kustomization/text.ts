import { failure, type Place } from '../../lib/errors.js';

/** A line and column, both from 1, for an offset in UTF-16 units. */
export function placeAt(path: string, text: string, offset: number): Place {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line++;
  const mark = start === 0 && text.startsWith('\ufeff') ? 1 : 0;
  return { file: path, line, column: offset - start - mark + 1 };
}

/**
 * Bytes. Ten thousand lines of entries with digests have less than half of it, real files 16 kB at most; and
 * what is read in whole at this size still takes less than a second.
 */
const LARGEST = 1024 * 1024;

const FORBIDDEN = [
  {
    // https://yaml.org/spec/1.2.2/#51-character-set
    pattern: /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]/,
    why: 'a control character, which YAML forbids',
    fix: 'Remove it, or save the file as UTF-8 when it has another encoding.',
  },
  {
    // YAML 1.1, https://yaml.org/spec/1.1/#id871136: what looks like the rest of a comment would be a line of its own.
    pattern: /[\x85\u2028\u2029]/,
    why: 'which ends a line for kustomize, but neither for YAML 1.2 nor for an editor',
    fix: 'Put an ordinary line break or a space in its place.',
  },
];

/**
 * Decodes a Kustomization without losing a byte: encoding the result gives the same bytes back, byte-order
 * mark included.
 * @throws ReleaseError `deploy/kustomization-too-large`, `deploy/kustomization-unreadable` for anything but UTF-8
 * text that YAML allows
 */
export function decodeText(path: string, bytes: Uint8Array): string {
  if (bytes.length > LARGEST) {
    throw failure({
      code: 'deploy/kustomization-too-large',
      message: `${path} is ${(bytes.length / LARGEST).toFixed(1)} MiB large; a Kustomization has at most 1 MiB.`,
      fix: 'Name the Kustomization itself, or move generated data into files that it refers to.',
      place: { file: path },
    });
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw unreadable(path, bytes, invalidByteOffset(bytes), 'is not UTF-8');
  }
  for (const { pattern, why, fix } of FORBIDDEN) {
    const found = pattern.exec(text);
    if (!found) continue;
    const code = found[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
    throw failure({
      code: 'deploy/kustomization-unreadable',
      message: `${path} holds the character U+${code}, ${why}.`,
      fix,
      place: placeAt(path, text, found.index),
    });
  }
  return text;
}

/**
 * The same text for a YAML 1.2 parser that knows `\n` and `\r\n` only: a lone carriage return is a line
 * break too (https://yaml.org/spec/1.2.2/#54-line-break-characters). All offsets stay.
 */
export function withPlainBreaks(text: string): string {
  return text.replaceAll(/\r(?!\n)/g, '\n');
}

/** The line break that the line holding `offset` ends with; on the last line that of the line before. */
export function breakNear(text: string, offset: number): string {
  const own = breakAt(text, lineEnd(text, offset));
  if (own !== '') return own;
  const start = lineStart(text, offset);
  if (text.slice(start - 2, start) === '\r\n') return '\r\n';
  return text[start - 1] === '\r' ? '\r' : '\n';
}

/** The line break that stands at `offset`; empty when none does. */
export function breakAt(text: string, offset: number): string {
  if (text.startsWith('\r\n', offset)) return '\r\n';
  const character = text[offset];
  return character === '\n' || character === '\r' ? character : '';
}

/** Offset of the line break (or the end of the text) that ends the line holding `offset`. */
export function lineEnd(text: string, offset: number): number {
  const found = text.slice(offset).search(/[\r\n]/);
  return found < 0 ? text.length : offset + found;
}

/** Offset of the first character of the line holding `offset`. */
export function lineStart(text: string, offset: number): number {
  let start = offset;
  while (start > 0 && text[start - 1] !== '\n' && text[start - 1] !== '\r') start--;
  return start === 0 && text.startsWith('\ufeff') ? 1 : start;
}

function unreadable(path: string, bytes: Uint8Array, offset: number, what: string) {
  const before = new TextDecoder('latin1').decode(bytes.subarray(0, offset));
  return failure({
    code: 'deploy/kustomization-unreadable',
    message: `${path} ${what}.`,
    fix: 'Save the file as UTF-8; kustomize reads nothing else.',
    place: placeAt(path, before, offset),
  });
}

/** Where the first ill-formed sequence begins: the longest prefix that decodes, found by halving. */
function invalidByteOffset(bytes: Uint8Array): number {
  let sound = 0;
  let broken = bytes.length;
  while (broken - sound > 1) {
    const middle = (sound + broken) >> 1;
    if (decodes(bytes.subarray(0, middle), { stream: true })) sound = middle;
    else broken = middle;
  }
  while (!decodes(bytes.subarray(0, sound), { stream: false })) sound--;
  return sound;
}

/** Whether the bytes are UTF-8; in a stream, a sequence may be cut off at the end. */
function decodes(bytes: Uint8Array, options: { stream: boolean }): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, options);
    return true;
  } catch {
    return false;
  }
}
