import type { Problem } from '../../lib/errors.js';
import type { Candidate } from '../../plan/baseline.js';
import type { PlannedImage } from '../../plan/plan.js';
import type { RegistryClient } from '../client.js';
import { normalizePlatform } from '../manifest.js';
import type { PublishedPlatform, VerifiedDocument } from '../published-image.js';
import { parseStatement } from '../attestations.js';
import { expectedOf, verifyImage } from '../verify.js';
import type { Found, Reading } from './candidate.js';
import { findStaleness } from './freshness.js';
import { type Materials, readMaterials, requiredImages } from './materials.js';

/** What came of looking at a candidate. */
export interface Proof {
  candidate: Candidate;
  verified?: VerifiedDocument;
  /** Why something could not be asked. */
  unread?: readonly Problem[];
}

/** The registry's answers that say nothing about the image. */
const NO_ANSWER: readonly Problem['code'][] = [
  'registry/unreachable',
  'registry/unauthorized',
  'registry/denied',
  'registry/refused',
  'registry/unavailable',
  'registry/garbage',
  'registry/credentials',
];

/**
 * Proves that a candidate with the same inputs can be used: it is trusted, the registry serves it complete, and what
 * went into it from elsewhere is still what the registries serve under these names.
 * @throws Cancelled
 */
export async function proveCandidate(
  { client, inputs, scope, objection, signal }: Reading & { signal: AbortSignal },
  image: PlannedImage,
  { candidate, proof }: Found,
): Promise<Proof> {
  if (proof === 'needless') return { candidate };
  const { digest } = candidate;
  const distrust = await objection?.(image, candidate, { client, signal });
  if (distrust !== undefined) return unfit(candidate, distrust);
  const { key, image: name } = image;
  const verification = await verifyImage({ client, key, image: name, digest, expected: expectedOf(image) });
  if (verification.status === 'unsound') {
    const unread = verification.problems.filter(({ code }) => NO_ANSWER.includes(code));
    return { ...unfit(candidate, clause(verification.problems[0]?.message)), unread };
  }
  const { document, platforms } = verification;
  const verified = { image: image.image, document, platforms };
  const wanted = image.platforms.map(normalizePlatform);
  const own =
    scope === 'platforms' ? platforms.filter(({ platform }) => wanted.includes(platform)) : platforms;
  const required = requiredImages(image, inputs);
  const materials = await readAllMaterials(client, image.image, own);
  if (materials === undefined) {
    return required.references.length === 0 && required.bases === 'none'
      ? { candidate: whole(candidate), verified }
      : unfit(candidate, `no provenance says which images went into ${candidate.tag}`);
  }
  const staleness = await findStaleness(client, materials, required);
  const dated = withMaterials(candidate, materials);
  if (staleness !== undefined) return { ...unfit(dated, staleness.reason), unread: staleness.unread };
  return { candidate: whole(dated), verified };
}

/** Undefined: that of a platform is not there, or has no list. */
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

/** Of several platforms the times that promise the least: begun late, finished early. */
function withMaterials(candidate: Candidate, all: readonly Materials[]): Candidate {
  const started = all.map(({ startedAt }) => startedAt ?? Infinity);
  const finished = all.map(({ finishedAt }) => finishedAt ?? -Infinity);
  const [startedAt, builtAt] = [Math.max(...started), Math.min(...finished)];
  const builtOn = new Map<string, Set<string>>();
  for (const { name, digest } of all.flatMap(({ images }) => images)) {
    builtOn.set(name, (builtOn.get(name) ?? new Set()).add(digest));
  }
  return {
    ...candidate,
    ...(Number.isFinite(startedAt) && { startedAt }),
    ...(Number.isFinite(builtAt) && { builtAt }),
    builtOn: Object.fromEntries([...builtOn].map(([name, digests]) => [name, [...digests]])),
  };
}

function whole(candidate: Candidate): Candidate {
  return { ...candidate, verdict: { status: 'whole' } };
}

function unfit(candidate: Candidate, reason: string): { candidate: Candidate } {
  return { candidate: { ...candidate, verdict: { status: 'unfit', reason } } };
}

function clause(sentence = 'it is not whole'): string {
  return sentence.replace(/\.$/, '');
}
