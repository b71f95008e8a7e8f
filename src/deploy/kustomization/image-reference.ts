import { formatReference } from '../../plan/references.js';

/**
 * References as kustomize's image transformer takes them apart and puts them together:
 * https://github.com/kubernetes-sigs/kustomize/blob/master/api/internal/image/image.go and
 * https://github.com/kubernetes-sigs/kustomize/blob/master/api/filters/imagetag/updater.go
 */

export interface ImageRule {
  name: string;
  newName?: string;
  newTag?: string;
  digest?: string;
  tagSuffix?: string;
}

/** `name[:tag][@digest]`; a colon before the first slash belongs to the registry's port. */
export function splitReference(reference: string): { name: string; tag?: string; digest?: string } {
  const [, name = '', tag, digest] = /^((?:[^/]*\/)?[^:@]*)(?::([^@]*))?(?:@(.*))?$/s.exec(reference) ?? [];
  return { name, tag, digest };
}

/** The image after an entry has been applied to it; the same if the entry's name does not match. */
export function applyRule(image: string, rule: ImageRule): string {
  if (!matchesName(image, rule.name)) return image;
  const { newName, newTag, digest, tagSuffix } = rule;
  const parts = splitReference(image);
  const name = newName ?? parts.name;
  if (newTag !== undefined || digest !== undefined) return formatReference({ name, tag: newTag, digest });
  if (tagSuffix !== undefined) return formatReference({ name, tag: (parts.tag ?? '') + tagSuffix });
  return formatReference({ ...parts, name });
}

/** An entry's name is a regular expression: kustomize does not escape it. An invalid one matches nothing. */
export function matchesName(image: string, name: string): boolean {
  const digest = '(@[a-zA-Z0-9]+([.+_-][a-zA-Z0-9]+)*:[a-zA-Z0-9_.{}-]*)?';
  try {
    return new RegExp(`^${name}(:[a-zA-Z0-9_.{}-]*)?${digest}$`).test(image);
  } catch {
    return false;
  }
}

/** The images that an entry may yield if it should yield `reference`: before kustomize 5 a digest removed the tag. */
export function referencesFor(reference: string): string[] {
  const { name, tag, digest } = splitReference(reference);
  return tag && digest ? [reference, `${name}@${digest}`] : [reference];
}

/** The last part of a repository: two names with a long registry in common would always look alike. */
export function lastPart(repository: string): string {
  return repository.slice(repository.lastIndexOf('/') + 1);
}
