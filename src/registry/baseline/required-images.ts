import type { ImageFingerprint } from '../../fingerprint/fingerprint.js';
import { DEFAULT_SCANNER, type PlannedImage } from '../../plan/plan.js';
import { parseReference } from '../../plan/references.js';
import { fullName } from './materials.js';

/** Images from elsewhere that an image is made of, as its Dockerfile and those on the way to it name them. */
export interface RequiredImages {
  references: RequiredReference[];
  /** What no reference could be made of: nothing can be shown then. */
  unreadable: string[];
  /** Whether it stands on images of this repository. */
  bases: 'some' | 'none';
  /** The SBOM scanner, which looks at the image and is no part of it; undefined: it is one of `references`, or off. */
  scanner?: { name: string; tag: string };
}

export interface RequiredReference {
  /** As written. */
  written: string;
  /** Host and repository in full. */
  name: string;
  tag: string;
  /** It is named by a digest, which a tag beside it does not change. */
  digest?: string;
}

export function requiredImages(
  { key, attest, contexts, helpers = [] }: PlannedImage,
  inputs: Record<string, ImageFingerprint>,
): RequiredImages {
  const written = [key, ...helpers.map((helper) => helper.key)].flatMap((each) => {
    const { [each]: own } = inputs;
    return own?.status === 'known' ? own.images : [];
  });
  const references: RequiredReference[] = [];
  const unreadable: string[] = [];
  for (const reference of new Set(written)) {
    const read = readReference(reference);
    if (read) references.push(read);
    else unreadable.push(reference);
  }
  const scanner = attest.sbom === 'off' ? undefined : readReference(attest.sbom.scanner ?? DEFAULT_SCANNER);
  const used = references.some(({ name, tag }) => name === scanner?.name && tag === scanner.tag);
  const bases = Object.values(contexts).some((source) => source.startsWith('image:')) ? 'some' : 'none';
  return { references, unreadable, bases, ...(scanner && !used && { scanner }) };
}

function readReference(written: string): RequiredReference | undefined {
  const parsed = parseReference(written);
  if (parsed === undefined) return undefined;
  const { name, tag = 'latest', digest } = parsed;
  return { written, name: fullName(name), tag, ...(digest !== undefined && { digest }) };
}
