import { type Problem, ReleaseError } from '../../lib/errors.js';
import type { BaseImages } from '../../dockerfile/description.js';
import type { Candidate } from '../../plan/baseline.js';
import type { PlannedImage } from '../../plan/plan.js';
import { parseStatement } from '../attestations.js';
import { type RegistryClient, formatReference } from '../client.js';
import { normalizePlatform, parseImageDocument } from '../manifest.js';
import type { PublishedPlatform, VerifiedDocument } from '../published-image.js';
import { expectedOf, verifyImage } from '../verify.js';
import type { CandidateContext, FoundCandidate } from './candidate.js';
import { readMaterials, requiredImages, type Materials, type MaterialImage, type RequiredImages } from './materials.js';

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
  { client, inputs, bases, scope, objection, signal }: CandidateContext & { signal: AbortSignal },
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
  const staleness = await findStaleness(client, materials, required, bases);
  const dated = withMaterials(candidate, materials);
  if (staleness !== undefined) return { ...unfit(dated, staleness.reason), unread: staleness.unread };
  return { candidate: whole(dated), document };
}

/** Undefined: that of a platform is missing, or has no list. */
async function readAllMaterials(client: RegistryClient, image: string, platforms: readonly PublishedPlatform[]) {
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

/** Why a build is out of date, or may be: a clause. */
interface Staleness {
  reason: string;
  unread?: readonly Problem[];
}

/**
 * Compares the images that a build used with what the registries serve now. A digest never changes; a tag is read,
 * also if BuildKit noted a digest with it, since it does so for tags that it has resolved itself.
 * @returns undefined: everything is still the same
 * @throws Cancelled
 */
async function findStaleness(
  client: RegistryClient,
  materials: readonly Materials[],
  required: RequiredImages,
  bases: BaseImages,
): Promise<Staleness | undefined> {
  const [other] = materials.flatMap(({ others }) => others);
  if (other !== undefined) return { reason: `${shown(other)} was used, which can't be compared` };
  const [unreadable] = required.unreadable;
  if (unreadable !== undefined) return { reason: `${unreadable} is no image reference` };
  const images = materials.flatMap((each) => each.images);
  const unnamed = required.references.find((reference) => !images.some((image) => isIn(image, reference)));
  if (unnamed !== undefined) return { reason: `its provenance does not name ${unnamed.written}` };
  const { scanner } = required;
  const isScanner = ({ name, tag }: MaterialImage) => name === scanner?.name && tag === scanner.tag;
  const tagged = images.filter((image) => !isFixed(image, required) && !isScanner(image));
  const digests = new Map(
    required.references.flatMap(({ written, name, tag, digest }): [string, string][] => {
      const { [written]: base } = bases;
      return digest === undefined && base && 'digest' in base ? [[formatReference(name, tag), base.digest]] : [];
    }),
  );
  const found = await Promise.all(tagged.map((image) => compareImage(client, image, digests)));
  return found.find((staleness) => staleness !== undefined);
}

/** Tag and digest in one reference: BuildKit notes both, or either. */
function isIn(image: MaterialImage, { name, tag, digest }: RequiredImages['references'][number]): boolean {
  if (image.name !== name) return false;
  return digest === undefined ? image.tag === tag : image.digest === digest;
}

/** Named by its digest alone, or never without it. */
function isFixed({ name, tag, digest }: MaterialImage, { references }: RequiredImages): boolean {
  if (tag === undefined) return true;
  const named = references.filter((reference) => reference.name === name && reference.tag === tag);
  return named.length > 0 && named.every((reference) => reference.digest === digest);
}

async function compareImage(
  client: RegistryClient,
  { name, tag = '', digest }: MaterialImage,
  known: ReadonlyMap<string, string>,
): Promise<Staleness | undefined> {
  const reference = shown(formatReference(name, tag));
  try {
    const now = known.get(formatReference(name, tag)) ?? (await client.headManifest(name, tag))?.digest;
    if (now === undefined) return { reason: `base image ${reference} is gone` };
    if (now === digest) return undefined;
    // Some builders note the platform's manifest where the tag names an index.
    return (await contains(client, name, now, digest)) ? undefined : { reason: `base image ${reference} changed` };
  } catch (error) {
    if (!(error instanceof ReleaseError)) throw error;
    return { reason: `base image ${reference} can't be read`, unread: error.problems };
  }
}

async function contains(client: RegistryClient, name: string, index: string, digest: string): Promise<boolean> {
  const fetched = await client.getManifest(name, index);
  const document = fetched && parseImageDocument(fetched.bytes);
  return document?.type === 'index' && document.platforms.some((platform) => platform.digest === digest);
}

/** As people write it: `node:20`. */
function shown(reference: string): string {
  return reference.replace(/^docker\.io\/(library\/)?/, '');
}
