import { createRegistryStore } from '../../src/cleanup/registry-store.js';
import type { VersionStore } from '../../src/cleanup/version.js';
import type { CleanupContext, CleanupPorts, CleanupRequest } from '../../src/cleanup.js';
import { writeLedger, type LedgerRelease } from '../../src/deploy/ledger/ledger.js';
import type { DeployTarget } from '../../src/deploy/target.js';
import type { RegistryClient } from '../../src/registry/client.js';
import { configOf, sourceOf } from '../plan/fixtures.js';
import { sha256 } from '../registry/fixtures/images.js';

export const IMAGE = 'registry.example.org/acme/api';
export const DAY = 86_400_000;
export const daysAgo = (days: number): string => new Date(Date.now() - days * DAY).toISOString();

/** An in-memory registry with one repository. */
export function memoryRegistry() {
  const manifests = new Map<string, object>();
  const tags = new Map<string, string>();
  const deleted: string[] = [];
  const client = {
    listTags: async () => [...tags.keys()],
    async getManifest(_: string, reference: string) {
      const digest = tags.get(reference) ?? reference;
      const found = manifests.get(digest);
      return found && { digest, bytes: Buffer.from(JSON.stringify(found)), mediaType: '' };
    },
    headManifest: (image: string, reference: string) => client.getManifest(image, reference),
    getBlob: async () => undefined,
    async deleteManifest(_: string, digest: string) {
      if (!manifests.delete(digest)) return true;
      deleted.push(digest);
      for (const [tag, named] of tags) if (named === digest) tags.delete(tag);
      return true;
    },
  };
  return {
    ...{ manifests, tags, deleted },
    client: client as unknown as RegistryClient,
    /** @returns the digest */
    put(manifest: object, ...names: string[]): string {
      const digest = sha256(JSON.stringify(manifest));
      manifests.set(digest, manifest);
      for (const name of names) tags.set(name, digest);
      return digest;
    },
    /** Publishes an image with one platform. @returns the digest of its index */
    image(tag: string, days: number): string {
      const platform = this.put({ layers: [], of: tag });
      const annotations = { 'org.opencontainers.image.created': daysAgo(days) };
      return this.put({ manifests: [{ digest: platform, mediaType: 'manifest' }], annotations }, tag);
    },
  };
}

export interface Deployed {
  /** Release tags, the current one first; undefined if there is no ledger. */
  ledger?: readonly string[];
  /** Contents by path. */
  files?: Record<string, string>;
}

/** The branch `main` with a ledger for the image. */
export function targetOf({ ledger, files }: Deployed): DeployTarget {
  const release = (tag: string): LedgerRelease => ({ tag, source: { commit: 'a'.repeat(40) }, at: daysAgo(1) });
  const [current, ...history] = (ledger ?? []).map(release);
  const entry = current && {
    key: 'api',
    image: IMAGE,
    current,
    history,
    newest: current.source,
    status: 'deployed' as const,
  };
  const text = writeLedger({ channel: 'main', images: new Map(entry ? [[IMAGE, entry]] : []) });
  const all: Record<string, string> = { 'k8s/kustomization.yaml': '', ...files };
  return {
    branch: 'main',
    listChannels: async () => (ledger ? ['main'] : []),
    readLedgers: async (channels: string[]) =>
      channels.map((channel) => (ledger ? { channel, ref: 'r', oid: 'b'.repeat(40), text } : { channel })),
    snapshot: async () => ({
      head: 'c'.repeat(40),
      list: async () => Object.keys(all),
      readAll: async (paths: readonly string[]) =>
        new Map(
          paths.flatMap((path) => (path in all ? [[path, { bytes: Buffer.from(all[path]!), mode: '100644' }]] : [])),
        ),
    }),
  } as unknown as DeployTarget;
}

export const REQUEST: CleanupRequest = {
  config: configOf('registry: registry.example.org/acme\nimages: { api: }\ndeploy: k8s\n'),
  ...{ keep: 1, age: 30 * DAY, mode: 'delete' },
};

export function contextOf(
  client: RegistryClient,
  target: DeployTarget,
  over: Partial<CleanupPorts> & { store?: VersionStore } = {},
): CleanupContext {
  const { store = createRegistryStore(client), ...ports } = over;
  const open = { client, storeOf: () => store, readRunning: async () => undefined, say: () => {}, ...ports };
  return {
    source: sourceOf(),
    signal: new AbortController().signal,
    openTarget: () => target,
    openCleanup: async () => open,
  };
}
