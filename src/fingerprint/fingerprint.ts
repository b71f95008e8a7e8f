import { createHash, hash } from 'node:crypto';

export interface FingerprintInput {
  /** Kind and name: `file src/server.js`, `arg NODE_ENV`, `stage build`, `platform linux/amd64`, `image base`. */
  name: string;
  /** Hex digits; those of a file cover type, mode and content. */
  hash: string;
}

/** Everything that determines an image, each with a hash; sorted by name. It holds only the ids of secrets. */
export interface FingerprintRecord {
  /** Of the scheme: records of different schemes are never equal. */
  version: number;
  inputs: FingerprintInput[];
}

/** The inputs of an image as they are before it is built. */
export type ImageFingerprint =
  | {
      status: 'known';
      /** `v1:` and 64 hex digits over the whole record. */
      fingerprint: string;
      record: FingerprintRecord;
      /** References of external images as the Dockerfile names them, which the record does not cover. */
      images: string[];
    }
  | UnknownFingerprint;

/** Something can't be pinned: the image is always built. */
export interface UnknownFingerprint {
  status: 'unknown';
  /** A clause without full stop. */
  reason: string;
  /** Of the Dockerfile. */
  line?: number;
  record?: FingerprintRecord;
}

export const unknown = (reason: string, line?: number): UnknownFingerprint => ({
  status: 'unknown',
  reason,
  ...(line !== undefined && { line }),
});

/** Version of the scheme: changes whenever the same inputs would get another hash. */
export const SCHEME = 1;

/** Inputs that are hashed in one call: a call for each would take longer than the hash. */
const CHUNK = 512;

/** @returns 64 hexadecimal digits */
export function hashText(text: string): string {
  return hash('sha256', text, 'hex');
}

/** Sorts by name, so that the same inputs make the same record in whatever order they were found. */
export function recordOf(inputs: FingerprintInput[]): FingerprintRecord {
  return {
    version: SCHEME,
    inputs: inputs.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)),
  };
}

/** `v1:` and the SHA-256 of all inputs. */
export function fingerprintOf({ version, inputs }: FingerprintRecord): string {
  return `v${version}:${digestOf(inputs)}`;
}

/**
 * Hashes names and hashes in their order, each with its length before it, so that no two records read alike.
 * @returns 64 hexadecimal digits
 */
export function digestOf(inputs: readonly FingerprintInput[]): string {
  const sum = createHash('sha256');
  for (let at = 0; at < inputs.length; at += CHUNK) {
    let chunk = '';
    for (const { name, hash: value } of inputs.slice(at, at + CHUNK))
      chunk += `${name.length}:${name}${value.length}:${value}`;
    sum.update(chunk);
  }
  return sum.digest('hex');
}
