import { problem, throwProblems, type Problem } from '../../lib/errors.js';
import type { PlannedImage } from '../../plan/plan.js';
import { createCheck, mergeProblems, readBlob, readManifest, type Check } from '../check.js';
import type { FetchedManifest, RegistryClient } from '../client.js';
import { normalizePlatform, parseConfigPlatform, parseImageDocument, type ImageDocument } from '../manifest.js';
import { annotated, inputsIn, mergedColdBuild, mergedFingerprint, platformsIn } from './platform-manifests.js';
import type { PlatformManifest } from './platform-manifests.js';

/** Some platforms of an image, as a job reports that it has pushed them. */
export interface PushedPlatforms {
  key: string;
  /** Repository reference without tag. */
  image: string;
  digest: string;
  platforms: readonly string[];
  /** Commit that the job released. */
  commit: string;
  status: 'built' | 'unchanged';
}

/** All platforms of one image, read and found to fit together. */
export interface MergedImage {
  key: string;
  platforms: PlatformManifest[];
  /** Undefined: that of one platform is not known. */
  fingerprint?: string;
  coldAt?: string;
  /** If every job has the same document, and it holds exactly these platforms: nothing is to be merged. */
  shared?: SharedDocument;
}

export interface SharedDocument {
  digest: string;
  /** `unchanged`: it existed before these jobs. */
  status: 'built' | 'unchanged';
  annotations: Readonly<Record<string, string>>;
}

interface ReadPlatforms {
  pushed: PushedPlatforms;
  /** Those that the job reports. */
  platforms: PlatformManifest[];
  /** How many the document holds in all. */
  total: number;
  annotations: Readonly<Record<string, string>>;
}

/**
 * Reads what jobs have pushed by digest. Finds everything that is wrong at once.
 * @throws ReleaseError `plan/parts-conflict`, `registry/*`; Cancelled
 */
export async function readPlatforms(request: {
  client: RegistryClient;
  images: readonly PlannedImage[];
  pushed: readonly PushedPlatforms[];
  /** That is released here. */
  commit: string;
}): Promise<MergedImage[]> {
  const { client, images, pushed, commit } = request;
  throwProblems(otherCommits(pushed, commit));
  const outcomes = await Promise.all(images.map((image) => readImage(client, image, pushed)));
  throwProblems(mergeProblems(outcomes.flatMap(({ problems }) => problems)));
  return images.map(({ key }, at) => mergedImage(key, outcomes[at]!.read));
}

async function readImage(client: RegistryClient, image: PlannedImage, all: readonly PushedPlatforms[]) {
  const pushed = all.filter(({ key }) => key === image.key);
  const renamed = pushed.filter((each) => each.image !== image.image);
  if (renamed.length > 0) return { read: [], problems: renamed.map((each) => otherName(each, image)) };
  const outcomes = await Promise.all(pushed.map((each) => readPushed(client, each)));
  const problems = outcomes.flatMap((outcome) => ('problems' in outcome ? outcome.problems : []));
  const read = outcomes.flatMap((outcome) => ('platforms' in outcome ? outcome : []));
  if (problems.length === 0) problems.push(...conflictIn(read));
  if (problems.length === 0) problems.push(...missingIn(read, image));
  return { read, problems };
}

function mergedImage(key: string, read: readonly ReadPlatforms[]): MergedImage {
  const byName = new Map(read.flatMap(({ platforms }) => platforms.map((each) => [each.platform, each] as const)));
  const platforms = [...byName.values()];
  const [first] = read;
  const one = read.every(({ pushed }) => pushed.digest === first?.pushed.digest);
  const unchanged = read.every(({ pushed }) => pushed.status === 'unchanged');
  return {
    key,
    platforms,
    fingerprint: mergedFingerprint(platforms),
    coldAt: mergedColdBuild(read.map(({ annotations }) => annotations)),
    ...(one &&
      first?.total === platforms.length && {
        shared: {
          digest: first.pushed.digest,
          status: unchanged ? 'unchanged' : 'built',
          annotations: first.annotations,
        },
      }),
  };
}

async function readPushed(
  client: RegistryClient,
  pushed: PushedPlatforms,
): Promise<ReadPlatforms | { problems: Problem[] }> {
  const { key, image, digest } = pushed;
  const check = createCheck(client, key, image, { platforms: [], provenance: 'off', sbom: 'off' });
  const { problems } = check;
  const name = `${image}@${digest}`;
  const read = await readManifest(check, digest, parseImageDocument);
  if (read === undefined) return { problems };
  const { fetched, content } = read;
  const { annotations } = content;
  const platforms = content.type === 'index' ? platformsIn(content) : await singlePlatform(check, fetched, content);
  const wanted = pushed.platforms.map(normalizePlatform);
  const own = platforms.filter(({ platform }) => wanted.includes(platform));
  const missing = wanted.filter((platform) => !own.some((each) => each.platform === platform));
  if (missing.length > 0)
    check.report({
      code: 'registry/platform-missing',
      message: `${name} lacks the platform ${missing.join(', ')} that its job reports.`,
      fix: 'Run the job that builds this platform again.',
    });
  return problems.length > 0 ? { problems } : { pushed, platforms: own, total: platforms.length, annotations };
}

/** A manifest without an index, as builders push it without attestations. */
async function singlePlatform(
  check: Check,
  { bytes, digest, mediaType }: FetchedManifest,
  { manifest, annotations }: ImageDocument & { type: 'manifest' },
): Promise<PlatformManifest[]> {
  const name = `The config ${manifest.config.digest} of ${check.image}@${digest}`;
  const platform = await readBlob(check, name, manifest.config.digest, parseConfigPlatform);
  if (platform === undefined) return [];
  const [os = '', architecture = '', variant] = platform.split('/');
  const entry = { mediaType, digest, size: bytes.length, platform: { os, architecture, ...(variant && { variant }) } };
  return [{ platform, manifest: annotated(entry, inputsIn(annotations)), attestations: [] }];
}

/** One platform, built twice to different results: choosing one would be a guess. */
function conflictIn(read: readonly ReadPlatforms[]): Problem[] {
  const all = read.flatMap(({ pushed, platforms }) => platforms.map((each) => ({ ...each, pushed })));
  for (const { platform, manifest, pushed } of all) {
    const other = all.find((each) => each.platform === platform)!;
    if (other.manifest.digest !== manifest.digest)
      return [
        problem({
          code: 'plan/parts-conflict',
          image: pushed.key,
          message: `Image ${pushed.key} was passed twice for ${platform}: ${other.pushed.digest} and ${pushed.digest}.`,
          fix: `Give each build job its own platforms: \`platforms: ${platform}\` in one of them alone.`,
        }),
      ];
  }
  return [];
}

/** One problem per commit: it is the same mistake. */
function otherCommits(pushed: readonly PushedPlatforms[], commit: string): Problem[] {
  const others = [...new Set(pushed.map((each) => each.commit))].filter((other) => other !== commit);
  return others.map((other) => {
    const own = pushed.filter((each) => each.commit === other);
    const names = [...new Set(own.map(({ key, platforms }) => `${key} (${platforms.join(', ')})`))];
    const message = `This job has commit ${commit.slice(0, 12)} checked out, but these were built from ${other.slice(0, 12)}: ${names.join(', ')}.`;
    const fix = 'Check out the same commit in all jobs (`ref: ${{ github.sha }}`), and run all of them again.';
    return problem({ code: 'plan/parts-conflict', message, fix });
  });
}

/** A job that was skipped, or is not in `needs`, passes nothing. */
function missingIn(read: readonly ReadPlatforms[], { key, platforms }: PlannedImage): Problem[] {
  const found = read.flatMap((each) => each.platforms.map(({ platform }) => platform));
  const missing = platforms.map(normalizePlatform).filter((platform) => !found.includes(platform));
  if (missing.length === 0) return [];
  const message = `Image ${key} is configured for ${platforms.join(' and ')}; no job passed ${missing.join(' or ')}.`;
  const fix = 'Name each job that builds platforms in `needs`, and pass the output `images` of each in `published`.';
  return [problem({ code: 'registry/platform-missing', image: key, message, fix })];
}

function otherName({ key, image }: PushedPlatforms, planned: PlannedImage): Problem {
  const message = `Image ${key} was pushed to ${image}; the configuration here names ${planned.image}.`;
  const fix = 'Give the jobs that build and the job that merges the same configuration.';
  return problem({ code: 'plan/parts-conflict', image: key, message, fix });
}
