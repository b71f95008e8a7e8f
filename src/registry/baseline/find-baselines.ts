import type { ImageInputs, InputRecord } from '../../dockerfile/description.js';
import { ReleaseError, type Problem } from '../../lib/errors.js';
import type { Baseline, KnownRelease, ExistingTag } from '../../plan/baseline.js';
import type { PlannedImage } from '../../plan/plan.js';
import { mergeProblems } from '../check.js';
import type { RegistryClient } from '../client.js';
import { MalformedDocument } from '../index-manifest.js';
import { createPatience, type Patience } from '../patience.js';
import { readCandidate, type Found, type Lead, type ReuseObjection } from './candidate.js';
import { occupantOf, readNumberedTags } from './occupant.js';
import { measurePrevious } from './previous.js';
import { proveCandidate, type Proof } from './prove-candidate.js';
import { rememberingClient } from './remembering-client.js';
import type { VerifiedDocument } from '../verified.js';

export interface BaselinesRequest {
  client: RegistryClient;
  images: readonly PlannedImage[];
  /** `platforms`: only the platforms of the images are asked for, whatever else the published ones hold. */
  scope?: 'whole' | 'platforms';
  /** By key, of the images and of what is built on the way to them. */
  inputs: Record<string, ImageInputs>;
  /** Undefined: the registry is trusted. */
  objection?: ReuseObjection;
  /** What ledgers have on record, by key, what is deployed first. */
  known: Record<string, readonly KnownRelease[]>;
  /** How many commits the released one is ahead of another; undefined: history does not tell. */
  commitsSince?(commit: string): Promise<number | undefined>;
  /** Reads what RECORD_ANNOTATION holds; undefined: it can't be read. */
  decodeRecord(text: string): InputRecord | undefined;
  signal?: AbortSignal;
  /** How long looking for candidates, and then looking at them, may take, milliseconds. */
  patienceMs?: { find: number; prove: number };
}

export interface Baselines {
  /** By image key. */
  readings: Record<string, Baseline>;
  /** Candidates that are whole. */
  verified: VerifiedDocument[];
}

const PATIENCE_MS = { find: 15_000, prove: 30_000 };
/** Releases of equal inputs that a ledger's history may contribute. */
const MOST_EARLIER = 3;

/**
 * Looks for what is published of each image already: what stands under the planned release tag, what is deployed,
 * what the moving tags name, and earlier releases with the same inputs. Those with the same inputs as now are
 * proved: whole as a release would verify them, with the attestations and platforms that are configured now, and
 * made of images that are still the same. Whatever can't be read is a warning, and leads to a build.
 * @throws Cancelled
 */
export async function findBaselines(request: BaselinesRequest): Promise<Baselines> {
  const { images, signal, patienceMs = PATIENCE_MS } = request;
  const client = rememberingClient(request.client);
  const commitsSince = request.commitsSince && counting(request.commitsSince.bind(request));
  const finding = createPatience(patienceMs.find, signal);
  const found = await Promise.all(
    images.map((image) =>
      findCandidates({ ...request, commitsSince, client: client.withSignal(finding.signal) }, image, finding),
    ),
  );
  const proving = createPatience(patienceMs.prove, signal);
  const proofs = await Promise.all(
    found.map((candidates) =>
      proveAll({ ...request, client: client.withSignal(proving.signal) }, candidates, proving),
    ),
  );
  return {
    readings: Object.fromEntries(proofs.map(({ image, reading }) => [image.key, reading])),
    verified: proofs.flatMap(({ verified }) => verified),
  };
}

/** Images of one release mostly come from the same commits. */
function counting(count: (commit: string) => Promise<number | undefined>) {
  const counted = new Map<string, ReturnType<typeof count>>();
  return (commit: string) => {
    const asked = counted.get(commit) ?? count(commit);
    counted.set(commit, asked);
    return asked;
  };
}

/** What was found of one image, nothing of it proved yet. */
interface FoundImage {
  image: PlannedImage;
  candidates: Found[];
  /** What is deployed, or else what a moving tag names. */
  previous?: Found;
  gone?: string;
  existingTag?: ExistingTag;
  problems: Problem[];
}

async function findCandidates(
  request: BaselinesRequest,
  image: PlannedImage,
  patience: Patience,
): Promise<FoundImage> {
  const problems: Problem[] = [];
  const read = (lead: Lead) => telling(problems, image, patience, () => readCandidate(request, image, lead));
  const leads = leadsOf(request, image);
  const [standing, ...others] = await Promise.all(leads.map(read));
  const numbered = standing === undefined ? undefined : await readNumberedTags(image, read);
  const all = [standing, ...(numbered?.found ?? []), ...others].flatMap((found) => found ?? []);
  const candidates = all.filter(
    ({ candidate }, index) => all.findIndex((other) => other.candidate.digest === candidate.digest) === index,
  );
  problems.push(...all.flatMap(({ corrupt }) => (corrupt === undefined ? [] : warning(image, corrupt))));
  const existingTag = standing && occupantOf(standing, numbered?.free);
  const [lost] = leads
    .slice(1)
    .flatMap((lead, index) => (lead.type === 'release' && others[index] === undefined ? [lead.release] : []));
  const gone = problems.length === 0 && lost?.standing === 'current' ? lost.tag : undefined;
  const previous = others.find((found) => found !== undefined);
  return {
    image,
    candidates,
    ...(previous && { previous }),
    ...(gone !== undefined && { gone }),
    ...(existingTag && { existingTag }),
    problems,
  };
}

/** Where to look, the planned release tag first. */
function leadsOf({ inputs, known }: BaselinesRequest, { key, tags, releaseTag }: PlannedImage): Lead[] {
  const { [key]: own } = inputs;
  const { [key]: releases = [] } = known;
  const current = releases.filter(({ standing }) => standing === 'current');
  const same = releases.filter(
    ({ standing, fingerprint, digest }) =>
      standing === 'earlier' &&
      digest !== undefined &&
      own?.status === 'known' &&
      fingerprint === own.fingerprint,
  );
  return [
    { type: 'tag', tag: releaseTag },
    ...current.map((release): Lead => ({ type: 'release', release })),
    ...tags.filter((tag) => tag !== releaseTag).map((tag): Lead => ({ type: 'tag', tag })),
    ...same.slice(0, MOST_EARLIER).map((release): Lead => ({ type: 'release', release })),
  ];
}

async function proveAll(
  request: BaselinesRequest,
  { image, candidates, previous, gone, existingTag, problems }: FoundImage,
  patience: Patience,
): Promise<{ image: PlannedImage; reading: Baseline; verified: VerifiedDocument[] }> {
  const measuring = previous && measurePrevious(request.client, image.image, previous.candidate, patience);
  const proving = candidates.map(async (found): Promise<Proof> => {
    const proof = await telling(problems, image, patience, () =>
      proveCandidate({ ...request, signal: patience.signal }, image, found),
    );
    const verdict = { status: 'unfit', reason: `${found.candidate.tag} could not be verified` } as const;
    return proof ?? { candidate: { ...found.candidate, verdict } };
  });
  const [measured, ...proofs] = await Promise.all([measuring, ...proving]);
  return {
    image,
    reading: {
      candidates: proofs.map(({ candidate }) => candidate),
      ...(measured && { previous: measured }),
      ...(gone !== undefined && { gone }),
      ...(existingTag && { existingTag }),
      problems: mergeProblems([...problems, ...proofs.flatMap((proof) => warningsOf(image, proof.unread))]),
    },
    verified: proofs.flatMap(({ verified }) => verified ?? []),
  };
}

/** What fails is a warning here, and the candidate is as good as absent. */
async function telling<T>(
  problems: Problem[],
  image: PlannedImage,
  patience: Patience,
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ReleaseError) problems.push(...warningsOf(image, error.problems));
    else if (error instanceof MalformedDocument)
      problems.push(warning(image, `What it serves ${error.message}.`));
    else if (patience.isLate(error)) problems.push(warning(image, `No answer ${patience.words}.`));
    else throw error;
    return undefined;
  }
}

function warningsOf(image: PlannedImage, problems: readonly Problem[] = []): Problem[] {
  return problems.map(({ message }) => warning(image, message));
}

function warning({ key, image }: PlannedImage, why: string): Problem {
  return {
    code: 'registry/baseline-unreadable',
    severity: 'warning',
    message: `What is published of ${image} could not be read in full, so ${key} may be built though nothing changed: ${why}`,
    fix: 'See that the registry can be reached and that this login may read it.',
    image: key,
  };
}
