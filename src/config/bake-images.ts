import { posix } from 'node:path';
import * as z from 'zod';
import type { Place, Problem } from '../lib/errors.js';
import { bakeTargetSchema, lostOutputs, readTarget, targetName, type BakeTarget } from './bake-target.js';
import type { Config, ImageConfig, ImageOverride } from './config.js';
import { IMAGE_KEY, RESERVED_KEYS } from './schema-forms.js';

/** What `docker buildx bake --print` prints; the group `default` is what was asked for. */
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
 * Makes images of the targets that were asked for, and helpers of those that they stand on. What `images` says of a
 * target is laid over it; an image of another key stays as it is, and a helper that `images` names is an image.
 * Bake targets come after the images of the configuration, by name: buildx gives them in no order.
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
  if (roots.length === 0) problems.push(noTarget(config, files));

  for (const name of Object.keys(print.target).sort()) {
    const key = keyOf(name, print.target[name]!);
    const asked = roots.includes(name);
    if (!asked && (key === undefined || !Object.hasOwn(overrides, key))) continue;
    const twin = [...released].find(([, other]) => other === key)?.[0];
    if (key !== undefined && twin === undefined) released.set(name, key);
    else if (asked) problems.push(badName(name, twin, place(name)));
  }

  const resolve = (name: string) => released.get(name) ?? `target:${name}`;
  const read = (name: string, key: string) => readTarget(key, print.target[name]!, root, resolve);
  const ofBake = [...released].map(([name, key]): ImageConfig => {
    const image = nameOf(print.target[name]!.tags[0]);
    const target = { ...read(name, key), ...(image !== undefined && { image }) };
    problems.push(...ignored(key, print.target[name]!, place(name)));
    return layOver(target, overrides[key] ?? {});
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

/** Targets that were asked for, groups taken apart. */
function rootsOf({ group, target }: BakePrint, asked: readonly string[]): string[] {
  const found = new Set<string>();
  const seen = new Set<string>();
  const visit = (name: string): void => {
    if (seen.has(name)) return void (target[name] && found.add(name));
    seen.add(name);
    if (group[name] === undefined) return void (target[name] && found.add(name));
    group[name].targets.forEach(visit);
  };
  visit('default');
  // Buildx 0.13 leaves a target of this name out of the group of this name.
  const linked = Object.values(target).some(({ contexts }) =>
    Object.values(contexts).includes('target:default'),
  );
  if ((asked.length === 0 || asked.includes('default')) && target['default'] && !linked) found.add('default');
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

/** Maps are merged by name and lists replaced, as a further bake file would do it; secrets are merged by id. */
function layOver(target: ImageConfig, own: ImageOverride): ImageConfig {
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

function ignored(key: string, target: BakeTarget, place: Place): Problem[] {
  const warning = (message: string, fix: string): Problem => ({
    code: 'config/bake-warning',
    severity: 'warning',
    image: key,
    place,
    message,
    fix,
  });
  const [first, ...others] = [...new Set(target.tags.map(nameOf))];
  return [
    ...(others.length > 0
      ? [
          warning(
            `Target ${key} has tags of several repositories; only ${first} is published to.`,
            'Remove the others from `tags`, or add a target for each.',
          ),
        ]
      : []),
    ...lostOutputs(target).map((output) =>
      warning(
        `The output \`${output}\` of target ${key} does not count: a release publishes in its own way.`,
        'Remove it, or build that output with `docker buildx bake` in a step of its own.',
      ),
    ),
  ];
}

function badName(name: string, twin: string | undefined, place: Place): Problem {
  return {
    code: 'config/bake-invalid',
    severity: 'error',
    place,
    message:
      twin === undefined
        ? `The bake target ${name} can't be an image: its name is no key.`
        : `The bake targets ${twin} and ${name} would be the same image.`,
    fix:
      twin === undefined
        ? 'Rename it: a key has lower-case letters, digits, `-` and `_`, begins with a letter or digit, and is neither `all` nor `default`. A target `default` with `tags` is called as its image.'
        : 'Rename one of them: upper and lower case make no difference.',
  };
}

function noTarget({ place }: Config, files: readonly BakeFile[]): Problem {
  return {
    code: 'config/bake-invalid',
    severity: 'error',
    place: place('bake'),
    message: `${files.map(({ path }) => path).join(' and ')} has nothing to build.`,
    fix: 'Name targets in `bake.targets`, or give the file a group `default`; of a compose file, services with `build` are built.',
  };
}

/** `no-cache` → `noCache`: fields of the configuration by the names of its keys. */
function camelCase(field: string): string {
  return field.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** The line that a target begins with in HCL, JSON or a compose file; a matrix makes up names that stand nowhere. */
function placeOfTarget(name: string, files: readonly BakeFile[]): Place {
  for (const pattern of [/^\s*target\s+"([^"]+)"/, /^\s+["']?([\w.-]+)["']?\s*:/]) {
    for (const { path, text } of files) {
      const line = text
        .split('\n')
        .findIndex((candidate) => targetName(pattern.exec(candidate)?.[1] ?? '') === name);
      if (line >= 0) return { file: path, line: line + 1 };
    }
  }
  return { file: files[0]?.path ?? 'bake' };
}
