import { failure, type Place } from '../../lib/errors.js';

/** A line and column, both from 1, for an offset in UTF-16 units. */
export function placeAt(path: string, text: string, offset: number): Place {
  const start = lineStart(text, offset);
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line++;
  return { file: path, line, column: offset - start + 1 };
}

/** In bytes. Ten thousand lines of entries are less than half of it; real files have 16 kB at most. */
const LARGEST = 1024 * 1024;

/**
 * Control characters (https://yaml.org/spec/1.2.2/#51-character-set), and characters that end a line for
 * kustomize (YAML 1.1) but not for an editor: the rest of a comment would become a line.
 */
const FORBIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]|\r(?!\n)/;

/** Decodes a Kustomization without losing a byte: encoding gives the same bytes, byte-order mark included. */
export function decodeText(path: string, bytes: Uint8Array): string {
  const unreadable = (message: string, fix: string, text: string, offset: number) =>
    failure({ code: 'deploy/kustomization-unreadable', message, fix, place: placeAt(path, text, offset) });
  if (bytes.length > LARGEST) {
    throw failure({
      code: 'deploy/kustomization-missing',
      message: `${path} is ${(bytes.length / LARGEST).toFixed(1)} MiB large; a Kustomization has at most 1 MiB.`,
      fix: 'Name the Kustomization itself, or move generated data into files that it refers to.',
      place: { file: path },
    });
  }
  const decode = (fatal: boolean) => new TextDecoder('utf-8', { fatal, ignoreBOM: true }).decode(bytes);
  let text: string;
  try {
    text = decode(true);
  } catch {
    const lenient = decode(false);
    const fix = 'Save the file as UTF-8; kustomize reads nothing else.';
    throw unreadable(`${path} is not UTF-8.`, fix, lenient, lenient.indexOf('\ufffd'));
  }
  const found = FORBIDDEN.exec(text);
  if (!found) return text;
  const code = found[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
  const message = `${path} contains the character U+${code}, which YAML forbids or reads as a line break.`;
  const fix = 'Remove it, use ordinary line breaks, or save the file as UTF-8 if it has another encoding.';
  throw unreadable(message, fix, text, found.index);
}

/** The line break that ends the line of `offset`; on the last line that of the line before. */
export function breakNear(text: string, offset: number): string {
  const end = lineEnd(text, offset);
  if (end < text.length) return text[end] === '\r' ? '\r\n' : '\n';
  const start = lineStart(text, offset);
  return text.slice(start - 2, start) === '\r\n' ? '\r\n' : '\n';
}

/** Offset of the line break (or the end of the text) that ends the line of `offset`. */
export function lineEnd(text: string, offset: number): number {
  const found = text.indexOf('\n', offset);
  if (found < 0) return text.length;
  return found > offset && text[found - 1] === '\r' ? found - 1 : found;
}

/** Offset of the first character of the line of `offset`, behind a byte-order mark. */
export function lineStart(text: string, offset: number): number {
  const start = offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
  return start === 0 && text.startsWith('\ufeff') ? 1 : start;
}
