import { posix } from 'node:path';
import * as z from 'zod';
import { problem, warning, type Place, type Problem } from '../lib/errors.js';
import { bakeTargetSchema, ignoredOutputs, readTarget, targetName, type BakeTarget } from './bake-target.js';
import type { Config, ImageConfig, ImageOverride } from './config.js';
import { camelCase, IMAGE_KEY, RESERVED_KEYS } from './schema-forms.js';

/** What `docker buildx bake --print` prints; the group `default` holds the selected targets. */
export const bakePrintSchema = z.object({
  group: z.record(z.string(), z.object({ targets: z.array(z.string()).default([]) })).default({}),
  target: z.record(z.string(), bakeTargetSchema).default({}),
});

export type BakePrint = z.output<typeof bakePrintSchema>;

export interface BakeFile {
  /** Relative to the repository root. */
  path: string;
  text: string;
}

/**
 * Converts the selected targets to images, and the targets that they are built on to helpers. Settings under `images`
 * override those of a target of the same key; a helper that `images` names is an image.
 * Bake targets come after the images of the configuration, by name: buildx prints them in no order.
 * @param root folder of the repository, in which bake was run
 */
export function readBakeImages(
  config: Config,
  print: BakePrint,
  files: readonly BakeFile[],
  root: string,
): { config: Config; problems: Problem[] } {
  const overrides = config.bake?.overrides ?? {};
  const place = (name: string) => placeOfTarget(name, files);
  const roots = rootsOf(print, config.bake?.targets ?? []);
  const released = new Map<string, string>();
  const problems: Problem[] = [];
  if (roots.length === 0)
    problems.push(
      problem({
        code: 'config/bake-invalid',
        place: config.place('bake'),
        message: `${files.map(({ path }) => path).join(' and ')} has nothing to build.`,
        fix: 'Name targets in `bake.targets`, or give the file a group `default`; of a compose file, services with `build` are built.',
      }),
    );

  for (const name of Object.keys(print.target).sort()) {
    const key = keyOf(name, print.target[name]!);
    const isSelected = roots.includes(name);
    if (!isSelected && (key === undefined || !Object.hasOwn(overrides, key))) continue;
    const twin = [...released].find(([, other]) => other === key)?.[0];
    if (key !== undefined && twin === undefined) released.set(name, key);
    else if (isSelected) problems.push(invalidName(name, twin, place(name)));
  }

  const resolve = (name: string) => released.get(name) ?? `target:${name}`;
  const read = (name: string, key: string) => readTarget(key, print.target[name]!, root, resolve);
  const ofBake = [...released].map(([name, key]): ImageConfig => {
    const image = nameOf(print.target[name]!.tags[0]);
    const target = { ...read(name, key), ...(image !== undefined && { image }) };
    problems.push(...ignoredSettings(key, print.target[name]!, place(name)));
    return override(target, overrides[key] ?? {});
  });
  const find = (key: string) => ofBake.find((image) => image.key === key);
  const places = new Map([...released].map(([name, key]) => [key, place(name)]));
  return {
    problems,
    config: {
      ...config,
      images: [
        ...config.images.map((image) => find(image.key) ?? image),
        ...ofBake.filter(({ key }) => !Object.hasOwn(overrides, key)),
      ],
      helpers: Object.keys(print.target)
        .filter((name) => !released.has(name))
        .map((name) => read(name, `target:${name}`)),
      place: (path) => {
        const [, key = '', field] = path.startsWith('images.') ? path.split('.') : [];
        const written = field !== undefined && Object.hasOwn(overrides[key] ?? {}, camelCase(field));
        return (written ? undefined : places.get(key)) ?? config.place(path);
      },
    },
  };
}

function rootsOf({ group, target }: BakePrint, selected: readonly string[]): string[] {
  const found = new Set<string>();
  const seen = new Set<string>();
  const visit = (name: string): void => {
    const members = seen.has(name) ? undefined : group[name]?.targets;
    seen.add(name);
    if (members) members.forEach(visit);
    else if (target[name]) found.add(name);
  };
  visit('default');
  // Buildx 0.13 omits a target of this name from the group of this name.
  const contexts = Object.values(target).flatMap((each) => Object.values(each.contexts));
  const isSelected = selected.length === 0 || selected.includes('default');
  if (isSelected && target['default'] && !contexts.includes('target:default')) found.add('default');
  return [...found];
}

const KEY = new RegExp(`^${IMAGE_KEY}$`);

/** The target's name in lower case; of one called `default` or `all` the last part of its image's name. */
function keyOf(name: string, { tags }: BakeTarget): string | undefined {
  const lower = name.toLowerCase();
  const isReserved = (word: string) => RESERVED_KEYS.some((reserved) => reserved === word);
  const key = isReserved(lower) ? targetName(posix.basename(nameOf(tags[0]) ?? lower)) : lower;
  return KEY.test(key) && !isReserved(key) ? key : undefined;
}

/** A reference without tag and digest. */
function nameOf(tag: string | undefined): string | undefined {
  return tag === undefined ? undefined : /^(.*?)(?::[^/:@]*)?(?:@.*)?$/.exec(tag)?.[1] || undefined;
}

/** Maps are merged by name and lists replaced, as another bake file would do it; secrets are merged by id. */
function override(target: ImageConfig, own: ImageOverride): ImageConfig {
  const { dockerfileInline, ...rest } = target;
  const context = own.context ?? target.context;
  const dockerfile = own.dockerfile ?? posix.relative(target.context, target.dockerfile);
  const moved = own.context !== undefined || own.dockerfile !== undefined;
  const secrets = own.secrets ?? [];
  return {
    ...rest,
    ...own,
    context,
    dockerfile: moved ? posix.join(context, dockerfile) : target.dockerfile,
    ...(dockerfileInline !== undefined && own.dockerfile === undefined && { dockerfileInline }),
    args: { ...target.args, ...own.args },
    labels: { ...target.labels, ...own.labels },
    annotations: { ...target.annotations, ...own.annotations },
    contexts: { ...target.contexts, ...own.contexts },
    secrets: [...target.secrets.filter(({ id }) => !secrets.some((other) => other.id === id)), ...secrets],
  };
}

/** Settings of a target that have no effect, because a release publishes in its own way. */
function ignoredSettings(key: string, target: BakeTarget, place: Place): Problem[] {
  const ignored = (message: string, fix: string) =>
    warning({ code: 'config/bake-warning', image: key, place, message, fix });
  const [first, ...others] = [...new Set(target.tags.map(nameOf))];
  const problems = ignoredOutputs(target).map((output) =>
    ignored(
      `The output \`${output}\` of target ${key} has no effect: a release publishes in its own way.`,
      'Remove it, or build that output with `docker buildx bake` in a separate step.',
    ),
  );
  if (others.length === 0) return problems;
  const message = `Target ${key} has tags of several repositories; the release publishes to ${first} only.`;
  return [ignored(message, 'Remove the others from `tags`, or add a target for each.'), ...problems];
}

function invalidName(name: string, twin: string | undefined, place: Place): Problem {
  const [message, fix] =
    twin === undefined
      ? [
          `The bake target ${name} can't be an image: its name is no image key.`,
          'Rename it: a key consists of lower-case letters, digits, `-` and `_`, begins with a letter or digit, and is neither `all` nor `default`. A target `default` with `tags` gets the name of its image.',
        ]
      : [
          `The bake targets ${twin} and ${name} would be the same image.`,
          'Rename one of them: upper and lower case make no difference.',
        ];
  return problem({ code: 'config/bake-invalid', place, message, fix });
}

/** The line that a target begins with in HCL, JSON or a compose file; names of a matrix are in no file. */
function placeOfTarget(name: string, files: readonly BakeFile[]): Place {
  for (const pattern of [/^\s*target\s+"([^"]+)"/, /^\s+["']?([\w.-]+)["']?\s*:/]) {
    for (const { path, text } of files) {
      const line = text.split('\n').findIndex((candidate) => targetName(pattern.exec(candidate)?.[1] ?? '') === name);
      if (line >= 0) return { file: path, line: line + 1 };
    }
  }
  return { file: files[0]?.path ?? 'bake' };
}
