import type { RegistryClient } from '../client.js';

/**
 * A client for one reading of what is published: it reads each digest once for all images, and each tag once, so that
 * one reading sees one state.
 */
export function cachedReads(client: RegistryClient): RegistryClient {
  const manifests = new Map<string, ReturnType<RegistryClient['getManifest']>>();
  const heads = new Map<string, ReturnType<RegistryClient['headManifest']>>();
  const blobs = new Map<string, ReturnType<RegistryClient['getBlob']>>();
  const cached = (inner: RegistryClient): RegistryClient => ({
    ...inner,
    headManifest: (image, reference) =>
      once(heads, `${image} ${reference}`, () => inner.headManifest(image, reference)),
    getManifest: (image, reference) =>
      once(manifests, `${image} ${reference}`, async () => {
        const fetched = await inner.getManifest(image, reference);
        if (fetched) manifests.set(`${image} ${fetched.digest}`, Promise.resolve(fetched));
        return fetched;
      }),
    getBlob: (image, digest, maxBytes) =>
      once(blobs, `${image} ${digest}`, () => inner.getBlob(image, digest, maxBytes)),
    withSignal: (signal) => cached(inner.withSignal(signal)),
  });
  return cached(client);
}

/** A failed read may be repeated. */
export function once<T>(known: Map<string, Promise<T>>, key: string, read: () => Promise<T>): Promise<T> {
  const before = known.get(key);
  if (before !== undefined) return before;
  const reading = read();
  known.set(key, reading);
  reading.catch(() => known.delete(key));
  return reading;
}
