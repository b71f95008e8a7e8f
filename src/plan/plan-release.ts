import type { Config, HelperTarget, ImageConfig } from '../config/config.js';
import type { Facts } from '../facts/facts.js';
import type { Source } from '../facts/source.js';
import type { Problem } from '../lib/errors.js';
import { closest } from '../lib/suggestion.js';
import { mayWriteCache, planCache } from './cache-entries.js';
import { resolveImageName } from './references.js';
import { planLabels } from './labels.js';
import { foreignCode, planDeploys } from './plan-deploys.js';
import type { Plan, PlannedAttestations, PlannedImage, PublishMode } from './plan.js';
import type { Request } from './request.js';
import { findTagCollisions } from './tag-collisions.js';
import { movingTagsOf, planTags } from './tags.js';
import { helpersOf } from './waves.js';

/**
 * Decides everything that a release will do. Problems come back beside the plan, which then holds only the
 * images that could be planned; `selected` are all that were asked for, so that preflight can still look for
 * what else is wrong with them.
 */
export function planRelease(
  config: Config,
  facts: Facts,
  request: Request,
): { plan: Plan; selected: ImageConfig[]; problems: Problem[] } {
  const { source } = facts;
  const publish = planPublish(source, request);
  const { selected, problems } = selectImages(config, request);
  problems.push(...unconfirmedCommit(source, request));

  const keys = selected.map(({ key }) => key);
  const images = selected.flatMap((image) => {
    const planned = planImage(
      image,
      helpersOf(image, config, keys, request.platforms),
      config,
      facts,
      request,
    );
    problems.push(...planned.problems);
    const { image: each } = planned;
    return each === undefined ? [] : mayWriteCache({ source, publish }) ? each : { ...each, cacheTo: [] };
  });
  if (publish.mode !== 'build-only') problems.push(...findTagCollisions(images));

  const deploy = planDeploys(config, source, publish, keys, request.deploy);
  const { sign } = config.attest;
  const plan = { source, images, publish, ...(sign !== 'off' && { sign }), deploy };
  return { plan, selected, problems };
}

/** What jobs before this one have pushed was meant to be published; nothing of a fork is, and nothing with push off. */
export function planHandedOver(source: Source, { push }: Pick<Request, 'push'>): PublishMode {
  return planPublish(source, { push: push === 'false' ? 'false' : 'true' });
}

function planPublish(source: Source, request: Pick<Request, 'push'>): PublishMode {
  const foreign = foreignCode(source);
  if (foreign !== undefined) return { mode: 'build-only', reason: foreign };
  if (request.push === 'false') return { mode: 'build-only', reason: 'push is off for this run' };
  if (request.push === 'digest') return { mode: 'by-digest' };
  if (request.push === 'auto' && isCheck(source)) {
    return {
      mode: 'build-only',
      reason: 'pull requests are built and not pushed; ask for it with push: true',
    };
  }
  return { mode: 'push' };
}

/** A run that would have published must not end green without a word. */
export function unconfirmedCommit({ unconfirmed, ...source }: Source, request: Request): Problem[] {
  if (unconfirmed === undefined || planPublish(source, request).mode === 'build-only') return [];
  return [
    {
      code: 'source/unconfirmed-commit',
      severity: 'warning',
      message: `Nothing is pushed or deployed, as for a pull request from a fork: ${unconfirmed}.`,
      fix: 'Remove `ref` and `repository` from `actions/checkout`; to release another branch or tag, run the workflow on it.',
    },
  ];
}

/** Runs that prove a change before it is merged: pull requests, and the merge queue's trial merges. */
function isCheck({ ref }: Source): boolean {
  return ref.type === 'pull-request' || (ref.type === 'branch' && ref.name.startsWith('gh-readonly-queue/'));
}

function selectImages(config: Config, request: Request): { selected: ImageConfig[]; problems: Problem[] } {
  return {
    selected: config.images.filter(({ key }) => request.images.length === 0 || request.images.includes(key)),
    problems: unknownImages(config, request.images),
  };
}

/** Names that a run uses and the configuration does not have. */
export function unknownImages(config: Config, keys: readonly string[]): Problem[] {
  const known = config.images.map(({ key }) => key);
  return keys
    .filter((key) => !known.includes(key))
    .map((key) => {
      const near = closest(key, known);
      return {
        code: 'plan/unknown-image',
        severity: 'error',
        message: `There is no image ${key} in ${config.origin}.`,
        fix: near === undefined ? `Its images are: ${known.join(', ')}.` : `Did you mean \`${near}\`?`,
      };
    });
}

function planImage(
  image: ImageConfig,
  helpers: HelperTarget[],
  config: Config,
  facts: Facts,
  request: Request,
): { image?: PlannedImage; problems: Problem[] } {
  const { source } = facts;
  const at = `images.${image.key}`;
  const own = image.tags !== undefined;
  const tags = planTags({
    rules: image.tags ?? config.tags,
    further: request.tags,
    flavor: config.flavor,
    source,
    place: (list, index) => config.place(list === 'tags' && own ? `${at}.tags.${index}` : `${list}.${index}`),
  });
  const problems: Problem[] = tags.problems.map((problem) =>
    own ? { ...problem, image: image.key } : problem,
  );
  const name = resolveImageName({
    key: image.key,
    registry: config.registry,
    image: image.image,
    owner: source.repository?.split('/')[0],
    place: config.place(`${at}.image`),
  });
  if (name.status === 'invalid') return { problems: [...problems, name.problem] };

  const platforms = request.platforms.length > 0 ? request.platforms : image.platforms;
  const { key } = image;
  const cache = planCache({
    cache: config.cache,
    key,
    image: name.image,
    platforms,
    environment: facts.environment,
  });
  return {
    problems,
    image: {
      key,
      image: name.image,
      status: 'build',
      reason: 'not compared with what is published',
      tags: tags.tags.map(({ value }) => value),
      movingTags: movingTagsOf(tags.tags),
      releaseTag: tags.releaseTag,
      context: image.context,
      dockerfile: image.dockerfile,
      ...(image.dockerfileInline !== undefined && { dockerfileInline: image.dockerfileInline }),
      target: image.target,
      args: image.args,
      secrets: image.secrets,
      platforms,
      contexts: image.contexts,
      ...(image.paths !== undefined && { paths: image.paths }),
      extra: image.extra,
      configured: { labels: image.labels, annotations: image.annotations },
      ...planLabels({
        image: name.image,
        source,
        releaseTag: tags.releaseTag,
        labels: image.labels,
        annotations: image.annotations,
      }),
      noCache: image.noCache || request.noCache,
      ...(image.cacheEntries === undefined
        ? cache
        : { cacheFrom: image.cacheEntries.from, cacheTo: image.cacheEntries.to }),
      ...(helpers.length > 0 && { helpers }),
      attest: planAttestations(config, source),
      sourceDateEpoch: source.commitTime,
    },
  };
}

/** `auto`: everything for what is public anyway, the least for what is not. */
export function planAttestations({ attest }: Config, source: Source): PlannedAttestations {
  return {
    provenance:
      attest.provenance === 'auto' ? (source.visibility === 'public' ? 'max' : 'min') : attest.provenance,
    sbom:
      attest.sbom === 'off'
        ? 'off'
        : { scanner: attest.scanner, ...(attest.sbom === 'best-effort' && { optional: true }) },
  };
}
