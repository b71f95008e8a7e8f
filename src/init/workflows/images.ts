import { posix } from 'node:path';
import { hasHost } from '../../plan/references.js';
import type { FoundImage, Repository } from '../found.js';
import { keyFromPath } from '../image-keys.js';
import { flavorOf, tagsOf, withSameFlavor, type Around, type Entry } from './event-tags.js';
import { noteLeft, splitReference, type Left, type Build, type Findings } from './findings.js';
import { hasPlaceholders, mapText, splitOutside } from './placeholders.js';
import { asExpression } from './tag-rules.js';

interface NamedBuild extends Entry {
  build: Build;
  image?: string;
}

/** Makes images of builds: those of one name and one Dockerfile are one image, in all events and for all platforms. */
export function imagesOf(
  { builds, left }: Findings,
  repository: Repository,
  furtherTags: string[],
): FoundImage[] {
  const groups: NamedBuild[][] = [];
  for (const build of builds.filter((each) => isKnown(each, left, repository)))
    for (const entry of namesOf(build, repository)) {
      const group = groups.find((other) => isSame(other, entry));
      if (group === undefined) groups.push([entry]);
      else {
        if (argsOf(group[0]!) !== argsOf(entry))
          noteLeft(left, build.place, `build arguments for ${build.ref}`, 'one');
        group.push(entry);
      }
    }
  for (const build of groups.flat().map((entry) => entry.build))
    for (const each of build.left) noteLeft(left, each.place, each.what, each.advice);
  const pushed = groups
    .flat()
    .filter(({ build }) => build.published !== 'no' && build.event !== 'pull-request');
  const events = [...new Set(pushed.map(({ build }) => build.event))];
  const pushes = new Set(pushed.map(({ build }) => pushOf(build)));
  const images = groups.map((group) => imageOf(withSameFlavor(group), { left, furtherTags, events }, pushes));
  return releaseWide(tellApart(sameFlavor(leaveTwins(images, left))), left);
}

/** A push as one names it: `default-branch`, `tags like api-v*`. */
const pushOf = ({ event, ref }: Build) =>
  event === 'tag' ? `tags like ${ref.replace(/\d.*$/, '*')}` : event;

const argsOf = ({ build }: NamedBuild) => JSON.stringify(build.args);

/** One image in another event may have other arguments; in the same event it is another image. */
function isSame(group: readonly NamedBuild[], entry: NamedBuild): boolean {
  const { build, image } = entry;
  const [first] = group;
  const keyOf = ({ image: name, build: { context, dockerfile, target } }: NamedBuild) =>
    JSON.stringify([name, context, dockerfile, target]);
  if (keyOf(first!) !== keyOf(entry)) return false;
  const isOfEvent = group.some((other) => other.build.event === build.event && other.build.ref === build.ref);
  return argsOf(first!) === argsOf(entry) || (image !== undefined && !isOfEvent);
}

/** Whether a configuration can say what is built. */
function isKnown(build: Build, left: Left[], { paths }: Repository): boolean {
  const { place, context, dockerfile, target } = build;
  const [name = dockerfile] = [...build.references, ...(build.metadata?.images ?? [])];
  const leave = (text: string, advice: 'unknown' | 'elsewhere') => {
    noteLeft(left, place, text, advice);
    return false;
  };
  const what = `${build.by} of \`${asExpression(name)}\``;
  if (hasPlaceholders(context + dockerfile)) return leave(what, 'unknown');
  if (!paths.includes(dockerfile)) return leave(`${what} by ${dockerfile}`, 'elsewhere');
  if (hasPlaceholders(target ?? '')) {
    noteLeft(build.left, place, `the target \`${asExpression(target!)}\``, 'value');
    delete build.target;
  }
  const known = <Value>(values: Record<string, Value>) =>
    Object.fromEntries(Object.entries(values).filter((pair) => !hasPlaceholders(JSON.stringify(pair))));
  for (const [id, from] of Object.entries(build.secrets))
    if (hasPlaceholders(JSON.stringify(from)))
      noteLeft(build.left, place, `the build secret ${id}`, 'secret');
  Object.assign(build, { contexts: known(build.contexts), secrets: known(build.secrets) });
  const open = build.platforms.filter(hasPlaceholders).map(asExpression);
  if (open.length > 0) noteLeft(build.left, place, `the platforms \`${open.join(', ')}\``, 'value');
  build.platforms = build.platforms.filter((platform) => !hasPlaceholders(platform));
  return true;
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

/** A name that can't exist, so that nothing is published to a registry that nobody chose (RFC 6761). */
const NOWHERE = 'registry.invalid';

/** The full name of an image, lower-cased as every registry wants it. */
function imageName(
  written: string,
  { place, left, dockerfile }: Build,
  { files, name: own }: Repository,
): string {
  const name = mapText(written, (text) => text.toLowerCase())
    .replace(/^docker:\/\/|^https?:\/\//, '')
    .replace(/\/{2,}/g, '/')
    .replace(/^(?:index\.|registry-1\.)docker\.io\//, 'docker.io/');
  if (!hasPlaceholders(name)) return hasHost(name) || !name.includes('/') ? name : `docker.io/${name}`;
  const parts = splitOutside(name, /\//);
  const fixed = parts.slice(parts.findLastIndex(hasPlaceholders) + 1).join('/');
  const known = fixed === '' ? undefined : namedInFiles(fixed, files);
  noteLeft(left, place, `the image \`${asExpression(written)}\``, known === undefined ? 'name' : 'named');
  return (
    known ??
    `${NOWHERE}/${fixed || (keyFromPath(dockerfile) ?? own?.split('/')[1]?.toLowerCase() ?? 'image')}`
  );
}

/** The one full name with the same end that manifests and compose files have. */
function namedInFiles(path: string, files: Repository['files']): string | undefined {
  const escaped = path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const named = new RegExp(
    `\\bimage:\\s*["']?((?:[\\w-]+(?:\\.[\\w-]+)+(?::\\d+)?/)?[\\w./-]+/${escaped})(?![\\w./-])`,
    'g',
  );
  const names = files
    .filter((file) => /\.ya?ml$/.test(file.path))
    .flatMap(({ text }) => [...text.matchAll(named)].map((match) => match[1]!));
  const [first, ...more] = new Set(names.map((name) => (hasHost(name) ? name : `docker.io/${name}`)));
  return more.length > 0 ? undefined : first;
}

function imageOf(group: readonly NamedBuild[], around: Around, pushes: ReadonlySet<string>): FoundImage {
  const [{ build, image }] = group as [NamedBuild];
  const builds = group.map((entry) => entry.build);
  const pick = <Name extends 'cache' | 'provenance' | 'sbom'>(name: Name) =>
    builds.find((each) => each[name] !== undefined)?.[name];
  const platforms = [...new Set(builds.flatMap((each) => each.platforms))];
  // One job on a runner of another kind, one on the usual one.
  const isArm = platforms.join() === 'linux/arm64' && builds.some((each) => each.platforms.length === 0);
  const own = new Set(builds.filter(({ published }) => published !== 'no').map(pushOf));
  if (own.has('pull-request')) noteLeft(around.left, build.place, 'images of pull requests', 'pulls');
  if ([...pushes].some((push) => !own.has(push)))
    noteLeft(around.left, build.place, `${image} for ${[...own].join(' and ')} alone`, 'some');
  const byEvent = new Set(builds.map((each) => JSON.stringify([each.platforms, each.labels, each.noCache])));
  if (byEvent.size > 1 && !builds.some(({ published }) => published === 'by-digest'))
    noteLeft(around.left, build.place, `platforms, labels or cache of ${image}`, 'one');
  const tags = tagsOf(group, around);
  const caches = new Set(builds.map((each) => each.cacheRef));
  const {
    by: _,
    event: __,
    ref: ___,
    references: ____,
    published: _____,
    left: ______,
    metadata,
    cacheRef,
    ...recipe
  } = build;
  const given = Object.entries({
    cache: pick('cache'),
    provenance: pick('provenance'),
    sbom: pick('sbom'),
    image,
  });
  return {
    ...recipe,
    ...{ platforms: isArm ? ['linux/amd64', ...platforms] : platforms, tags, flavor: flavorOf(tags, group) },
    secrets: Object.assign({}, ...builds.map(({ secrets }) => secrets)) as FoundImage['secrets'],
    labels: { ...metadata?.labels, ...build.labels },
    annotations: { ...metadata?.annotations, ...build.annotations },
    ...(caches.size === 1 && cacheRef !== undefined && { cacheRef }),
    ...(Object.fromEntries(given.filter(([, value]) => value !== undefined)) as Partial<FoundImage>),
  };
}

/** Of two ways to build one image under the same tags the first counts. */
function leaveTwins(images: readonly FoundImage[], left: Left[]): FoundImage[] {
  const same = ({ image, tags, flavor }: FoundImage) => JSON.stringify([image, tags, flavor]);
  return images.filter((image, index) => {
    const isTwin = images.slice(0, index).some((other) => same(other) === same(image));
    if (isTwin) noteLeft(left, image.place, `${image.dockerfile} as ${image.image}`, 'twin');
    return !isTwin;
  });
}

/** `flavor` is the release's: where images differ, prefix, suffix and `latest` go into their rules. */
function sameFlavor(images: FoundImage[]): FoundImage[] {
  const tagged = images.filter(({ tags }) => tags.length > 0);
  if (new Set(tagged.map(({ flavor }) => flavor.join('\n'))).size < 2) return images;
  return images.map((image) => {
    const of = (name: string) =>
      image.flavor.find((item) => item.startsWith(`${name}=`))?.slice(name.length + 1);
    const affixes = ['prefix', 'suffix'].flatMap((name) =>
      of(name) === undefined ? [] : [[name, of(name)!] as const],
    );
    const rules = image.tags.map((rule) => {
      const missing = affixes.filter(([name]) => !rule.includes(`,${name}=`));
      return [rule, ...missing.map(([name, value]) => `${name}=${value.split(',')[0]}`)].join(',');
    });
    const onLatest = (name: string) => (of(name)?.includes('onlatest=true') ? of(name)!.split(',')[0]! : '');
    const latest = `${onLatest('prefix')}latest${onLatest('suffix')}${affixes.length === 0 ? '' : ',prefix=,suffix='}`;
    const isVersioned = image.tags.some((rule) => /type=(?:semver|pep440|match)|event=tag/.test(rule));
    const wish = of('latest') ?? 'auto';
    const kind =
      wish === 'true'
        ? 'type=raw,value='
        : wish === 'auto' && isVersioned
          ? 'type=semver,pattern='
          : undefined;
    return {
      ...image,
      flavor: ['latest=false'],
      tags: kind === undefined ? rules : [...rules, `${kind}${latest}`],
    };
  });
}

/** Variants of one image need a tag with the commit each, since a release needs one that never moves. */
function tellApart(images: readonly FoundImage[]): FoundImage[] {
  return images.map((image) => {
    const twins = images.filter((other) => other.image === image.image);
    if (
      twins.length < 2 ||
      image.tags.length === 0 ||
      image.tags.some((rule) => /type=sha|\{\{sha\}\}/.test(rule))
    )
      return image;
    const suffixOf = ({ tags }: FoundImage) =>
      tags.flatMap((rule) => /,suffix=([^,]+)/.exec(rule)?.[1] ?? [])[0];
    const isPlain = twins.every((twin) => twin === image || suffixOf(twin) !== undefined);
    const namesOfTwin = ({ target, dockerfile, args, context }: FoundImage) => [
      ...[
        target,
        posix.basename(dockerfile).replace(/^Dockerfile\.?|\.?Dockerfile$/gi, ''),
        posix.basename(posix.dirname(dockerfile)),
      ],
      ...[posix.basename(context), ...Object.values(args)],
    ];
    const others = twins.filter((twin) => twin !== image).flatMap(namesOfTwin);
    const own =
      namesOfTwin(image).find((name) => name && name !== '.' && !others.includes(name)) ??
      `${twins.indexOf(image) + 1}`;
    const suffix = suffixOf(image) ?? (isPlain ? '' : `-${own.replace(/[^\w.-]/g, '-')}`);
    return { ...image, tags: [...image.tags, `type=sha,suffix=${suffix}`] };
  });
}

/** A release has one cache and one kind of attestations: the first image that says something says it for all. */
function releaseWide(images: FoundImage[], left: Left[]): FoundImage[] {
  return (['cache', 'provenance', 'sbom'] as const).reduce((all, setting) => {
    const first = all.find((image) => image[setting] !== undefined)?.[setting];
    for (const { [setting]: own, place, image } of all)
      if (own !== undefined && own !== first) noteLeft(left, place, `${setting} ${own} of ${image}`, 'one');
    return first === undefined ? all : all.map((image) => ({ ...image, [setting]: first }));
  }, images);
}
