import * as z from 'zod';

/**
 * The building blocks of the schema. Convention: a schema's `error` completes the sentence
 * "`key` must be …"; for an object it lists the keys that it knows (see `schema-issues.ts`).
 */

/** An object without unknown keys. */
export function mapping<Shape extends z.ZodRawShape>(shape: Shape, expected = 'a mapping') {
  const known = Object.keys(shape).join(' ');
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? known : expected),
  });
}

export function text(expected: string, pattern?: RegExp) {
  const string = z.string({ error: expected });
  return pattern === undefined ? string.min(1, { error: expected }) : string.regex(pattern, { error: expected });
}

export function oneOf<const Values extends readonly [string, ...string[]]>(values: Values) {
  return z.enum(values, { error: listWords(values) });
}

/** An optional key with its description in the reference and the JSON Schema. */
export function option<Schema extends z.ZodType>(
  schema: Schema,
  description: string,
  meta: { default?: unknown; examples?: unknown[] } = {},
) {
  return schema.optional().meta({ description, ...meta });
}

export const boolean = () => z.boolean({ error: 'true or false' });

export const wholeNumber = (expected: string) => z.int({ error: expected }).min(1, { error: expected });

/** One of several forms, distinguished by the type of the YAML value; `expected` names them all. */
export function either<const Options extends readonly [z.ZodType, z.ZodType, ...z.ZodType[]]>(
  options: Options,
  expected: string,
) {
  return z.union(options, { error: expected });
}

/** `auto, gha or none`. */
export function listWords(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words[words.length - 1] as string}`;
}

const UPWARDS = String.raw`(?!(?:.*/)?\.\.(?:/|$))`;
const NO_BACKSLASH = String.raw`[^\\\r\n]+$`;

/** Relative, forward slashes, no `..`. */
export const repositoryPath = () =>
  text(
    'a path inside the repository, relative to its root, with `/` and without `..`',
    new RegExp(`^(?!/)${UPWARDS}${NO_BACKSLASH}`),
  );

/** Relative to the context; `..` may lead elsewhere in the repository, which `check-config.ts` checks. */
export const dockerfilePath = () =>
  text('a path inside the repository, relative to the context, with `/`', new RegExp(`^(?!/)${NO_BACKSLASH}`));

/** Usable as bake target, in output names (`<key>-digest`) and on a command line. */
export const IMAGE_KEY = '[a-z0-9][a-z0-9_-]*';

/** A part of the name of a git ref. */
export const CHANNEL = /^[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?$/;

/** A path in the repository, another image of it, or one of the sources that BuildKit fetches itself. */
export const contextSource = () =>
  text(
    'a path inside the repository, `image:<key>`, `docker-image://…`, `oci-layout://…` or the URL of a git repository or archive',
    new RegExp(
      String.raw`^(?:(?:docker-image|oci-layout|https?|git|ssh)://\S+|git@\S+|image:${IMAGE_KEY}$|(?!/)(?!image:)(?!target:)${UPWARDS}(?![a-z][a-z-]*://)${NO_BACKSLASH})`,
    ),
  );

const scalar = () => z.union([z.string(), z.number(), z.boolean()], { error: 'a string, number or boolean' });

/** `{NAME: value}`, or a list of `NAME=value` as compose and docker's actions take them. */
export const nameValues = () =>
  either(
    [
      z
        .record(z.string().regex(/^[^=\s]+$/, { error: 'a name without blanks and `=`' }), scalar())
        .meta({ description: 'Name to value.' }),
      z.array(text('`NAME=value`', /^[^=\s]+=/)).meta({ description: 'Items of the form NAME=value.' }),
    ],
    'a mapping of names to values, or a list of `NAME=value`',
  );

/** One item per line or list item, as docker/metadata-action takes them; a line that starts with `#` is a comment. */
export const lines = (item: string) =>
  either(
    [z.array(text(item)), z.string().meta({ description: 'One per line.' })],
    `a list of strings or a text with one ${item} per line`,
  );

/** A list, or one string with commas. */
export const commaList = (itemExpected: string, itemPattern: string, expected: string) =>
  either(
    [
      z.array(text(itemExpected, new RegExp(`^${itemPattern}$`))),
      text(itemExpected, new RegExp(String.raw`^\s*${itemPattern}(?:\s*,\s*${itemPattern})*\s*$`)).meta({
        description: 'Separated by commas.',
      }),
    ],
    expected,
  );

export const PLATFORM = String.raw`[a-z0-9]+/[a-z0-9_]+(?:/[a-z0-9.]+)?`;

export const platformList = () =>
  commaList('a platform such as `linux/arm64`', PLATFORM, 'a list of strings or one comma-separated string');

/** `default` is what bake calls the group of all targets, `all` the word for all images in `images: all`. */
export const RESERVED_KEYS = ['all', 'default'] as const;

export const imageKeyList = () =>
  commaList('the key of an image', IMAGE_KEY, 'a list of image keys or one comma-separated string');

/** `no-cache` → `noCache` */
export function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

export function readCommaList(written: string | string[] | undefined): string[] {
  return typeof written === 'string' ? written.split(',').map((item) => item.trim()) : (written ?? []);
}

/** The items of `lines`. */
export function readLines(written: string | string[] | undefined): string[] {
  const items = typeof written === 'string' ? written.split('\n') : (written ?? []);
  return items.map((item) => item.trim()).filter((item) => item !== '' && !item.startsWith('#'));
}

/** `NAME=value`; a name alone has an empty value. */
export function splitPair(text: string): [name: string, value: string] {
  const end = text.indexOf('=');
  return end < 0 ? [text, ''] : [text.slice(0, end), text.slice(end + 1)];
}
