import type { Problem } from '../../lib/errors.js';
import type { Candidate } from '../../plan/baseline.js';
import type { PlannedImage } from '../../plan/plan.js';
import { parseStatement } from '../attestations.js';
import type { RegistryClient } from '../client.js';
import { normalizePlatform } from '../manifest.js';
import type { PublishedPlatform, VerifiedDocument } from '../published-image.js';
import { expectedOf, verifyImage } from '../verify.js';
import type { CandidateContext, FoundCandidate } from './candidate.js';
import { findStaleness } from './freshness.js';
import { readMaterials, requiredImages, type Materials } from './materials.js';

export interface VerifiedCandidate {
  candidate: Candidate;
  /** Undefined: it must not be used. */
  document?: VerifiedDocument;
  /** Why something could not be read. */
  unread?: readonly Problem[];
}

/** Answers of a registry that prove nothing about the image. */
const NO_ANSWER: readonly Problem['code'][] = [
  'registry/unreachable',
  'registry/unauthorized',
  'registry/denied',
  'registry/unavailable',
  'registry/garbage',
];

/**
 * Verifies that a candidate with the same inputs can be used: it is trusted, the registry serves it completely, and
 * the images that it was built from are still what the registries serve under these names.
 * @throws Cancelled
 */
export async function verifyCandidate(
  { client, inputs, scope, objection, signal }: CandidateContext & { signal: AbortSignal },
  image: PlannedImage,
  { candidate, inputs: found }: FoundCandidate,
): Promise<VerifiedCandidate> {
  if (found === 'other') return { candidate };
  const { digest } = candidate;
  const distrust = await objection?.(image, candidate, { client, signal });
  if (distrust !== undefined) return unfit(candidate, distrust);
  const { key, image: name } = image;
  const verification = await verifyImage({ client, key, image: name, digest, expected: expectedOf(image) });
  if (verification.status === 'unsound') {
    const unread = verification.problems.filter(({ code }) => NO_ANSWER.includes(code));
    const reason = verification.problems[0]?.message.replace(/\.$/, '') ?? 'it is incomplete';
    return { ...unfit(candidate, reason), unread };
  }
  const { platforms } = verification;
  const document = { image: name, document: verification.document, platforms };
  const wanted = image.platforms.map(normalizePlatform);
  const own = scope === 'platforms' ? platforms.filter(({ platform }) => wanted.includes(platform)) : platforms;
  const required = requiredImages(image, inputs);
  const materials = await readAllMaterials(client, name, own);
  if (materials === undefined)
    return required.references.length === 0 && required.bases === 'none'
      ? { candidate: whole(candidate), document }
      : unfit(candidate, `no provenance says which images went into ${candidate.tag}`);
  const staleness = await findStaleness(client, materials, required);
  const dated = withMaterials(candidate, materials);
  if (staleness !== undefined) return { ...unfit(dated, staleness.reason), unread: staleness.unread };
  return { candidate: whole(dated), document };
}

/** Undefined: that of a platform is missing, or has no list. */
async function readAllMaterials(
  client: RegistryClient,
  image: string,
  platforms: readonly PublishedPlatform[],
): Promise<Materials[] | undefined> {
  const all = await Promise.all(
    platforms.map(async ({ provenance }) => {
      const bytes = provenance && (await client.getBlob(image, provenance.digest));
      return bytes && readMaterials(parseStatement(bytes));
    }),
  );
  return all.length > 0 && all.every((materials) => materials !== undefined) ? all : undefined;
}

/** Of several platforms the times that promise the least: the latest start, the earliest end. */
function withMaterials(candidate: Candidate, all: readonly Materials[]): Candidate {
  const startedAt = Math.max(...all.map((each) => each.startedAt ?? Infinity));
  const builtAt = Math.min(...all.map((each) => each.finishedAt ?? -Infinity));
  const images = all.flatMap((each) => each.images);
  const digestsOf = (name: string) => images.flatMap((each) => (each.name === name ? [each.digest] : []));
  return {
    ...candidate,
    ...(Number.isFinite(startedAt) && { startedAt }),
    ...(Number.isFinite(builtAt) && { builtAt }),
    builtOn: Object.fromEntries(images.map(({ name }) => [name, [...new Set(digestsOf(name))]])),
  };
}

function whole(candidate: Candidate): Candidate {
  return { ...candidate, verdict: { status: 'whole' } };
}

function unfit(candidate: Candidate, reason: string): { candidate: Candidate } {
  return { candidate: { ...candidate, verdict: { status: 'unfit', reason } } };
}
