import { isUtf8 } from 'node:buffer';
import { lstatSync } from 'node:fs';
import { posix, resolve } from 'node:path';
import type { BaseImages, BuildDescription } from '../dockerfile/description.js';
import type { BuildUse, Dockerfile } from '../dockerfile/dockerfile.js';
import { parseIgnore, type IgnoreRules } from '../dockerfile/ignore/ignore.js';
import { parseDockerfile } from '../dockerfile/parse.js';
import { kindOfContext } from '../dockerfile/references.js';
import { useOf } from '../dockerfile/use.js';
import { messageOf } from '../lib/errors.js';
import { readRepositoryFile, RefusedFile } from '../lib/regular-file.js';
import { unknown, type UnknownFingerprint } from './fingerprint.js';

export interface ReadDockerfile {
  status: 'read';
  text: string;
  dockerfile: Dockerfile;
  use: BuildUse;
}

/** Reads an image's Dockerfile from the repository, wherever its context is, and what of it goes into the target. */
export function readDockerfile(
  root: string,
  description: BuildDescription,
  bases: BaseImages,
): ReadDockerfile | UnknownFingerprint {
  const source: SourceText =
    description.dockerfileInline === undefined
      ? readSourceText(root, description.dockerfile, 'follow-links')
      : { status: 'read', text: description.dockerfileInline };
  if (source.status === 'missing') return unknown(`there is no ${description.dockerfile}`);
  if (source.status === 'unreadable') return unknown(`${description.dockerfile} ${source.reason}`);
  const parsed = parseDockerfile(source.text);
  if ('unreadable' in parsed) return unknown(`its Dockerfile can't be read: ${parsed.unreadable}`, parsed.line);
  const dockerfile = withFrontendArgument(parsed, description);
  const use = useOf(dockerfile, description, bases);
  if ('unreadable' in use) return unknown(`its Dockerfile can't be read: ${use.unreadable}`, use.line);
  const remote = dockerfile.doubts.length > 0 ? findRemoteAdd(source.text) : undefined;
  if (remote !== undefined) return unknown('it adds files from elsewhere, which may change unseen', remote);
  return { status: 'read', text: source.text, dockerfile, use };
}

/** An argument may name another frontend than the Dockerfile does, which may read it differently. */
function withFrontendArgument(dockerfile: Dockerfile, { args }: BuildDescription): Dockerfile {
  if (args['BUILDKIT_SYNTAX'] === undefined) return dockerfile;
  const doubt = { reason: 'the argument BUILDKIT_SYNTAX names its frontend', line: 1 };
  return { ...dockerfile, doubts: [...dockerfile.doubts, doubt] };
}

/** In a Dockerfile that can't be parsed for certain: the first line that might add something from elsewhere. */
function findRemoteAdd(text: string): number | undefined {
  const lines = text.split('\n');
  if (!lines.some((line) => /\badd\b/i.test(line))) return undefined;
  const at = lines.findIndex((line) => !/^\s*#/.test(line) && /:\/\/|@[\w.-]+:|\$/.test(line));
  return at === -1 ? undefined : at + 1;
}

/**
 * References of the images that the builds name in the stages they need, variables filled in, each once. A Dockerfile
 * that can't be read names none.
 */
export function externalImages(root: string, builds: readonly BuildDescription[]): string[] {
  const references = builds.flatMap((build) => {
    if (kindOfContext(build.context).type !== 'local') return [];
    const read = readDockerfile(root, build, {});
    return read.status === 'read' ? read.use.images.map(({ reference }) => reference) : [];
  });
  return [...new Set(references)];
}

/**
 * Base images without a registry: they have no ONBUILD instructions, unless their name says so. Hardly any image has
 * them today; without this assumption, all of each context would count.
 */
export function offlineBases(root: string, builds: readonly BuildDescription[]): BaseImages {
  const unresolved = 'Not asked: offline.';
  return Object.fromEntries(
    externalImages(root, builds).map((reference) => [
      reference,
      /onbuild/i.test(reference) ? { unresolved } : { unresolved, assumed: 'no-triggers' as const },
    ]),
  );
}

/**
 * Reads which files a context leaves out. The file next to the Dockerfile replaces the context's own, even if it is
 * empty.
 * @param folder of the context, relative to the root
 * @param image whose main context it is; undefined: a named context, which has only its own file
 */
export function readIgnoreRules(
  root: string,
  folder: string,
  image?: Pick<BuildDescription, 'dockerfile' | 'dockerfileInline'>,
): { status: 'read'; rules: IgnoreRules } | UnknownFingerprint {
  const nextToDockerfile =
    image !== undefined && image.dockerfileInline === undefined ? [`${image.dockerfile}.dockerignore`] : [];
  for (const path of [...nextToDockerfile, posix.join(folder, '.dockerignore')]) {
    // The builder follows a link only within the context, and only some versions do.
    const source = readSourceText(root, path, 'refuse-links');
    if (source.status === 'missing') continue;
    if (source.status === 'unreadable') return unknown(`${path} ${source.reason}`);
    const rules = parseIgnore(source.text);
    return 'doubt' in rules ? unknown(`${path}:${rules.line}: ${rules.doubt}`) : { status: 'read', rules };
  }
  return { status: 'read', rules: { ignores: () => false, prunes: () => false } };
}

/** `reason` is a clause without full stop that follows the file's name. */
type SourceText = { status: 'read'; text: string } | { status: 'missing' } | { status: 'unreadable'; reason: string };

function readSourceText(root: string, path: string, links: 'follow-links' | 'refuse-links'): SourceText {
  try {
    const stat = lstatSync(resolve(root, path), { throwIfNoEntry: false });
    if (stat === undefined) return { status: 'missing' };
    if (!stat.isFile() && !(links === 'follow-links' && stat.isSymbolicLink()))
      return { status: 'unreadable', reason: 'is no plain file' };
    const bytes = readRepositoryFile(root, path);
    if (!isUtf8(bytes)) return { status: 'unreadable', reason: 'is not UTF-8' };
    return { status: 'read', text: bytes.toString('utf8') };
  } catch (error) {
    if (error instanceof RefusedFile) return { status: 'unreadable', reason: error.message };
    const code = /\b(E[A-Z]+): /.exec(messageOf(error))?.[1];
    if (code === 'ENOENT' || code === 'ENOTDIR') return { status: 'missing' };
    return { status: 'unreadable', reason: `can't be read (${code ?? messageOf(error)})` };
  }
}
