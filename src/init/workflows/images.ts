import { posix } from 'node:path';
import { hasHost } from '../../plan/references.js';
import type { FoundImage, Repository } from '../found.js';
import { affixOf, keyFromPath } from '../image-names.js';
import { noteLeft, splitReference, type Build, type Findings, type Left } from './findings.js';
import { asExpression, hasPlaceholders, mapText, splitOutside } from './placeholders.js';
import { flavorOf, tagsOf, withSharedFlavor, type Entry, type TagContext } from './tags.js';

interface NamedBuild extends Entry {
  build: Build;
  image: string;
}

/** Makes images of builds: those of one name and one Dockerfile are one image, in all events and for all platforms. */
export function imagesOf({ builds, left }: Findings, repository: Repository, furtherTags: string[]): FoundImage[] {
  const groups: NamedBuild[][] = [];
  const known = builds.filter((build) => isKnown(build, left, repository));
  const all = withSharedFlavor(known.flatMap((build) => namesOf(build, repository)));
  for (const entry of all) {
    const group = groups.find((other) => isSame(other, entry));
    if (group === undefined) groups.push([entry]);
    else group.push(entry);
    if (group !== undefined && argsOf(group[0]!) !== argsOf(entry))
      noteLeft(left, entry.build.place, `build arguments for ${entry.build.ref}`, 'one');
    for (const each of entry.build.left) noteLeft(left, each.place, each.what, each.advice);
  }
  const pushed = known.filter(({ published, event }) => published !== 'no' && event !== 'pull-request');
  const events = [...new Set(pushed.map(({ event }) => event))];
  const pushes = new Set(pushed.map(pushOf));
  const images = groups.map((group) => imageOf(group, { left, furtherTags, events }, pushes));
  return tellApart(withoutTwins(images, left));
}

/** `default-branch`, `tags like api-v*` */
const pushOf = ({ event, ref }: Build) => (event === 'tag' ? `tags like ${ref.replace(/\d.*$/, '*')}` : event);

const argsOf = ({ build }: NamedBuild) => JSON.stringify(build.args);

/** One image in another event may have other arguments; in the same event it is another image. */
function isSame(group: readonly NamedBuild[], entry: NamedBuild): boolean {
  const { build } = entry;
  const keyOf = ({ image, build: { context, dockerfile, target } }: NamedBuild) =>
    JSON.stringify([image, context, dockerfile, target]);
  if (keyOf(group[0]!) !== keyOf(entry)) return false;
  const isOfEvent = group.some((other) => other.build.event === build.event && other.build.ref === build.ref);
  return argsOf(group[0]!) === argsOf(entry) || !isOfEvent;
}

/** Whether a configuration can say what is built. */
function isKnown(build: Build, left: Left[], { paths }: Repository): boolean {
  const { place, context, dockerfile } = build;
  const [name = dockerfile] = [...build.references, ...(build.metadata?.images ?? [])];
  const what = `${build.by} of \`${asExpression(name)}\``;
  if (hasPlaceholders(context + dockerfile)) noteLeft(left, place, what, 'unknown');
  else if (paths.includes(dockerfile)) return true;
  else noteLeft(left, place, `${what} by ${dockerfile}`, 'elsewhere');
  return false;
}

function namesOf(build: Build, repository: Repository): NamedBuild[] {
  const entries = new Map<string, NamedBuild>();
  const entryFor = (written: string): NamedBuild => {
    const image = imageName(written, build, repository);
    const known = entries.get(image) ?? { build, tags: [], rules: [], image };
    entries.set(image, known);
    return known;
  };
  for (const { repository: name, tag } of build.references.map(splitReference)) {
    if (tag !== undefined) entryFor(name).tags.push(tag);
    else if (name !== '' && build.published === 'by-digest') entryFor(name);
    else if (name !== '') entryFor(name).tags.push(/\}\}[^/]*$/.test(name) ? '${{ its tag }}' : 'latest');
  }
  for (const name of build.metadata?.images ?? []) entryFor(name).rules.push(...build.metadata!.rules);
  if (entries.size === 0)
    entryFor('${{ its name }}').tags.push(...(build.metadata === undefined ? ['${{ sha }}'] : []));
  // Names from one place, rules from another.
  for (const entry of entries.values())
    if (entry.tags.length + entry.rules.length === 0) entry.rules.push(...(build.metadata?.rules ?? []));
  return [...entries.values()];
}

/** The full name of an image, lower-cased as every registry wants it. An unknown registry becomes one that can't exist (RFC 6761). */
function imageName(written: string, { place, left, dockerfile }: Build, { name: own }: Repository): string {
  const name = mapText(written, (text) => text.toLowerCase())
    .replace(/^docker:\/\/|^https?:\/\//, '')
    .replace(/\/{2,}/g, '/')
    .replace(/^(?:index\.|registry-1\.)docker\.io\//, 'docker.io/');
  if (!hasPlaceholders(name)) return hasHost(name) || !name.includes('/') ? name : `docker.io/${name}`;
  noteLeft(left, place, `the image \`${asExpression(written)}\``, 'name');
  const parts = splitOutside(name, /\//);
  const fixed = parts.slice(parts.findLastIndex(hasPlaceholders) + 1).join('/');
  return `registry.invalid/${fixed || (keyFromPath(dockerfile) ?? own?.split('/')[1]?.toLowerCase() ?? 'image')}`;
}

function imageOf(group: readonly NamedBuild[], of: TagContext, pushes: ReadonlySet<string>): FoundImage {
  const [{ build, image }] = group as [NamedBuild];
  const builds = group.map((entry) => entry.build);
  const { place } = build;
  const own = new Set(builds.filter(({ published }) => published !== 'no').map(pushOf));
  if (own.has('pull-request')) noteLeft(of.left, place, 'images of pull requests', 'some');
  if ([...pushes].some((push) => !own.has(push)))
    noteLeft(of.left, place, `${image} for ${[...own].join(' and ')} alone`, 'some');
  const byEvent = new Set(builds.map((each) => JSON.stringify([each.platforms, each.labels, each.noCache])));
  if (byEvent.size > 1 && !builds.some(({ published }) => published === 'by-digest'))
    noteLeft(of.left, place, `platforms, labels or cache of ${image}`, 'one');
  const platforms = [...new Set(builds.flatMap((each) => each.platforms))];
  // One job on a runner of another kind, one on the usual one.
  const isArm = platforms.join() === 'linux/arm64' && builds.some((each) => each.platforms.length === 0);
  const tags = tagsOf(group, of);
  const { key, context, dockerfile, target, metadata, args, contexts, noCache } = build;
  return {
    ...{ place, image, key, context, dockerfile, target, args, contexts, noCache },
    ...{ tags, flavor: flavorOf(tags, group) },
    platforms: isArm ? ['linux/amd64', ...platforms] : platforms,
    secrets: Object.assign({}, ...builds.map(({ secrets }) => secrets)) as FoundImage['secrets'],
    labels: { ...metadata?.labels, ...build.labels },
    annotations: { ...metadata?.annotations, ...build.annotations },
  };
}

/** Of several builds that push the same tag of an image the first counts. */
function withoutTwins(images: readonly FoundImage[], left: Left[]): FoundImage[] {
  const isSameTag = (one: FoundImage, other: FoundImage) =>
    one.image === other.image &&
    (one.tags.join() === other.tags.join() || one.tags.some((rule) => other.tags.includes(rule)));
  return images.filter((image, index) => {
    const isTwin = images.slice(0, index).some((other) => isSameTag(other, image));
    if (isTwin) noteLeft(left, image.place, `${image.dockerfile} as ${image.image} with the same tags`, 'one');
    return !isTwin;
  });
}

/** Variants of one image need a tag with the commit each, since a release needs one that never moves. */
function tellApart(images: readonly FoundImage[]): FoundImage[] {
  const namesOf = ({ target, dockerfile, args, context }: FoundImage) =>
    [target, affixOf(dockerfile), ...Object.values(args), posix.basename(context)].filter(Boolean);
  const suffixOf = (rule: string) => /,suffix=([^,]+)/.exec(rule)?.[1] ?? '';
  const taken = new Set(
    images.flatMap(({ image, tags }) =>
      tags.flatMap((rule) => (rule.startsWith('type=sha') ? image + suffixOf(rule) : [])),
    ),
  );
  return images.map((image) => {
    const twins = images.filter((other) => other.image === image.image);
    const hasCommit = image.tags.some((rule) => /type=sha|\{\{sha\}\}/.test(rule));
    if (twins.length < 2 || hasCommit || image.tags.length === 0) return image;
    const others = twins.filter((other) => other !== image).flatMap(namesOf);
    const number = twins.indexOf(image) + 1;
    const own = namesOf(image).find((name) => !others.includes(name)) ?? `${number}`;
    const written = image.tags.map(suffixOf).find((suffix) => suffix !== '');
    const wanted = written ?? (number === 1 ? '' : `-${own.replace(/[^\w.-]/g, '-')}`);
    const suffix = taken.has(image.image + wanted) ? `${wanted}-${number}` : wanted;
    taken.add(image.image + suffix);
    return { ...image, tags: [...image.tags, `type=sha,suffix=${suffix}`] };
  });
}
