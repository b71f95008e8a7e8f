import type { Config, HelperTarget, ImageConfig } from '../config/config.js';
import type { Facts } from '../facts/facts.js';
import type { Source } from '../facts/source.js';
import { problem, warning, type Problem } from '../lib/errors.js';
import { didYouMean } from '../lib/suggestion.js';
import { mayWriteCache, planCache } from './cache-entries.js';
import { helpersOf } from './dependencies.js';
import { rfc3339 } from './plan.js';
import type { Plan, PlannedAttestations, PlannedImage, PublishMode, ReleaseRequest } from './plan.js';
import { foreignCode, planDeploys, checkChannel } from './plan-deploys.js';
import { resolveImageName } from './references.js';
import { findTagCollisions, movingTagsOf, planTags } from './tags.js';

/**
 * Decides everything that a release will do. The plan contains only the images that could be planned; `selected` are all
 * that were requested, so that preflight can report what else is wrong with them.
 */
export function planRelease(
  config: Config,
  facts: Facts,
  request: ReleaseRequest,
): { plan: Plan; selected: ImageConfig[]; problems: Problem[] } {
  const { source } = facts;
  const publish = planPublish(source, request);
  const selected = config.images.filter(({ key }) => request.images.length === 0 || request.images.includes(key));
  const problems = [...unknownImages(config, request.images), ...unconfirmedCommit(source, request)];

  const keys = selected.map(({ key }) => key);
  const images = selected.flatMap((image) => {
    const helpers = helpersOf(image, config, keys, request.platforms);
    const planned = planImage(image, helpers, config, facts, request);
    problems.push(...planned.problems);
    if (planned.image === undefined) return [];
    return mayWriteCache({ source, publish }) ? planned.image : { ...planned.image, cacheTo: [] };
  });
  if (publish.mode !== 'build-only') problems.push(...findTagCollisions(images));

  const deploy = planDeploys(config, source, publish, keys, request.deploy, { channel: request.channel, when: 'push' });
  problems.push(...checkChannel(config, source, request.channel));
  const { sign } = config.attest;
  const complete = selected.length === config.images.length;
  const plan = { source, images, publish, ...(sign !== 'off' && { sign }), deploy, complete };
  return { plan, selected, problems };
}

/** Platforms that earlier jobs pushed are meant to be published, unless they are of a fork or `push` is false. */
export function planMerged(source: Source, { push }: Pick<ReleaseRequest, 'push'>): PublishMode {
  return planPublish(source, { push: push === 'false' ? 'false' : 'true' });
}

function planPublish(source: Source, request: Pick<ReleaseRequest, 'push'>): PublishMode {
  const foreign = foreignCode(source);
  if (foreign !== undefined) return { mode: 'build-only', reason: foreign };
  if (request.push === 'false') return { mode: 'build-only', reason: 'push is off for this run' };
  if (request.push === 'digest') return { mode: 'by-digest' };
  const { ref } = source;
  // The merge queue's trial merges test a change before it is merged, too.
  const isTrial = ref.type === 'pull-request' || (ref.type === 'branch' && ref.name.startsWith('gh-readonly-queue/'));
  const reason = 'pull requests are built and not pushed; to push, set push: true';
  return request.push === 'auto' && isTrial ? { mode: 'build-only', reason } : { mode: 'push' };
}

/** A run that would have published must not succeed silently. */
export function unconfirmedCommit({ unconfirmed, ...source }: Source, request: ReleaseRequest): Problem[] {
  if (unconfirmed === undefined || planPublish(source, request).mode === 'build-only') return [];
  return [
    warning({
      code: 'source/unconfirmed-commit',
      message: `Nothing is pushed or deployed, as for a pull request from a fork: ${unconfirmed}.`,
    }),
  ];
}

/** Requested images that the configuration does not have. */
export function unknownImages(config: Config, keys: readonly string[]): Problem[] {
  const known = config.images.map(({ key }) => key);
  return keys
    .filter((key) => !known.includes(key))
    .map((key) =>
      problem({
        code: 'input/invalid',
        message: `There is no image ${key} in ${config.origin}.`,
        fix: didYouMean(key, known) ?? `Use one of its images: ${known.join(', ')}.`,
      }),
    );
}

function planImage(
  image: ImageConfig,
  helpers: HelperTarget[],
  config: Config,
  facts: Facts,
  request: ReleaseRequest,
): { image?: PlannedImage; problems: Problem[] } {
  const { source } = facts;
  const at = `images.${image.key}`;
  const own = image.tags !== undefined;
  const tags = planTags({
    rules: image.tags ?? config.tags,
    extraTags: request.extraTags,
    flavor: config.flavor,
    source,
    place: (list, index) => config.place(list === 'tags' && own ? `${at}.tags.${index}` : `${list}.${index}`),
  });
  const problems = tags.problems.map((found) => (own ? { ...found, image: image.key } : found));
  const name = resolveImageName({
    key: image.key,
    registry: config.registry,
    image: image.image,
    owner: source.repository?.split('/')[0],
    place: config.place(`${at}.image`),
  });
  if (typeof name !== 'string') return { problems: [...problems, name] };

  const { cacheEntries, ...build } = image;
  const { key, labels, annotations } = image;
  const { releaseTag } = tags;
  const platforms = request.platforms.length > 0 ? request.platforms : image.platforms;
  const { environment } = facts;
  const cache = planCache({ cache: config.cache, key, image: name, platforms, environment });
  return {
    problems,
    image: {
      ...build,
      image: name,
      status: 'build',
      reason: 'not compared with what is published',
      tags: tags.tags.map(({ value }) => value),
      movingTags: movingTagsOf(tags.tags),
      releaseTag,
      platforms,
      configured: { labels, annotations },
      ...planLabels({ image: name, source, releaseTag, labels, annotations }),
      noCache: image.noCache || request.noCache,
      ...(cacheEntries === undefined ? cache : { cacheFrom: cacheEntries.from, cacheTo: cacheEntries.to }),
      ...(helpers.length > 0 && { helpers }),
      attest: planAttestations(config, source),
      sourceDateEpoch: source.commitTime,
    },
  };
}

/** `auto`: everything for public repositories, the least for private ones. */
export function planAttestations({ attest }: Config, source: Source): PlannedAttestations {
  return {
    provenance: attest.provenance === 'auto' ? (source.visibility === 'public' ? 'max' : 'min') : attest.provenance,
    sbom:
      attest.sbom === 'off'
        ? 'off'
        : { scanner: attest.scanner, ...(attest.sbom === 'best-effort' && { optional: true }) },
  };
}

/**
 * Labels and annotations of one image after
 * https://github.com/opencontainers/image-spec/blob/main/annotations.md#pre-defined-annotation-keys,
 * both with the same values; sorted by key, none empty. Nothing in them depends on the clock, so that the
 * same commit gives the same digest again.
 * @param image with the configured labels and annotations; an empty value removes a label
 */
export function planLabels(
  image: Pick<PlannedImage, 'image' | 'releaseTag' | 'labels' | 'annotations'> & { source: Source },
): PlannedImage['configured'] {
  const { image: name, source } = image;
  const described: Record<string, string | undefined> = {
    // The image's own name: two images of one repository are two things.
    'org.opencontainers.image.title': name.slice(name.lastIndexOf('/') + 1),
    'org.opencontainers.image.description': source.description,
    'org.opencontainers.image.url': source.url,
    'org.opencontainers.image.source': source.url,
    'org.opencontainers.image.version': image.releaseTag,
    'org.opencontainers.image.revision': source.commit,
    'org.opencontainers.image.created': rfc3339(source.commitTime),
    'org.opencontainers.image.licenses': source.license,
  };
  return {
    labels: withoutEmpty({ ...described, ...image.labels }),
    annotations: withoutEmpty({ ...described, ...image.annotations }),
  };
}

function withoutEmpty(values: Record<string, string | undefined>): Record<string, string> {
  const kept = Object.entries(values).filter((entry): entry is [string, string] => Boolean(entry[1]));
  return Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1)));
}
