import { ReleaseError, type Problem } from '../../lib/errors.js';
import { formatReference, type RegistryClient } from '../client.js';
import { parseImageDocument } from '../manifest.js';
import type { MaterialImage, Materials, RequiredImages } from './materials.js';

/** Why a build is out of date, or may be: a clause. */
export interface Staleness {
  reason: string;
  unread?: readonly Problem[];
}

/**
 * Compares the images that a build used with what the registries serve now. A digest never changes; a tag is read,
 * also if BuildKit noted a digest with it, since it does so for tags that it has resolved itself.
 * @returns undefined: everything is still the same
 * @throws Cancelled
 */
export async function findStaleness(
  client: RegistryClient,
  materials: readonly Materials[],
  required: RequiredImages,
): Promise<Staleness | undefined> {
  const [other] = materials.flatMap(({ others }) => others);
  if (other !== undefined) return { reason: `${shown(other)} was used, which can't be compared` };
  const [unreadable] = required.unreadable;
  if (unreadable !== undefined) return { reason: `${unreadable} is no image reference` };
  const images = materials.flatMap((each) => each.images);
  const unnamed = required.references.find((reference) => !images.some((image) => isIn(image, reference)));
  if (unnamed !== undefined) return { reason: `its provenance does not name ${unnamed.written}` };
  const tagged = images.filter((image) => !isFixed(image, required) && !isScanner(image, required));
  const found = await Promise.all(tagged.map((image) => compareImage(client, image)));
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

function isScanner({ name, tag }: MaterialImage, { scanner }: RequiredImages): boolean {
  return scanner !== undefined && name === scanner.name && tag === scanner.tag;
}

async function compareImage(
  client: RegistryClient,
  { name, tag = '', digest }: MaterialImage,
): Promise<Staleness | undefined> {
  const reference = shown(formatReference(name, tag));
  try {
    const now = await client.headManifest(name, tag);
    if (now === undefined) return { reason: `base image ${reference} is gone` };
    if (now.digest === digest) return undefined;
    // Some builders note the platform's manifest where the tag names an index.
    return (await contains(client, name, now.digest, digest))
      ? undefined
      : { reason: `base image ${reference} changed` };
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
