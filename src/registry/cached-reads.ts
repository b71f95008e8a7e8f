import { parseJson } from '../lib/json.js';
import { splitImageName } from '../plan/references.js';
import { at, text } from './attestations.js';
import type { FetchedManifest, RegistryClient } from './client.js';

/** What tags name, by `image:tag`, as far as they could be read; undefined: there is no such tag. */
export type ReadTags = ReadonlyMap<string, FetchedManifest | undefined>;

/** Layers are larger than what is read twice. */
const MOST_BYTES = 4 * 1024 * 1024;

/**
 * Reads each manifest and blob once for the whole run: by its digest it can't change. A registry stores a layer once, so
 * images that share one look for it once. Only found ones are remembered: a builder may push the others.
 */
export function withDigestsOnce(client: RegistryClient): RegistryClient {
  const manifests = new Map<string, Promise<FetchedManifest | undefined>>();
  const blobs = new Map<string, Promise<Buffer | undefined>>();
  const layers = new Map<string, Promise<boolean>>();
  const cached = (inner: RegistryClient): RegistryClient => ({
    ...inner,
    async getManifest(image, reference) {
      const read = () => inner.getManifest(image, reference);
      if (reference.includes(':')) return found(manifests, `${image} ${reference}`, read);
      const named = await read();
      if (named) manifests.set(`${image} ${named.digest}`, Promise.resolve(named));
      return named;
    },
    async getBlob(image, digest, maxBytes) {
      const key = `${image} ${digest} ${maxBytes}`;
      const bytes = await found(blobs, key, () => inner.getBlob(image, digest, maxBytes));
      if (bytes && bytes.length > MOST_BYTES) blobs.delete(key);
      return bytes;
    },
    hasBlob: (image, digest) =>
      found(layers, `${splitImageName(image).host} ${digest}`, () => inner.hasBlob(image, digest)),
    async checkPush(image) {
      const own = [...manifests].flatMap(([key, each]) => (key.startsWith(`${image} `) ? [each] : []));
      const read = (await Promise.allSettled(own)).map((each) => each.status === 'fulfilled' && each.value);
      const configs = read.flatMap((each) => text(at(each && parseJson(each.bytes), 'config', 'digest')) ?? []);
      return inner.checkPush(image, configs[0]);
    },
    withSignal: (signal) => cached(inner.withSignal(signal)),
  });
  return cached(client);
}

/** Shares a read under way, and what it found. Whoever finds nothing, or fails with another's time limit, reads again. */
function found<T>(known: Map<string, Promise<T>>, key: string, read: () => Promise<T>): Promise<T> {
  const before = known.get(key);
  const reading = before?.catch(() => undefined).then((result) => result || read()) ?? read();
  const forget = () => void (known.get(key) === reading && known.delete(key));
  known.set(key, reading);
  reading.then((result) => result || forget(), forget);
  return reading;
}

/** Each tag is read once, so that images compare themselves with one state of their base images. */
export function withTagsOnce(client: RegistryClient) {
  const tags = new Map<string, FetchedManifest | undefined>();
  const reads = new Map<string, ReturnType<RegistryClient['getManifest']>>();
  const heads = new Map<string, ReturnType<RegistryClient['headManifest']>>();
  const within = (inner: RegistryClient): RegistryClient => ({
    ...inner,
    headManifest: (image, tag) => once(heads, `${image}:${tag}`, () => inner.headManifest(image, tag)),
    getManifest: (image, reference) => {
      const [name, read] = [`${image}:${reference}`, () => inner.getManifest(image, reference)];
      if (reference.includes(':')) return read();
      return once(reads, name, () => read().then((named) => (tags.set(name, named), named)));
    },
    withSignal: (signal) => within(inner.withSignal(signal)),
  });
  return { client: within(client), tags };
}

/** A failed read fails for all who asked: a registry that is down is asked once. */
export function once<T>(known: Map<string, Promise<T>>, key: string, read: () => Promise<T>): Promise<T> {
  const reading = known.get(key) ?? read();
  known.set(key, reading);
  reading.catch(() => {});
  return reading;
}
