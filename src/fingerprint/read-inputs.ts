import { existsSync } from 'node:fs';
import { posix, resolve } from 'node:path';
import { Cancelled } from '../lib/errors.js';
import { LEADS_OUT, leadsOut } from '../lib/regular-file.js';
import type { BaseImages, BuildDescription, ImageInputs } from '../dockerfile/description.js';
import type { BuildUse, ContextReads } from '../dockerfile/dockerfile.js';
import { kindOfContext } from '../dockerfile/references.js';
import { collectInputs, type Collected } from './collect.js';
import { fingerprintOf, recordOf } from './fingerprint.js';
import { readDockerfile, type ReadDockerfile } from './read-dockerfile.js';
import { readIgnoreRules } from './read-ignore-rules.js';
import { unaskedImages } from './unasked-images.js';
import { openIndexProof } from './tree/index-proof.js';
import { readTree } from './tree/read-tree.js';
import { WorkTree } from './tree/work-tree.js';

export interface InputsRequest {
  /** Absolute path of the repository root. */
  root: string;
  /** Those that images are built on (`image:<key>`) among them, in any order. */
  builds: readonly BuildDescription[];
  /** Undefined: nobody was asked (`--offline`). */
  bases?: BaseImages;
  /** For git, whose index saves reading the files of a large repository; undefined: they are read. */
  env?: NodeJS.ProcessEnv;
  signal?: AbortSignal;
}

type Unknown = Extract<ImageInputs, { status: 'unknown' }>;
const unknown = (reason: string, line?: number): Unknown => ({
  status: 'unknown',
  reason,
  ...(line !== undefined && { line }),
});

/**
 * Reads what the images are made of, by key. What can't be read or pinned makes an image's inputs unknown, with the
 * reason; `line` is one of its Dockerfile.
 * @throws Cancelled
 */
export async function readInputs(request: InputsRequest): Promise<Record<string, ImageInputs>> {
  const { root, builds, env, signal } = request;
  const proof = env && (await openIndexProof({ folder: root, env, signal }));
  const reader = new Reader(request, new WorkTree(proof));
  const read: Record<string, ImageInputs> = {};
  for (const { key } of builds) {
    if (signal?.aborted) throw new Cancelled('reading what the images are made of');
    read[key] = await reader.image(key);
  }
  return read;
}

class Reader {
  readonly #builds: Map<string, BuildDescription>;
  readonly #bases: BaseImages;
  readonly #done = new Map<string, ImageInputs>();
  /** What images leave to those that are built on them, by key. */
  readonly #leaves = new Map<string, BuildUse['leaves']>();

  constructor(
    readonly request: InputsRequest,
    readonly workTree: WorkTree,
  ) {
    this.#builds = new Map(request.builds.map((build) => [build.key, build]));
    this.#bases = request.bases ?? unaskedImages(request.root, request.builds);
  }

  async image(key: string): Promise<ImageInputs> {
    let inputs = this.#done.get(key);
    if (inputs === undefined) {
      this.#done.set(key, unknown(`${key} is built on itself`));
      inputs = await this.#read(this.#builds.get(key)!);
      this.#done.set(key, inputs);
    }
    return inputs;
  }

  async #read(description: BuildDescription): Promise<ImageInputs> {
    const { root } = this.request;
    if (kindOfContext(description.context).type !== 'local') {
      return unknown('its context is a repository or archive elsewhere, which may change unseen');
    }
    const read = readDockerfile(root, description, await this.#basesOf(description));
    if (read.status === 'unknown') return read;
    if (read.dockerfile.doubts.length === 0) this.#leaves.set(description.key, read.use.leaves);
    const builtOn = await this.#builtOn(description);
    if ('status' in builtOn) return builtOn;
    const trees = await this.#trees(description, read);
    if ('status' in trees) return trees;
    const record = recordOf(
      collectInputs({ description, ...read, trees: trees.read, builtOn: builtOn.read }),
    );
    const [unpinned] = read.use.unpinned;
    if (unpinned !== undefined) return { ...unknown(unpinned.reason, unpinned.line), record };
    const images = [...new Set(read.use.images.map(({ reference }) => reference))];
    return { status: 'known', fingerprint: fingerprintOf(record), record, images };
  }

  /** Those of the registry, and those of this release that it is built on. */
  async #basesOf({ contexts }: BuildDescription): Promise<BaseImages> {
    const bases = { ...this.#bases };
    for (const value of Object.values(contexts)) {
      const kind = kindOfContext(value);
      if (kind.type !== 'built' || !this.#builds.has(kind.key)) continue;
      await this.image(kind.key);
      const leaves = this.#leaves.get(kind.key) ?? { unresolved: 'its Dockerfile could not be read' };
      bases[value] = 'unresolved' in leaves ? leaves : { digest: '', ...leaves };
    }
    return bases;
  }

  /** Fingerprints of the images that it is built on. */
  async #builtOn({ contexts }: BuildDescription): Promise<{ read: Record<string, string> } | Unknown> {
    const read: Record<string, string> = {};
    for (const value of Object.values(contexts)) {
      const kind = kindOfContext(value);
      if (kind.type !== 'built') continue;
      if (!this.#builds.has(kind.key)) return unknown(`its base ${kind.key} is no image of this release`);
      const base = await this.image(kind.key);
      if (base.status === 'unknown') return unknown(`its base ${kind.key}: ${base.reason}`);
      read[kind.key] = base.fingerprint;
    }
    return { read };
  }

  async #trees(
    description: BuildDescription,
    { use, dockerfile }: ReadDockerfile,
  ): Promise<{ read: Collected['trees'] } | Unknown> {
    const read: Collected['trees'] = {};
    for (const [name, value] of [
      ['', description.context] as const,
      ...Object.entries(description.contexts),
    ]) {
      if (kindOfContext(value).type === 'remote') {
        return unknown(`the context ${name} is elsewhere, where it may change unseen`);
      }
      if (kindOfContext(value).type !== 'local') continue;
      const reads = readsOf(use, name, dockerfile.doubts.length > 0);
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
  ): Promise<Collected['trees'][string] | Unknown> {
    const { root, signal } = this.request;
    if (existsSync(resolve(root, folder)) && leadsOut(root, folder))
      return unknown(`the context ${folder} ${LEADS_OUT}`);
    const rules = readIgnoreRules(root, folder, name === '' ? description : undefined);
    if (rules.status === 'unknown') return rules;
    const request = {
      folder: resolve(root, folder),
      rules: rules.rules,
      reads,
      ...(name === '' && description.paths !== undefined && { paths: description.paths }),
    };
    const where = posix.normalize(folder).replace(/\/$/, '');
    const reading = await readTree(this.workTree, request, signal);
    if (reading.status === 'unreadable') return unknown(`in the context ${folder}, ${reading.reason}`);
    return { folder: where === '.' ? '' : where, entries: reading.entries };
  }
}

function readsOf(use: BuildUse, name: string, doubtful: boolean): ContextReads | undefined {
  if (doubtful) return { status: 'all', reason: 'the Dockerfile can not be taken apart for certain' };
  return Object.hasOwn(use.reads, name) ? use.reads[name] : undefined;
}
