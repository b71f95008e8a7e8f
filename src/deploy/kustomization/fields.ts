import type { DeployConfig } from '../../config/config.js';
import { failure } from '../../lib/errors.js';
import type { ImageEdit } from './image-spec.js';
import type { KustomizationDocument } from './document.js';
import { splitTag, type EditedField, type KustomizationEntry } from './entry.js';

export type WantedFields = Partial<Record<EditedField, string>>;

/**
 * The edit that a release makes to an entry: the parts that `pin` asks for, and those that the entry has
 * already, so that tag and digest always name one image.
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
      code: 'deploy/entry-pinned',
      message: `The entry ${name} needs the digest of the tag ${released.tag}, and none is known.`,
      fix: 'Name the image with its digest (`--image KEY=REF:TAG@DIGEST`), or remove `--no-registry-check`.',
    });
  }
  return { name, ...(wantsTag && { tag: released.tag }), ...(wantsDigest && { digest: released.digest }) };
}

/** Translates an edit into fields of the entry. A `newTag: tag@digest` (Renovate's form) stays one field. */
export function wantedFields(
  document: KustomizationDocument,
  entry: KustomizationEntry,
  edit: ImageEdit,
): WantedFields {
  const isRenamed = edit.newName !== undefined && (entry.newName !== undefined || edit.newName !== entry.name);
  const wanted: WantedFields = isRenamed ? { newName: edit.newName } : {};
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
  const left =
    edit.digest === undefined && current.digest !== undefined && edit.tag !== current.tag
      ? { part: `the digest ${current.digest}`, other: `the tag ${edit.tag}`, give: `:${edit.tag}@DIGEST` }
      : edit.tag === undefined && current.tag !== undefined && edit.digest !== current.digest
        ? { part: `the tag ${current.tag}`, other: `the digest ${edit.digest}`, give: `:TAG@${edit.digest}` }
        : undefined;
  if (left) {
    throw failure({
      code: 'deploy/entry-pinned',
      message: `The entry ${entry.name} has ${left.part}, which does not belong to ${left.other}.`,
      fix: `Give tag and digest: \`${edit.name}=${left.give}\`.`,
      place: document.placeOf(entry.offset),
    });
  }
  if (current.joined) return { ...wanted, newTag: `${edit.tag ?? current.tag ?? ''}@${edit.digest ?? current.digest}` };
  return { ...wanted, newTag: edit.tag, digest: edit.digest };
}
