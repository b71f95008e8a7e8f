import { inspect } from 'node:util';

/** A secret value: prints as `***` in every formatter and in JSON; read it only where it is passed on. */
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

/**
 * Makes a function that replaces every given secret by `***`: as it is, as JSON, URLs and forms write it, within base64
 * (a login is `user:password` there), and signatures of URLs.
 */
export function redactor(secrets: readonly Secret[]): (text: string) => string {
  const values = secrets
    .map((secret) => secret.reveal())
    .flatMap((value) => [value, ...value.split(/\r?\n/)])
    .map((value) => value.trim())
    .filter((value) => value.length >= 4);
  const needles = longestFirst(values.flatMap((value) => [value, ...spellingsOf(value)]));
  const encoded = longestFirst(values.flatMap(withinBase64));
  return (text) => {
    const decoded = encoded.reduce(blotBase64, text);
    return needles
      .reduce((result, needle) => result.replaceAll(needle, '***'), decoded)
      .replace(SIGNATURE, (_, name: string) => `${name}***`);
  };
}

function longestFirst(needles: string[]): string[] {
  return [...new Set(needles)].sort((a, b) => b.length - a.length);
}

function spellingsOf(value: string): string[] {
  const url = encodeURIComponent(value);
  const form = new URLSearchParams({ '': value }).toString().slice(1);
  const lower = [url, form].map((text) => text.replaceAll(/%../g, (escape) => escape.toLowerCase()));
  return [Buffer.from(value).toString('base64'), JSON.stringify(value).slice(1, -1), url, form, ...lower];
}

/** Shorter pieces would be found where no secret is. */
const SHORTEST_PIECE = 8;

/** The characters of base64 that the value alone decides, at each of the three places where it may begin. */
function withinBase64(value: string): string[] {
  const bytes = Buffer.from(value);
  return [0, 1, 2].flatMap((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    const piece = text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
    if (piece.length < SHORTEST_PIECE) return [];
    return [piece, piece.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

/** All of the base64 around it: the characters next to it hold the rest of its first and last byte. */
function blotBase64(text: string, piece: string): string {
  const kept: string[] = [];
  let end = 0;
  for (let at = text.indexOf(piece); at >= 0; at = text.indexOf(piece, end)) {
    let start = at;
    while (start > end && isBase64(text[start - 1])) start--;
    kept.push(text.slice(end, start), '***');
    end = at + piece.length;
    while (isBase64(text[end])) end++;
  }
  return kept.join('') + text.slice(end);
}

function isBase64(character: string | undefined): boolean {
  return character !== undefined && /[A-Za-z0-9+/=_-]/.test(character);
}

/** The same value with every string in it cleaned: what JSON escapes is no longer found in its text. */
export function cleanStrings<T>(value: T, clean: (text: string) => string): T {
  if (typeof value === 'string') return clean(value) as T;
  if (Array.isArray(value)) return value.map((item: unknown) => cleanStrings(item, clean)) as T;
  if (typeof value !== 'object' || value === null || value instanceof Secret) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, cleanStrings(item, clean)])) as T;
}

/** Anyone with the signed URL of a cache or a registry may read from it, so it is a secret until it expires. */
const SIGNATURE = /([?&](?:sig|X-Amz-Signature)=)[\w%+/=.~-]+/gi;
