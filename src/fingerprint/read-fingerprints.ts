import { existsSync } from 'node:fs';
import { posix, resolve } from 'node:path';
import type { BaseImages, BuildDescription } from '../dockerfile/description.js';
import type { BuildUse, ContextReads } from '../dockerfile/dockerfile.js';
import { kindOfContext } from '../dockerfile/references.js';
import { Cancelled } from '../lib/errors.js';
import { LEADS_OUT, leadsOut } from '../lib/regular-file.js';
import { collectInputs, type ImageSources } from './collect.js';
import { fingerprintOf, recordOf, unknown, type ImageFingerprint, type UnknownFingerprint } from './fingerprint.js';
import { offlineBases, readDockerfile, readIgnoreRules, type ReadDockerfile } from './read-sources.js';
import { readTree } from './tree/read-tree.js';
import { WorkTree } from './tree/work-tree.js';

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
