import type { FoundImage, Repository } from '../found.js';
import { splitReference, type Build } from './build.js';
import { joinEvents, tellFewerEvents } from './event-variants.js';
import { tellSettings } from './event-settings.js';
import { flavorBeside, flavorOf, tagsOf, tellUnusedRules } from './event-tags.js';
import { noteLeft, noteReplaced, type Findings } from './findings.js';
import { sameFlavor, sameFlavorInEvents } from './flavors.js';
import { hasHoles } from './holes.js';
import { imageName } from './image-names.js';
import { knownPlatforms, knownValues, settle } from './known-values.js';
import { sayOnce } from './release-wide.js';
import { leaveTwins, tellVariantsApart } from './variants.js';

/** One name of a build in one event. */
export interface Entry {
  build: Build;
  image?: string;
  /** What its tags come from: texts as after the colon, and rules. */
  tags: string[];
  rules: string[];
}

export interface MadeImages {
  images: FoundImage[];
  furtherTags: string[];
}

/** Makes images of builds: those of one name and one Dockerfile are one image, in all events and for all platforms. */
export function imagesOf(builds: readonly Build[], findings: Findings, repository: Repository): MadeImages {
  const groups = new Map<string, [Entry, ...Entry[]]>();
  tellUnusedRules(builds, findings);
  const usable = builds.filter((build) => settle(build, findings, repository));
  const entries = usable.flatMap((build) => entriesOf(build, findings, repository));
  for (const entry of entries) {
    standIn(entry, entries, findings, repository);
    const key = keyOf(entry);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [entry]);
    else group.push(entry);
  }
  promote([...groups.values()], findings, repository);
  const furtherTags: string[] = [];
  const joined = joinEvents([...groups.values()], findings);
  const released = joined
    .flat()
    .map(({ build }) => build)
    .filter(({ event, published }) => published !== 'no' && event !== 'pull-request');
  const images = joined.map((entries) => {
    tellFewerEvents(entries, released, findings);
    return imageOf(sameFlavorInEvents(entries, findings), findings, furtherTags, { repository, released });
  });
  const apart = tellVariantsApart(leaveTwins(sameFlavor(images, findings), findings), findings);
  return { images: sayOnce(apart, findings), furtherTags };
}

function entriesOf(build: Build, findings: Findings, repository: Repository): Entry[] {
  const entries = new Map<string, Entry>();
  const entryFor = (written: string): Entry => {
    const image = imageName(written, build.place, findings, repository);
    const name = image ?? written.split('/').at(-1) ?? '';
    const known = entries.get(name);
    if (known !== undefined) return known;
    const entry: Entry = { build, tags: [], rules: [], ...(image !== undefined && { image }) };
    entries.set(name, entry);
    return entry;
  };
  for (const reference of build.references) {
    const { repository: name, tag } = splitReference(reference);
    if (name === '') continue;
    const entry = entryFor(name);
    if (tag !== undefined) entry.tags.push(tag);
    else if (build.published !== 'by-digest') entry.tags.push('latest');
  }
  for (const name of build.metadata?.images ?? []) entryFor(name).rules.push(...build.metadata!.rules);
  // Names from one place, rules from another: the rules hold for all names that have no tags of their own.
  if (build.metadata !== undefined)
    for (const entry of entries.values())
      if (entry.tags.length === 0 && entry.rules.length === 0) entry.rules.push(...build.metadata.rules);
  if (entries.size > 0) return [...entries.values()];
  if (build.published !== 'yes' || build.metadata !== undefined)
    return [{ build, tags: [], rules: build.metadata?.rules ?? [] }];
  noteLeft(
    findings,
    build.place,
    `the name and the tags of ${build.by} of ${build.dockerfile}`,
    'Only a run knows them: compare `image` and `tags`; the commit names the release until then.',
  );
  return [{ build, tags: [], rules: ['type=sha'] }];
}

/** `sed … Dockerfile > Dockerfile.cross`: the one that it is made of, where the same image is built of that too. */
function standIn(entry: Entry, entries: readonly Entry[], findings: Findings, { paths }: Repository): void {
  const { build, image } = entry;
  if (paths.includes(build.dockerfile)) return;
  const isSame = (each: Entry) =>
    image === undefined
      ? each.build.references.some((reference) => build.references.includes(reference))
      : each.image === image;
  const other = entries.find((each) => isSame(each) && paths.includes(each.build.dockerfile));
  if (other === undefined) return;
  noteReplaced(findings, build.place, build.dockerfile, other.build.dockerfile);
  entry.build = { ...build, dockerfile: other.build.dockerfile, context: other.build.context };
}

/** What gets another tag later gets it from the release of that event: what did not change is not built again. */
function promote(groups: readonly [Entry, ...Entry[]][], findings: Findings, repository: Repository): void {
  for (const { place, event, ref, reference } of findings.promotions) {
    const { repository: name, tag = 'latest' } = splitReference(reference);
    const image = imageName(name, place, findings, repository);
    const group = groups.find(([entry]) => image !== undefined && entry.image === image);
    if (group === undefined) {
      const advice = 'Name it under `images` if its Dockerfile is in this repository.';
      noteLeft(findings, place, `${reference}, which is built elsewhere`, advice);
      continue;
    }
    const [{ build }] = group;
    group.push({ image: image!, build: { ...build, event, ref, published: 'yes' }, tags: [tag], rules: [] });
    noteReplaced(
      findings,
      place,
      'a further tag for a published image',
      '`tags`: the release of that event gives it',
    );
  }
}

/** Texts that differ by event (`${{ branch }}`, `${{ tag }}`) do not make another image. */
function keyOf({ build: { context, dockerfile, target, args }, image }: Entry): string {
  const known = Object.entries(args).filter(([, value]) => !hasHoles(value));
  return JSON.stringify([image, context, dockerfile, target, known]);
}

function imageOf(
  entries: [Entry, ...Entry[]],
  findings: Findings,
  furtherTags: string[],
  { repository, released }: { repository: Repository; released: readonly Build[] },
): FoundImage {
  const [{ build, image }] = entries;
  const builds = entries.map((entry) => entry.build) as [Build, ...Build[]];
  tellSettings(builds, findings);
  if (builds.some(({ event, published }) => event === 'pull-request' && published === 'yes'))
    noteLeft(
      findings,
      build.place,
      'images of pull requests',
      'They are built and not published; the input `push: true` of the step publishes them too.',
    );
  const { rules, isWritten } = tagsOf(entries, findings, furtherTags, released);
  const flavor = builds
    .map(({ metadata }) => metadata)
    .find((metadata) => (metadata?.rules.length ?? 0) > 0)?.flavor;
  const platforms = [...new Set(builds.flatMap((each) => each.platforms))];
  // One job on a runner of another kind, one on the usual one.
  if (platforms.join() === 'linux/arm64' && builds.some((each) => each.platforms.length === 0))
    platforms.unshift('linux/amd64');
  const { context, dockerfile, target, key } = build;
  // A place of its own for each platform is what a cache beside the image has anyhow.
  const references = new Set(builds.map((each) => each.cacheRef));
  const [cacheRef] = references.size === 1 ? references : [];
  const pick = <Name extends keyof Build>(name: Name): Build[Name] =>
    builds.find((each) => each[name] !== undefined)?.[name] as Build[Name];
  const [cache, provenance, sbom] = [pick('cache'), pick('provenance'), pick('sbom')];
  if (!repository.paths.includes(dockerfile) && repository.paths.length > 0)
    noteLeft(
      findings,
      build.place,
      `the Dockerfile ${dockerfile}`,
      'There is none of this name; correct `dockerfile`, or let a step before the release make it.',
    );
  return {
    place: build.place,
    by: build.by,
    ...(key !== undefined && { key }),
    ...(image !== undefined && { image }),
    context,
    dockerfile,
    ...(target !== undefined && { target: target }),
    args: knownValues(build.args, 'build argument', build, findings),
    secrets: Object.assign({}, ...builds.map(({ secrets }) => secrets)) as FoundImage['secrets'],
    platforms: knownPlatforms(platforms, build, findings),
    contexts: build.contexts,
    labels: knownValues({ ...build.metadata?.labels, ...build.labels }, 'label', build, findings),
    annotations: knownValues(
      { ...build.metadata?.annotations, ...build.annotations },
      'annotation',
      build,
      findings,
    ),
    noCache: build.noCache,
    tags: rules,
    flavor: flavor === undefined ? (isWritten ? flavorOf(rules) : []) : flavorBeside(rules, flavor, entries),
    ...(cache !== undefined && { cache }),
    ...(cacheRef !== undefined && { cacheRef }),
    ...(provenance !== undefined && { provenance }),
    ...(sbom !== undefined && { sbom }),
  };
}
