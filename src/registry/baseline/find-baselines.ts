import type { BaseImages } from '../../dockerfile/description.js';
import { createDeadline, type Deadline } from '../../lib/cancel.js';
import { ReleaseError, warning, type Problem } from '../../lib/errors.js';
import type { Baseline, Candidate, KnownRelease } from '../../plan/baseline.js';
import type { PlannedImage } from '../../plan/plan.js';
import { checkRegistry, mergeProblems } from '../check.js';
import type { RegistryClient } from '../client.js';
import { imageSize, MalformedDocument, parseConfigPlatform, parseImageDocument, parseManifest } from '../manifest.js';
import type { VerifiedDocument } from '../published-image.js';
import { readCandidate, readNumberedTags } from './candidate.js';
import type { CandidateContext, CandidateSource, FoundCandidate } from './candidate.js';
import { once, withTagsOnce, type ReadTags } from '../cached-reads.js';
import { verifyCandidate, type VerifiedCandidate } from './verify-candidate.js';

type Inputs = CandidateContext['inputs'];
type Known = Record<string, readonly KnownRelease[]>;

export interface BaselinesRequest extends Omit<CandidateContext, 'inputs' | 'bases'> {
  images: readonly PlannedImage[];
  /** Keys of images that are built regardless of their published builds, which then aren't verified. */
  requested?: ReadonlySet<string>;
  /** Tags are read while both are still unknown. `known`: releases in ledgers, by key, the deployed ones first. */
  inputs: Inputs | Promise<Inputs>;
  known: Known | Promise<Known>;
  bases?: BaseImages | Promise<BaseImages>;
  /** `probe-to-build`: if an image is certainly built, the rights to push are asked next to the verification. */
  rights?: 'probe-to-build';
  /** Called when it is certain that an image is built, so that the build can be prepared meanwhile. */
  onBuild?: () => void;
  signal?: AbortSignal;
  /** How long finding candidates, and then verifying them, may take, milliseconds. */
  limitsMs?: { find: number; verify: number };
}

/** What is published of the images of a plan. */
export interface Baselines {
  /** By image key. */
  readings: Record<string, Baseline>;
  /** Candidates that were verified: publishing need not verify them again. */
  verified: VerifiedDocument[];
  /** Keys of images of which not all that is published could be read. */
  unread: string[];
  tags: ReadTags;
  /** Problems that prevent pushing; undefined: the rights were not probed. */
  rights?: Problem[];
  /** Of the sources as a whole, such as a ledger that can't be read: warnings. */
  problems: Problem[];
}

const LIMITS_MS = { find: 15_000, verify: 30_000 };
/** Releases of equal inputs that a ledger's history may contribute. */
const MOST_EARLIER = 3;

/**
 * Finds what is published of each image: the image that the planned release tag names, the deployed one, those that
 * the moving tags name, and earlier releases with the same inputs. Those with the same inputs as now are verified:
 * complete, with the attestations and platforms that are configured now, and built from images that are still the
 * same. If something can't be read, that is a warning, and the image is built.
 * @throws Cancelled
 */
export async function findBaselines(request: BaselinesRequest): Promise<Baselines> {
  const { images, requested = new Set(), signal, limitsMs = LIMITS_MS } = request;
  if (requested.size > 0) request.onBuild?.();
  const { client, tags } = withTagsOnce(request.client);
  // Images of one release mostly come from the same commits.
  const counted = new Map<string, Promise<number | undefined>>();
  const commitsSince = (commit: string) => once(counted, commit, async () => request.commitsSince?.(commit));
  const within = async <T>(
    ms: number,
    work: (client: RegistryClient, deadline: Deadline) => Promise<T>[],
  ): Promise<T[]> => {
    const deadline = createDeadline(ms, signal);
    return Promise.all(work(client.withSignal(deadline.signal), deadline));
  };
  if (request.inputs instanceof Promise)
    await within(limitsMs.find, (reader) => images.map((image) => readAhead(reader, image, request.known)));
  const [inputs, known, bases = {}] = await Promise.all([request.inputs, request.known, request.bases]);
  const compared = Object.fromEntries(Object.entries(inputs).filter(([key]) => !requested.has(key)));
  const context = { ...request, commitsSince, inputs: compared, bases };
  const found = await within(limitsMs.find, (reader, deadline) =>
    images.map((image) => findCandidates({ ...context, client: reader }, image, known[image.key] ?? [], deadline)),
  );
  const reusable = found.filter(({ candidates }) => candidates.some((each) => each.inputs === 'same'));
  const builds = reusable.length < found.length;
  if (builds && requested.size === 0) request.onBuild?.();
  const [rights, , verified] = await Promise.all([
    builds && request.rights !== undefined ? checkRegistry(request.client, images) : undefined,
    // The rollout keeps a deployed tag that still names the image.
    within(limitsMs.find, (reader) =>
      reusable.flatMap(({ image: { key, image } }) =>
        deployedOf(known[key]).map(({ tag }) => reader.getManifest(image, tag).catch(() => undefined)),
      ),
    ),
    within(limitsMs.verify, (reader, deadline) =>
      found.map((each) => verifyCandidates({ ...context, client: reader }, each, deadline)),
    ),
  ]);
  return {
    ...(rights && { rights }),
    readings: Object.fromEntries(verified.map(({ key, reading }) => [key, reading])),
    verified: verified.flatMap(({ documents }) => documents),
    unread: verified.flatMap(({ key, reading }) => (reading.problems.length > 0 ? [key] : [])),
    tags,
    problems: [],
  };
}

/**
 * Reads what most images need, while their inputs are still unknown: their tags, and the manifests of the images that
 * these name. A failure is found by whoever needs the answer.
 */
async function readAhead(client: RegistryClient, { key, image, tags }: PlannedImage, known: BaselinesRequest['known']) {
  const ahead = async (reference: string): Promise<void> => {
    const fetched = await client.getManifest(image, reference);
    const document = fetched && parseImageDocument(fetched.bytes);
    if (document?.type !== 'index') return;
    await Promise.all(
      [...document.platforms, ...document.attestations].map(({ digest }) => client.getManifest(image, digest)),
    );
  };
  await Promise.allSettled(tags.map(ahead));
  // Mostly one of these.
  const { [key]: releases } = await known;
  await Promise.allSettled(deployedOf(releases).map(({ digest, tag }) => ahead(digest ?? tag)));
}

const deployedOf = (known: readonly KnownRelease[] = []) => known.filter(({ standing }) => standing === 'current');

/** The candidates of one image, none of them verified yet. */
interface FoundImage extends Pick<Baseline, 'gone' | 'existingTag' | 'problems'> {
  image: PlannedImage;
  candidates: FoundCandidate[];
  /** The deployed one, or else what a moving tag names. */
  previous?: Candidate;
}

async function findCandidates(
  context: CandidateContext,
  image: PlannedImage,
  known: readonly KnownRelease[],
  deadline: Deadline,
): Promise<FoundImage> {
  const problems: Problem[] = [];
  const read = (source: CandidateSource) =>
    orWarn(problems, image, deadline, () => readCandidate(context, image, source));
  const sources = sourcesOf(context, image, known);
  const [existing, ...others] = await Promise.all([read({ type: 'tag', tag: image.releaseTag }), ...sources.map(read)]);
  const numbered = existing && (await readNumberedTags(image, read));
  const all = [existing, ...(numbered?.found ?? []), ...others].flatMap((found) => found ?? []);
  const [lost] = sources.flatMap((source, index) =>
    source.type === 'release' && others[index] === undefined ? [source.release] : [],
  );
  const gone = problems.length === 0 && lost?.standing === 'current' ? lost.tag : undefined;
  const previous = others.find((found) => found !== undefined)?.candidate;
  const { digest, fingerprint, commit } = existing?.candidate ?? {};
  return {
    image,
    candidates: all.filter(
      ({ candidate: { digest } }, index) => all.findIndex((other) => other.candidate.digest === digest) === index,
    ),
    previous,
    gone,
    existingTag: digest === undefined ? undefined : { digest, fingerprint, commit, nextTag: numbered?.free },
    problems,
  };
}

/** Further places to look, in addition to the planned release tag. */
function sourcesOf(
  { inputs }: CandidateContext,
  { key, tags, releaseTag }: PlannedImage,
  known: readonly KnownRelease[],
): CandidateSource[] {
  const { [key]: own } = inputs;
  const same = known.filter(
    ({ standing, fingerprint, digest }) =>
      standing === 'earlier' && digest !== undefined && own?.status === 'known' && fingerprint === own.fingerprint,
  );
  return [
    ...deployedOf(known).map((release): CandidateSource => ({ type: 'release', release })),
    ...tags.filter((tag) => tag !== releaseTag).map((tag): CandidateSource => ({ type: 'tag', tag })),
    ...same.slice(0, MOST_EARLIER).map((release): CandidateSource => ({ type: 'release', release })),
  ];
}

async function verifyCandidates(
  context: CandidateContext,
  { image, candidates, previous, gone, existingTag, problems }: FoundImage,
  deadline: Deadline,
): Promise<{ key: string; reading: Baseline; documents: VerifiedDocument[] }> {
  const verifying = candidates.map(async (found): Promise<VerifiedCandidate> => {
    const verified = await orWarn(problems, image, deadline, () =>
      verifyCandidate({ ...context, signal: deadline.signal }, image, found),
    );
    const reason = `${found.candidate.tag} could not be verified`;
    return verified ?? { candidate: { ...found.candidate, verdict: { status: 'unfit', reason } } };
  });
  const [measured, ...verified] = await Promise.all([
    previous && measure(context.client, image.image, previous, deadline),
    ...verifying,
  ]);
  const unread = verified.flatMap((each) => unreadable(image, each.unread ?? []));
  return {
    key: image.key,
    reading: {
      candidates: verified.map(({ candidate }) => candidate),
      previous: measured,
      gone,
      existingTag,
      problems: mergeProblems([...problems, ...unread]),
    },
    documents: verified.flatMap(({ document }) => document ?? []),
  };
}

/** A failure is a warning here, and the candidate counts as absent. */
async function orWarn<T>(problems: Problem[], image: PlannedImage, deadline: Deadline, work: () => Promise<T>) {
  try {
    return await work();
  } catch (error) {
    const found =
      error instanceof ReleaseError
        ? error.problems
        : error instanceof MalformedDocument
          ? [{ message: `The registry's answer ${error.message}.` }]
          : deadline.isLate(error)
            ? [{ message: `No answer ${deadline.words}.` }]
            : undefined;
    if (found === undefined) throw error;
    problems.push(...unreadable(image, found));
    return undefined;
  }
}

function unreadable({ key, image }: PlannedImage, problems: readonly { message: string }[]): Problem[] {
  return problems.map(({ message }) =>
    warning({
      code: 'registry/baseline-unreadable',
      image: key,
      message: `Not all published images of ${image} could be read, so ${key} may be built without a change: ${message}`,
    }),
  );
}

/**
 * The sizes of the previous release by platform. Its index was read already; one manifest per platform is read here.
 * They are only shown, so unreadable ones are left out.
 */
async function measure(client: RegistryClient, image: string, { tag, digest, commit }: Candidate, deadline: Deadline) {
  const previous = { tag, digest, ...(commit !== undefined && { commit }) };
  try {
    return { ...previous, sizes: Object.fromEntries(await sizesOf(client, image, digest)) };
  } catch (error) {
    const unread = error instanceof ReleaseError || error instanceof MalformedDocument;
    if (!unread && !deadline.isLate(error)) throw error;
    return { ...previous, sizes: {} };
  }
}

async function sizesOf(client: RegistryClient, image: string, digest: string): Promise<[string, number][]> {
  const fetched = await client.getManifest(image, digest);
  if (fetched === undefined) return [];
  const document = parseImageDocument(fetched.bytes);
  if (document.type === 'manifest') {
    const config = await client.getBlob(image, document.manifest.config.digest);
    return config === undefined ? [] : [[parseConfigPlatform(config), imageSize(document.manifest)]];
  }
  const sizes = document.platforms.map(async (entry): Promise<[string, number][]> => {
    const manifest = await client.getManifest(image, entry.digest);
    return manifest === undefined ? [] : [[entry.platform, imageSize(parseManifest(manifest.bytes))]];
  });
  return (await Promise.all(sizes)).flat();
}
