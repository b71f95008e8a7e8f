/**
 * References as kustomize's image transformer takes them apart and puts them together:
 * https://github.com/kubernetes-sigs/kustomize/blob/master/api/internal/image/image.go and
 * https://github.com/kubernetes-sigs/kustomize/blob/master/api/filters/imagetag/updater.go
 */

/** What one entry of `images` says; parts that are empty are undefined. */
export interface ImageRule {
  name: string;
  newName?: string;
  newTag?: string;
  digest?: string;
  tagSuffix?: string;
}

interface ReferenceParts {
  name: string;
  tag: string;
  digest: string;
}

/** `name[:tag][@digest]`; a colon before the first slash belongs to the registry's port. */
export function splitReference(reference: string): ReferenceParts {
  const slash = Math.max(reference.indexOf('/'), 0);
  const at = reference.indexOf('@', slash);
  const colon = reference.indexOf(':', slash);
  if (at < 0 && colon < 0) return { name: reference, tag: '', digest: '' };
  if (at >= 0 && (at < colon || colon < 0)) {
    return { name: reference.slice(0, at), tag: '', digest: reference.slice(at + 1) };
  }
  const end = at < 0 ? reference.length : at;
  return {
    name: reference.slice(0, colon),
    tag: reference.slice(colon + 1, end),
    digest: reference.slice(end + 1),
  };
}

/** The image after an entry has been applied to it; the same when the entry's name does not match. */
export function applyRule(image: string, rule: ImageRule): string {
  if (!matchesName(image, rule.name)) return image;
  const { name, tag, digest } = splitReference(image);
  const repository = rule.newName ?? name;
  if (rule.newTag !== undefined) return joinReference(repository, rule.newTag, rule.digest ?? '');
  if (rule.digest !== undefined) return joinReference(repository, '', rule.digest);
  if (rule.tagSuffix !== undefined) return joinReference(repository, tag + rule.tagSuffix, '');
  return joinReference(repository, tag, digest);
}

/** An entry's name is a regular expression: kustomize does not escape it. One that is none matches nothing. */
export function matchesName(image: string, name: string): boolean {
  const digest = '(@[a-zA-Z0-9]+([.+_-][a-zA-Z0-9]+)*:[a-zA-Z0-9_.{}-]*)?';
  return compile(`^${name}(:[a-zA-Z0-9_.{}-]*)?${digest}$`)?.test(image) ?? false;
}

/**
 * Tells the images that an entry of this name yields when it is said to yield `reference`. That is the
 * reference itself; but where an entry only sets the tag, its name may be a pattern, and kustomize keeps the
 * name of the image that it found. Before kustomize 5 a digest made the tag disappear.
 */
export function yieldedBy(name: string, reference: string): (image: string) => boolean {
  const own = splitReference(name).name;
  const parts = splitReference(reference);
  const references = [reference];
  if (parts.tag !== '' && parts.digest !== '') references.push(`${parts.name}@${parts.digest}`);
  const pattern = parts.name === own && /[^\w/:@-]/.test(own) ? compile(`^(?:${own})$`) : undefined;
  return (image) => {
    if (references.includes(image)) return true;
    const found = splitReference(image);
    return (
      pattern !== undefined &&
      pattern.test(found.name) &&
      references.includes(joinReference(parts.name, found.tag, found.digest))
    );
  };
}

function joinReference(name: string, tag: string, digest: string): string {
  return `${name}${tag === '' ? '' : `:${tag}`}${digest === '' ? '' : `@${digest}`}`;
}

function compile(pattern: string): RegExp | undefined {
  try {
    return new RegExp(pattern);
  } catch {
    return undefined;
  }
}
