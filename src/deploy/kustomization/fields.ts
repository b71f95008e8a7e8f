import type { DeployConfig } from '../../config/config.js';
import { failure } from '../../lib/errors.js';
import type { ImageEdit } from './image-spec.js';
import type { KustomizationDocument } from './document.js';
import type { EditedField, KustomizationEntry } from './entry.js';

/** The fields that an edit gives new values to; the writer leaves those alone that read the same already. */
export type WantedFields = Partial<Record<EditedField, string>>;

/**
 * What a release writes into an entry: the parts that `pin` asks for, and besides those only what the
 * entry has already, so that tag and digest always name one image.
 * @throws ReleaseError `deploy/digest-unknown` when a digest must be written but is not known
 */
export function releaseEdit(
  entry: Pick<KustomizationEntry, 'name' | 'newTag' | 'digest'>,
  released: { tag: string; digest?: string },
  pin: DeployConfig['pin'],
): ImageEdit {
  const { name } = entry;
  const current = splitTag(entry);
  const wantsTag = pin !== 'digest' || current.tag !== undefined;
  const wantsDigest = pin !== 'tag' || current.digest !== undefined;
  if (wantsDigest && released.digest === undefined) {
    throw failure({
      code: 'deploy/digest-unknown',
      message: `The entry ${name} needs a digest beside the tag ${released.tag}, and none is known.`,
      fix: 'Name the image with its digest (--image KEY=REF:TAG@DIGEST), or leave --no-registry-check out.',
    });
  }
  return {
    name,
    ...(wantsTag && { tag: released.tag }),
    ...(wantsDigest && { digest: released.digest }),
  };
}

/**
 * Translates an edit into fields of the entry. A `newTag: tag@digest` (Renovate's form) stays one field.
 * @throws ReleaseError `deploy/entry-pinned` when a tag would be left beside another image's digest or the
 * other way round, `deploy/kustomization-unsafe` when the entry has two digests
 */
export function wantedFields(
  document: KustomizationDocument,
  entry: KustomizationEntry,
  edit: ImageEdit,
): WantedFields {
  const wanted: WantedFields = {};
  if (edit.newName !== undefined && (entry.newName !== undefined || edit.newName !== entry.name)) {
    wanted.newName = edit.newName;
  }
  if (edit.tag === undefined && edit.digest === undefined) return wanted;

  const current = splitTag(entry);
  if (current.joined && entry.digest !== undefined) {
    throw failure({
      code: 'deploy/kustomization-unsafe',
      message: `The entry ${entry.name} has a digest in newTag and another in digest.`,
      fix: 'Remove one of the two digests.',
      place: document.placeOf(entry.offset),
    });
  }
  refuseMixed(document, entry, edit, current);
  if (current.joined) {
    wanted.newTag = `${edit.tag ?? current.tag ?? ''}@${edit.digest ?? current.digest}`;
    return wanted;
  }
  if (edit.tag !== undefined) wanted.newTag = edit.tag;
  if (edit.digest !== undefined) wanted.digest = edit.digest;
  return wanted;
}

function refuseMixed(
  document: KustomizationDocument,
  entry: KustomizationEntry,
  edit: ImageEdit,
  current: { tag?: string; digest?: string },
): void {
  const place = document.placeOf(entry.offset);
  if (edit.digest === undefined && current.digest !== undefined && edit.tag !== current.tag) {
    throw failure({
      code: 'deploy/entry-pinned',
      message: `The entry ${entry.name} is pinned to ${current.digest}; with the tag ${edit.tag} alone the old image would stay.`,
      fix: `Give the digest of that tag too: \`${edit.name}=:${edit.tag}@DIGEST\`.`,
      place,
    });
  }
  if (edit.tag === undefined && current.tag !== undefined && edit.digest !== current.digest) {
    throw failure({
      code: 'deploy/entry-pinned',
      message: `The entry ${entry.name} has the tag ${current.tag}, which does not belong to the digest ${edit.digest}.`,
      fix: `Give the tag of that digest too: \`${edit.name}=:TAG@${edit.digest}\`; or remove the tag from the entry.`,
      place,
    });
  }
}

function splitTag(entry: Pick<KustomizationEntry, 'newTag' | 'digest'>) {
  const { newTag, digest } = entry;
  const at = newTag?.indexOf('@') ?? -1;
  if (newTag === undefined || at < 0) return { joined: false, tag: newTag, digest };
  return { joined: true, tag: newTag.slice(0, at) || undefined, digest: newTag.slice(at + 1) };
}
