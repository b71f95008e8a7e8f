import { failure } from '../../lib/errors.js';
import { HOST, PATH_PART, TAG, type ImageReference } from '../../plan/references.js';

/** The parts of one entry of `images:` to write; those that are undefined stay as they are. */
export type ImageEdit = Pick<ImageReference, 'name' | 'tag' | 'digest'> & { newName?: string };

/** Stricter than the grammar: of the algorithms that registries know, in full length. */
const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$/;
const DIGEST_FORM = 'must be "sha256:" and 64 lower-case hex digits (or sha384, sha512)';

/** Reads `NAME=[NEWNAME][:TAG][@DIGEST]`. The name is taken as it is: it only has to be in the file. */
export function parseImageSpec(spec: string): ImageEdit {
  const equals = spec.indexOf('=');
  if (equals < 0) throw invalid(`"${spec}" names an image but not what it is set to.`, `Write ${suggestSpec(spec)}.`);
  const edit = { name: spec.slice(0, equals), ...splitReference(spec.slice(equals + 1)) };
  if (edit.name === '') {
    throw invalid(
      `"${spec}" does not say which entry is to be set.`,
      'Put the name of the entry before the equals sign: NAME=:TAG.',
    );
  }
  checkImageEdit(edit);
  return edit;
}

/**
 * Checks the parts of an edit against the grammar of OCI references.
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests
 */
export function checkImageEdit(edit: ImageEdit): void {
  const { name, newName, tag, digest } = edit;
  if (newName === undefined && tag === undefined && digest === undefined) {
    throw invalid(
      `Nothing to set for ${name}.`,
      `Give at least one part: ${name}=:TAG, ${name}=@DIGEST or ${name}=NEWNAME:TAG@DIGEST.`,
    );
  }
  const mistakes = [
    ['new name', newName, newName !== undefined && nameMistake(newName)],
    ['tag', tag, tag !== undefined && tagMistake(tag)],
    ['digest', digest, digest !== undefined && !DIGEST.test(digest) && DIGEST_FORM],
  ] as const;
  for (const [part, value, mistake] of mistakes) {
    const fix = 'Write NAME=[NEWNAME][:TAG][@DIGEST], such as api=ghcr.io/acme/api:main-1a2b3c4.';
    if (mistake) throw invalid(`${name}: ${part} "${value}" ${mistake}.`, fix);
  }
}

const invalid = (message: string, fix: string) => failure({ code: 'image/invalid-reference', message, fix });

/** The mistake in a repository reference, as half a sentence; undefined if there is none. */
export function nameMistake(image: string): string | undefined {
  const parts = image.split('/');
  const [first = ''] = parts;
  const hasHost = parts.length > 1 && (/[.:]/.test(first) || first === 'localhost');
  const path = hasHost ? parts.slice(1) : parts;
  if (image.length > 255) return 'is longer than 255 characters';
  if (hasHost && !HOST.test(first)) return `has an invalid registry host "${first}"`;
  if (path.some((part) => part !== part.toLowerCase())) return 'must be lower-case';
  const wrong = path.find((part) => !PATH_PART.test(part));
  if (wrong?.includes(':'))
    return `has a colon before a slash in "${wrong}": what follows it is a tag, which can't have a "/"`;
  return wrong === undefined ? undefined : `has an invalid part "${wrong}"`;
}

function tagMistake(tag: string): string | undefined {
  if (TAG.test(tag)) return undefined;
  if (tag === '') return 'is empty';
  if (tag.length > 128) return 'is longer than 128 characters';
  return 'may only have letters, digits, "_", "." and "-", and not begin with "." or "-"';
}

/** Parts of `[NEWNAME][:TAG][@DIGEST]`; a colon before a slash belongs to the registry's port. */
function splitReference(reference: string): Omit<ImageEdit, 'name'> {
  const [, newName, tag, digest] = /^((?:[^@]*\/)?[^@:]*)(?::([^@]*))?(?:@(.*))?$/s.exec(reference) ?? [];
  return { newName: newName || undefined, tag, digest };
}

function suggestSpec(spec: string): string {
  const { newName = 'NAME', tag, digest } = splitReference(spec);
  if (tag === undefined && digest === undefined) return `${newName}=:TAG`;
  return `${newName}=${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}
