import type { BaseImage, BaseImages } from '../dockerfile/description.js';
import { ReleaseError } from '../lib/errors.js';
import { parseReference, type ImageReference } from '../plan/references.js';
import type { RegistryClient } from './client.js';
import { MalformedDocument, normalizePlatform, parseImageDocument, parseManifest, parseRunConfig } from './manifest.js';
import { createDeadline } from '../lib/cancel.js';

export interface BasesRequest {
  client: RegistryClient;
  /** As Dockerfiles name them, `scratch` excepted. */
  references: readonly string[];
  /** The one whose config is read; others are taken to be alike. */
  platform: string;
  signal?: AbortSignal;
  /** How long registries may take altogether, milliseconds. */
  limitMs?: number;
}

const LIMIT_MS = 15_000;

/**
 * Reads the configs of the images that others are built from, each reference once. One that can't be read, for
 * whatever reason, is unresolved in the result, with the reason as a sentence.
 * @throws Cancelled
 */
export async function describeBases(request: BasesRequest): Promise<BaseImages> {
  const { references, platform, signal, limitMs = LIMIT_MS } = request;
  const deadline = createDeadline(limitMs, signal);
  const client = request.client.withSignal(deadline.signal);
  const described = [...new Set(references)].map(async (reference) => {
    const base = await describeBase(client, reference, platform).catch((error: unknown) => {
      if (!deadline.isLate(error)) throw error;
      return { unresolved: `The registry of ${reference} did not answer ${deadline.words}.` };
    });
    return [reference, base] as const;
  });
  return Object.fromEntries(await Promise.all(described));
}

async function describeBase(client: RegistryClient, reference: string, platform: string): Promise<BaseImages[string]> {
  const parsed = parseReference(reference);
  if (parsed === undefined) return { unresolved: `${reference} is no image reference.` };
  try {
    const read = await readConfig(client, parsed, reference, platform);
    return 'unresolved' in read ? read : describeConfig(read.digest, read.config);
  } catch (error) {
    if (error instanceof MalformedDocument) return { unresolved: `${reference} ${error.message}.` };
    if (error instanceof ReleaseError) return { unresolved: error.message };
    throw error;
  }
}

/**
 * Reads the config of an image.
 * @param reference for messages
 * @throws ReleaseError `registry/*`; MalformedDocument; Cancelled
 */
export async function readConfig(
  client: RegistryClient,
  { name, tag = 'latest', digest }: ImageReference,
  reference: string,
  platform: string,
): Promise<{ digest: string; config: Buffer } | { unresolved: string }> {
  const fetched = await client.getManifest(name, digest ?? tag);
  if (fetched === undefined) return { unresolved: `The registry has no ${reference}.` };
  const document = parseImageDocument(fetched.bytes);
  let manifest = document.type === 'manifest' ? document.manifest : undefined;
  if (document.type === 'index') {
    const entry = entryFor(document.platforms, platform);
    const found = document.platforms.map((each) => each.platform).join(', ') || 'no platform at all';
    if (entry === undefined) return { unresolved: `${reference} has no ${platform}; it has ${found}.` };
    const served = await client.getManifest(name, entry.digest);
    if (served === undefined) return { unresolved: `The registry has lost a part of ${reference}.` };
    manifest = parseManifest(served.bytes);
  }
  const config = manifest && (await client.getBlob(name, manifest.config.digest));
  if (config === undefined) return { unresolved: `The registry has lost the config of ${reference}.` };
  return { digest: fetched.digest, config };
}

/** @throws MalformedDocument */
function describeConfig(digest: string, bytes: Uint8Array): BaseImage {
  const { Env, OnBuild } = parseRunConfig(bytes);
  const env = (Env ?? []).map((variable) => /^([^=]*)=?(.*)$/s.exec(variable)!.slice(1));
  return { digest, onBuild: OnBuild ?? [], env: Object.fromEntries(env) as Record<string, string> };
}

/** The platform itself, else another variant of its architecture, as containerd falls back. */
function entryFor(platforms: readonly { platform: string; digest: string }[], wanted: string) {
  const exact = normalizePlatform(wanted);
  const family = (platform: string) => platform.split('/').slice(0, 2).join('/');
  return (
    platforms.find(({ platform }) => platform === exact) ??
    platforms.find(({ platform }) => family(platform) === family(exact))
  );
}
