import { inspect } from 'node:util';

/** A secret value: prints as `***` in every formatter and in JSON; read it only where it is handed over. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '***';
  }

  toJSON(): string {
    return '***';
  }

  [inspect.custom](): string {
    return '***';
  }
}

/** Makes a function that replaces every given secret, also base64-encoded, and signatures of URLs by `***`. */
export function redactor(secrets: readonly Secret[]): (text: string) => string {
  const needles = secrets
    .map((secret) => secret.reveal())
    .flatMap((value) => [value, ...value.split(/\r?\n/)])
    .map((value) => value.trim())
    .filter((value) => value.length >= 4)
    .flatMap((value) => [value, Buffer.from(value).toString('base64'), encodeURIComponent(value)])
    .sort((a, b) => b.length - a.length);
  const unique = [...new Set(needles)];
  return (text) =>
    unique
      .reduce((result, needle) => result.replaceAll(needle, '***'), text)
      .replace(SIGNATURE, (_, name: string) => `${name}***`);
}

/** The same value with every string in it cleaned: what JSON escapes is no longer found in its text. */
export function cleanStrings<T>(value: T, clean: (text: string) => string): T {
  if (typeof value === 'string') return clean(value) as T;
  if (Array.isArray(value)) return value.map((item: unknown) => cleanStrings(item, clean)) as T;
  if (typeof value !== 'object' || value === null || value instanceof Secret) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, cleanStrings(item, clean)]),
  ) as T;
}

/** Whoever has the signed URL of a cache or a registry may read from it: until it is too old it is a secret, too. */
const SIGNATURE = /([?&](?:sig|X-Amz-Signature)=)[\w%+/=.~-]+/gi;
