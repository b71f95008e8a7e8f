import { existsSync, lstatSync } from 'node:fs';
import { posix, resolve } from 'node:path';
import type { BaseImages, BuildDescription } from '../dockerfile/description.js';
import { kindOfContext, type BuildUse, type ContextReads, type Dockerfile } from '../dockerfile/dockerfile.js';
import { Cancelled, messageOf } from '../lib/errors.js';
import { LEADS_OUT, leadsOut, readRepositoryFile, RefusedFile } from '../lib/regular-file.js';
import { collectInputs, type ImageSources } from './collect.js';
import { fingerprintOf, recordOf, unknown, type ImageFingerprint, type UnknownFingerprint } from './fingerprint.js';
import { readTree } from './tree/read-tree.js';
import { WorkTree } from './tree/work-tree.js';
import { isUtf8 } from 'node:buffer';
import { parseIgnore, type IgnoreRules } from '../dockerfile/ignore/ignore.js';
import { parseDockerfile } from '../dockerfile/parse.js';
import { useOf } from '../dockerfile/use.js';

export interface FingerprintRequest {
  /** Absolute path of the repository root. */
  root: string;
  /** In any order; with the images that others are built on (`image:<key>`). */
  builds: readonly BuildDescription[];
  /** Undefined: no registry was asked (`--offline`). */
  bases?: BaseImages;
  signal?: AbortSignal;
}

/**
 * Reads everything that determines the images, by key. If something can't be read or pinned, the inputs of an image are
 * unknown, with the reason.
 * @throws Cancelled
 */
export async function readFingerprints(request: FingerprintRequest): Promise<Record<string, ImageFingerprint>> {
  const reader = new Reader(request);
  const read: Record<string, ImageFingerprint> = {};
  for (const { key } of request.builds) {
    if (request.signal?.aborted) throw new Cancelled('reading the inputs of the images');
    read[key] = await reader.image(key);
  }
  return read;
}

type Tree = ImageSources['trees'][string];
const ALL_READS: ContextReads = { status: 'all', reason: "the Dockerfile can't be parsed for certain" };

class Reader {
  readonly #workTree = new WorkTree();
  readonly #builds: Map<string, BuildDescription>;
  readonly #bases: BaseImages;
  readonly #done = new Map<string, ImageFingerprint>();
  /** Passed on from images to those that are built on them, by key. */
  readonly #passedOn = new Map<string, BuildUse['passedOn']>();

  constructor(readonly request: FingerprintRequest) {
    this.#builds = new Map(request.builds.map((build) => [build.key, build]));
    this.#bases = request.bases ?? offlineBases(request.root, request.builds);
  }

  async image(key: string): Promise<ImageFingerprint> {
    let inputs = this.#done.get(key);
    if (inputs === undefined) {
      this.#done.set(key, unknown(`${key} is built on itself`));
      inputs = await this.#read(this.#builds.get(key)!);
      this.#done.set(key, inputs);
    }
    return inputs;
  }

  async #read(description: BuildDescription): Promise<ImageFingerprint> {
    if (kindOfContext(description.context).type !== 'local')
      return unknown('its context is a repository or archive elsewhere, which may change unseen');
    const { bases, builtOn, unreadable } = await this.#basesOf(description);
    const read = readDockerfile(this.request.root, description, bases);
    if (read.status === 'unknown') return read;
    if (read.dockerfile.doubts.length === 0) this.#passedOn.set(description.key, read.use.passedOn);
    if (unreadable !== undefined) return unreadable;
    const trees = await this.#trees(description, read);
    if ('status' in trees) return trees;
    const record = recordOf(collectInputs({ description, ...read, trees: trees.read, builtOn }));
    const [unpinned] = read.use.unpinned;
    if (unpinned !== undefined) return { ...unknown(unpinned.reason, unpinned.line), record };
    const images = [...new Set(read.use.images.map(({ reference }) => reference))];
    return { status: 'known', fingerprint: fingerprintOf(record), record, images };
  }

  /** Images of the registry and of this release that it is built on, and fingerprints of the latter by key. */
  async #basesOf({ contexts }: BuildDescription) {
    const bases = { ...this.#bases };
    const builtOn: Record<string, string> = {};
    let unreadable: UnknownFingerprint | undefined;
    for (const value of Object.values(contexts)) {
      const kind = kindOfContext(value);
      if (kind.type !== 'built') continue;
      const { key } = kind;
      if (!this.#builds.has(key)) {
        unreadable ??= unknown(`its base ${key} is no image of this release`);
        continue;
      }
      const base = await this.image(key);
      const passedOn = this.#passedOn.get(key) ?? { unresolved: 'its Dockerfile could not be read' };
      bases[value] = 'unresolved' in passedOn ? passedOn : { digest: '', ...passedOn };
      if (base.status === 'known') builtOn[key] = base.fingerprint;
      else unreadable ??= unknown(`its base ${key}: ${base.reason}`);
    }
    return { bases, builtOn, unreadable };
  }

  async #trees(
    description: BuildDescription,
    { use, dockerfile }: ReadDockerfile,
  ): Promise<{ read: Record<string, Tree> } | UnknownFingerprint> {
    const read: Record<string, Tree> = {};
    for (const [name, value] of Object.entries({ '': description.context, ...description.contexts })) {
      const { type } = kindOfContext(value);
      if (type === 'remote') return unknown(`the context ${name} is elsewhere, where it may change unseen`);
      if (type !== 'local') continue;
      const own = Object.hasOwn(use.reads, name) ? use.reads[name] : undefined;
      const reads = dockerfile.doubts.length > 0 ? ALL_READS : own;
      if (reads === undefined) continue;
      const tree = await this.#tree(description, name, value, reads);
      if ('status' in tree) return tree;
      read[name] = tree;
    }
    return { read };
  }

  async #tree(
    description: BuildDescription,
    name: string,
    folder: string,
    reads: ContextReads,
  ): Promise<Tree | UnknownFingerprint> {
    const { root, signal } = this.request;
    if (existsSync(resolve(root, folder)) && leadsOut(root, folder))
      return unknown(`the context ${folder} ${LEADS_OUT}`);
    const ignored = readIgnoreRules(root, folder, name === '' ? description : undefined);
    if (ignored.status === 'unknown') return ignored;
    const paths = name === '' ? description.paths : undefined;
    const request = { folder: resolve(root, folder), rules: ignored.rules, reads, paths };
    const tree = await readTree(this.#workTree, request, signal);
    if (tree.status === 'unreadable') return unknown(`in the context ${folder}, ${tree.reason}`);
    const place = posix.normalize(folder).replace(/\/$/, '');
    return { folder: place === '.' ? '' : place, entries: tree.entries };
  }
}

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
function offlineBases(root: string, builds: readonly BuildDescription[]): BaseImages {
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
