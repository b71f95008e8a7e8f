import type { RegistryClient } from '../client.js';

/** A client that asks for nothing twice that is named by its digest, and for no tag twice at all. */
export function rememberingClient(client: RegistryClient): RegistryClient {
  const manifests = new Map<string, ReturnType<RegistryClient['getManifest']>>();
  const heads = new Map<string, ReturnType<RegistryClient['headManifest']>>();
  const blobs = new Map<string, ReturnType<RegistryClient['getBlob']>>();
  return rememberingWith(client);

  function rememberingWith(asked: RegistryClient): RegistryClient {
    return {
      ...asked,
      headManifest: (image, reference) =>
        once(heads, `${image} ${reference}`, () => asked.headManifest(image, reference)),
      getManifest: (image, reference) =>
        once(manifests, `${image} ${reference}`, async () => {
          const fetched = await asked.getManifest(image, reference);
          if (fetched) manifests.set(`${image} ${fetched.digest}`, Promise.resolve(fetched));
          return fetched;
        }),
      getBlob: (image, digest, maxBytes) =>
        once(blobs, `${image} ${digest}`, () => asked.getBlob(image, digest, maxBytes)),
      withSignal: (signal) => rememberingWith(asked.withSignal(signal)),
    };
  }
}

/** What failed is asked for anew. */
function once<T>(known: Map<string, Promise<T>>, key: string, ask: () => Promise<T>): Promise<T> {
  const before = known.get(key);
  if (before !== undefined) return before;
  const asked = ask();
  known.set(key, asked);
  asked.catch(() => known.delete(key));
  return asked;
}
