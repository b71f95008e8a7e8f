import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { attempt, parseJson } from '../lib/json.js';
import { recordOf, SCHEME, type FingerprintInput, type FingerprintRecord } from './fingerprint.js';
import { depthOf, fitsFolded, foldBelow, shortened } from './fold.js';

/** Characters that an annotation may take: registries limit a manifest to 4 MiB, and people look at it. */
const LONGEST = 32 * 1024;
/** Bytes of the text before it is compressed; longer ones are not unpacked. */
const LARGEST = 1 << 20;
/** More inputs can't fit, as each hash takes eight bytes. */
const MOST = 3000;

/**
 * Encodes a record for an annotation: at most 32 KiB of base64url. Hashes are cut to 16 digits; if there are too many
 * inputs, all below a folder becomes one (`below web/src`), from the deepest folders up.
 * @returns empty: even so it is too long
 */
export function encodeRecord(record: FingerprintRecord): string {
  for (const inputs of shorter(record.inputs)) {
    const { version, inputs: sorted } = { ...recordOf(inputs), version: record.version };
    const names = sorted.map(({ name }) => name);
    const text = JSON.stringify([version, names, sorted.map(({ hash }) => hash).join(' ')]);
    if (text.length > LARGEST / 3) continue;
    const encoded = deflateRawSync(text, { level: 9 }).toString('base64url');
    if (encoded.length <= LONGEST) return encoded;
  }
  return '';
}

/** The inputs, each time fewer. */
function* shorter(inputs: readonly FingerprintInput[]): Generator<FingerprintInput[]> {
  for (let depth = depthOf(inputs); depth >= 0; depth -= 1)
    if (fitsFolded(inputs, depth, MOST)) yield foldBelow(inputs, depth).map(shortened);
}

/** @returns undefined if the text is no record, of another scheme, or larger than any that was written */
export function decodeRecord(text: string): FingerprintRecord | undefined {
  if (text.length > LONGEST || !/^[A-Za-z0-9_-]+$/.test(text)) return undefined;
  const unpack = () => inflateRawSync(Buffer.from(text, 'base64url'), { maxOutputLength: LARGEST });
  const parsed = parseJson(attempt(unpack, Buffer.alloc(0)));
  if (!Array.isArray(parsed) || parsed.length !== 3) return undefined;
  const [version, names, joined] = parsed as unknown[];
  if (version !== SCHEME || !Array.isArray(names) || typeof joined !== 'string') return undefined;
  const hashes = joined === '' ? [] : joined.split(' ');
  if (hashes.length !== names.length || new Set(names).size !== names.length) return undefined;
  const inputs: FingerprintInput[] = [];
  for (const [at, name] of names.entries()) {
    const hash = hashes[at]!;
    if (typeof name !== 'string' || !/^[0-9a-f]+$/.test(hash)) return undefined;
    inputs.push({ name, hash });
  }
  return recordOf(inputs);
}
