import { problem, throwProblems, type Problem } from '../lib/errors.js';
import { parseJson } from '../lib/json.js';
import { at, text } from '../registry/attestations.js';
import type { RegistryClient } from '../registry/client.js';
import { readBuildTime } from './build-time.js';
import { nameOf, type ListedVersion, type Version, type VersionStore } from './version.js';

/**
 * Tags of cosign (https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md) and of lists of referrers
 * (https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#referrers-tag-schema).
 */
const SIGNATURE_TAG = /^(sha256|sha512)-([0-9a-f]{64,128})(?:\.(?:sig|att|sbom))?$/;

/** The digest that the tag of a signature is made of; undefined: it is another tag. */
export function subjectOfTag(tag: string): string | undefined {
  const [, algorithm, hex] = SIGNATURE_TAG.exec(tag) ?? [];
  return hex && `${algorithm}:${hex}`;
}

/**
 * Reads all versions of an image, and which of them needs which. Every listed manifest must be readable: an unreadable index
 * may need any other version.
 * @param named digests that a ledger names: read even if the registry doesn't list them
 * @throws ReleaseError `cleanup/unreadable` with all of them, `registry/*`; Cancelled
 */
export async function readVersions(
  client: RegistryClient,
  store: VersionStore,
  image: string,
  named: readonly string[],
): Promise<Version[]> {
  const listed = await store.list(image, await client.listTags(image));
  const versions = new Map<string, Version>();
  const problems: Problem[] = [];
  const nested: string[] = [];

  async function read(from: ListedVersion, found: Version['found'] | 'named'): Promise<void> {
    const fetched = await client.getManifest(image, from.digest);
    // A ledger may name what was deleted long ago.
    if (fetched === undefined && found === 'named') return;
    const json = fetched && parseJson(fetched.bytes);
    const entries = at(json, 'manifests') ?? [];
    const parts = Array.isArray(entries) ? entries.map((entry) => text(at(entry, 'digest'))) : [undefined];
    if (typeof json !== 'object' || json === null || !parts.every((part) => part !== undefined)) {
      const why = fetched === undefined ? 'the registry does not serve it' : 'it is malformed';
      const message = `Can't read ${nameOf(from)} of ${image}: ${why}. It may need any other version.`;
      return void problems.push(problem({ code: 'cleanup/unreadable', message }));
    }
    const subject = text(at(json, 'subject', 'digest')) ?? from.tags.map(subjectOfTag).find(Boolean);
    const time = from.at ?? (await readBuildTime(client, image, json));
    versions.set(from.digest, {
      ...{ ...from, image, parts, found: found === 'named' ? 'listed' : found },
      ...(time !== undefined && { at: time }),
      ...(subject !== undefined && { subject }),
    });
    nested.push(...parts.filter((_, index) => isIndex((entries as unknown[])[index])));
  }

  await inTurns(listed, (each) => read(each, 'listed'));
  await inTurns(without(versions, named), (digest) => read({ digest, tags: [] }, 'named'));
  while (nested.length > 0) {
    await inTurns(without(versions, nested.splice(0)), (digest) => read({ digest, tags: [] }, 'part'));
    if (problems.length > 0) break;
  }
  throwProblems(problems);

  const add = (digest: string, found: 'part' | 'subject') =>
    versions.set(digest, { digest, tags: [], image, parts: [], found });
  // What a registry that lists everything doesn't list isn't there.
  const parts = store.lists === 'tags' ? [...versions.values()].flatMap((version) => version.parts) : [];
  for (const digest of without(versions, parts)) add(digest, 'part');
  await inTurns([...versions.values()], async (version) => {
    const { subject } = version;
    if (subject === undefined || versions.has(subject)) return;
    if ((await client.headManifest(image, subject)) === undefined) version.subject = 'gone';
    else add(subject, 'subject');
  });
  return [...versions.values()];
}

const isIndex = (entry: unknown): boolean => /index|manifest\.list/.test(text(at(entry, 'mediaType')) ?? '');

const without = (versions: ReadonlyMap<string, Version>, digests: readonly string[]): string[] =>
  [...new Set(digests)].filter((digest) => !versions.has(digest));

/** Fewer requests are in flight; this bounds what waits for a connection. */
const AT_ONCE = 64;

async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  for (let from = 0; from < items.length; from += AT_ONCE)
    await Promise.all(items.slice(from, from + AT_ONCE).map(work));
}
