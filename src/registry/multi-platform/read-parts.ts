import { throwProblems, type Problem } from '../../lib/errors.js';
import { INPUTS_ANNOTATION, RECORD_ANNOTATION } from '../../plan/baseline.js';
import type { PlannedImage } from '../../plan/plan.js';
import { fetchBlob, fetchManifest, mergeProblems, readable, type Check } from '../check.js';
import type { FetchedManifest, RegistryClient } from '../client.js';
import { parseConfigPlatform, parseImageDocument } from '../index-manifest.js';
import { normalizePlatform } from '../platform.js';
import { joinedColdBuild, joinedFingerprint, partsIn, type PlatformPart } from './index-parts.js';

/** Some platforms of an image, as a job says that it has pushed them. */
export interface ClaimedPart {
  key: string;
  /** Repository reference without tag. */
  image: string;
  digest: string;
  platforms: readonly string[];
  /** Commit that the job released. */
  commit: string;
  status: 'built' | 'unchanged';
}

/** All parts of one image, read and found to fit together. */
export interface JoinedImage {
  key: string;
  parts: PlatformPart[];
  /** What the parts were made from; undefined: of one of them it is not known. */
  fingerprint?: string;
  coldAt?: string;
  /** Where every job has the same document, and it holds exactly these platforms: nothing is to be joined. */
  standing?: StandingDocument;
}

export interface StandingDocument {
  digest: string;
  /** `unchanged`: it was there before these jobs. */
  status: 'built' | 'unchanged';
  annotations: Record<string, string>;
}

interface ReadPart {
  claim: ClaimedPart;
  /** Of the platforms that are claimed. */
  parts: PlatformPart[];
  /** How many it holds in all. */
  holds: number;
  annotations: Record<string, string>;
}

/**
 * Reads what jobs have pushed by digest. Everything that is wrong is found at once.
 * @throws ReleaseError `plan/parts-conflict`, `registry/*`; Cancelled
 */
export async function readParts(order: {
  client: RegistryClient;
  images: readonly PlannedImage[];
  claims: readonly ClaimedPart[];
  /** That is released here. */
  commit: string;
}): Promise<JoinedImage[]> {
  const { client, images, claims, commit } = order;
  throwProblems(otherCommits(claims, commit));
  const outcomes = await Promise.all(
    images.map((image) =>
      readImage(
        client,
        image,
        claims.filter(({ key }) => key === image.key),
      ),
    ),
  );
  throwProblems(mergeProblems(outcomes.flatMap(({ problems }) => problems)));
  return outcomes.flatMap(({ joined }) => joined ?? []);
}

async function readImage(
  client: RegistryClient,
  image: PlannedImage,
  claims: readonly ClaimedPart[],
): Promise<{ joined?: JoinedImage; problems: Problem[] }> {
  const renamed = claims.filter((claim) => claim.image !== image.image);
  if (renamed.length > 0) return { problems: renamed.map((claim) => otherName(claim, image)) };
  const problems: Problem[] = [];
  const read = await Promise.all(claims.map((claim) => readPart(client, claim, problems)));
  const parts = read.flatMap((part) => part ?? []);
  if (problems.length > 0) return { problems };
  const conflict = conflictIn(parts);
  if (conflict !== undefined) return { problems: [conflict] };
  const joined = joinedImage(image.key, parts);
  return { joined, problems: missingIn(joined, image) };
}

function joinedImage(key: string, read: readonly ReadPart[]): JoinedImage {
  const parts = new Map(read.flatMap((each) => each.parts.map((part) => [part.platform, part] as const)));
  const all = [...parts.values()];
  const fingerprint = joinedFingerprint(all);
  const coldAt = joinedColdBuild(read.map(({ annotations }) => annotations));
  const [first] = read;
  const one = first !== undefined && read.every(({ claim }) => claim.digest === first.claim.digest);
  const unchanged = read.every(({ claim }) => claim.status === 'unchanged');
  return {
    key,
    parts: all,
    ...(fingerprint !== undefined && { fingerprint }),
    ...(coldAt !== undefined && { coldAt }),
    ...(one &&
      first.holds === all.length && {
        standing: {
          digest: first.claim.digest,
          status: unchanged ? 'unchanged' : 'built',
          annotations: first.annotations,
        },
      }),
  };
}

async function readPart(
  client: RegistryClient,
  claim: ClaimedPart,
  problems: Problem[],
): Promise<ReadPart | undefined> {
  const { key, image, digest } = claim;
  const check: Check = {
    client,
    image,
    expected: { platforms: [], provenance: 'off', sbom: 'off' },
    report: (code, message, fix) => problems.push({ code, severity: 'error', image: key, message, fix }),
    pass: (found) => problems.push(...found.map((problem) => ({ ...problem, image: key }))),
  };
  const where = `${image}@${digest}`;
  const document = await fetchManifest(check, digest);
  if (document === undefined) return undefined;
  const parsed = readable(check, where, () => parseImageDocument(document.bytes));
  if (parsed === undefined) return undefined;
  const { parts, annotations } =
    parsed.type === 'index'
      ? partsIn(document.bytes)
      : { parts: await singlePart(check, document), annotations: parsed.annotations };
  const wanted = claim.platforms.map(normalizePlatform);
  const own = parts.filter(({ platform }) => wanted.includes(platform));
  const missing = wanted.filter((platform) => !own.some((part) => part.platform === platform));
  if (missing.length > 0)
    check.report(
      'registry/platform-missing',
      `${where} lacks the platform ${missing.join(', ')} that its job answers for.`,
      'Run the job that builds this platform again.',
    );
  return missing.length > 0 ? undefined : { claim, parts: own, holds: parts.length, annotations };
}

/** A manifest without an index, as builders leave it where nothing is attested. */
async function singlePart(
  check: Check,
  { bytes, digest, mediaType }: FetchedManifest,
): Promise<PlatformPart[]> {
  const parsed = parseImageDocument(bytes);
  if (parsed.type !== 'manifest') return [];
  const name = `The config ${parsed.manifest.config.digest} of ${check.image}@${digest}`;
  const config = await fetchBlob(check, name, parsed.manifest.config.digest);
  const platform = config && readable(check, name, () => parseConfigPlatform(config));
  if (platform === undefined) return [];
  const [os = '', architecture = '', variant] = platform.split('/');
  const said = [INPUTS_ANNOTATION, RECORD_ANNOTATION].flatMap((annotation) => {
    const { [annotation]: value } = parsed.annotations;
    return value === undefined ? [] : [[annotation, value] as const];
  });
  return [
    {
      platform,
      manifest: {
        ...{ mediaType, digest, size: bytes.length },
        platform: { os, architecture, ...(variant !== undefined && { variant }) },
        ...(said.length > 0 && { annotations: Object.fromEntries(said) }),
      },
      attestations: [],
    },
  ];
}

/** One platform, built twice to different results: which one is meant would be a guess. */
function conflictIn(read: readonly ReadPart[]): Problem | undefined {
  const seen = new Map<string, { digest: string; claim: ClaimedPart }>();
  for (const { claim, parts } of read)
    for (const { platform, manifest } of parts) {
      const other = seen.get(platform);
      if (other !== undefined && other.digest !== manifest.digest)
        return {
          code: 'plan/parts-conflict',
          severity: 'error',
          image: claim.key,
          message: `Image ${claim.key} was handed over twice for ${platform}: ${other.claim.digest} and ${claim.digest}.`,
          fix: `Give each job that builds platforms of its own: \`platforms: ${platform}\` in one of them alone.`,
        };
      seen.set(platform, { digest: manifest.digest, claim });
    }
  return undefined;
}

/** All of them in one sentence per commit: it is the same mistake. */
function otherCommits(claims: readonly ClaimedPart[], commit: string): Problem[] {
  const others = [...new Set(claims.map((claim) => claim.commit))].filter((other) => other !== commit);
  return others.map((other) => {
    const parts = claims.filter((claim) => claim.commit === other);
    const names = [...new Set(parts.map(({ key, platforms }) => `${key} (${platforms.join(', ')})`))];
    return {
      code: 'plan/parts-conflict',
      severity: 'error',
      message: `What is checked out here is ${commit.slice(0, 12)}, and these were built from ${other.slice(0, 12)}: ${names.join(', ')}.`,
      fix: 'Check out the same commit in all jobs (`ref: ${{ github.sha }}`), and run all of them again.',
    };
  });
}

/** Asked for before the registry is: a job that was skipped, or is not in `needs`, hands over nothing. */
function missingIn({ key, parts }: JoinedImage, { platforms }: PlannedImage): Problem[] {
  const found = parts.map(({ platform }) => platform);
  const missing = platforms.map(normalizePlatform).filter((platform) => !found.includes(platform));
  if (missing.length === 0) return [];
  return [
    {
      code: 'registry/platform-missing',
      severity: 'error',
      image: key,
      message: `Image ${key} is configured for ${platforms.join(' and ')}; no job handed over ${missing.join(' or ')}.`,
      fix: 'Name each job that builds platforms in `needs`, and hand over the output `images` of each by `published`.',
    },
  ];
}

function otherName({ key, image }: ClaimedPart, planned: PlannedImage): Problem {
  return {
    code: 'plan/parts-conflict',
    severity: 'error',
    image: key,
    message: `Image ${key} was pushed to ${image}; by the configuration here it is ${planned.image}.`,
    fix: 'Give the jobs that build and the one that joins the same configuration.',
  };
}
