import { problem, problemsOf, collect, type Problem } from '../lib/errors.js';
import type { Rollout } from './target.js';
import { findImageMatches, type ReadKustomization, type ImageMatch } from './deploy-edits.js';
import { readLedger, type LedgerEntry, type LedgerReading } from './ledger/ledger.js';
import type { BranchRequest, ServedTags } from './rollout/branch.js';
import { splitTag } from './kustomization/document.js';

export type RegistryCheck =
  | {
      check: 'registry';
      /** The digest of a tag; undefined when the registry has no such tag. */
      resolve(image: string, tag: string, signal?: AbortSignal): Promise<string | undefined>;
    }
  | { check: 'none' };

/** Asks the registry for each image: it must serve the tag, at the digest that was released. */
export async function confirmRollouts(
  rollouts: readonly Rollout[],
  registry: RegistryCheck,
  signal?: AbortSignal,
): Promise<{ rollouts: Rollout[]; problems: Problem[] }> {
  if (registry.check === 'none') return { rollouts: [...rollouts], problems: [] };
  const confirmed = await Promise.all(
    rollouts.map(async (rollout) => {
      try {
        const digest = await registry.resolve(rollout.image, rollout.releaseTag, signal);
        return { rollout: { ...rollout, digest: rollout.digest ?? digest }, problems: problemOf(rollout, digest) };
      } catch (error) {
        return { rollout, problems: problemsOf(error).map((problem) => ({ image: rollout.key, ...problem })) };
      }
    }),
  );
  return { rollouts: confirmed.map(({ rollout }) => rollout), problems: confirmed.flatMap(({ problems }) => problems) };
}

function problemOf({ key, image, releaseTag, digest }: Rollout, served?: string): Problem[] {
  const code = 'deploy/not-pullable';
  if (served === undefined) {
    const message = `The registry does not serve ${image}:${releaseTag}, so it can't be deployed.`;
    const fix = 'Publish the image under this tag first, or correct the reference.';
    return [problem({ code, message, fix, image: key })];
  }
  if (digest === undefined || digest === served) return [];
  const message = `${image}:${releaseTag} has the digest ${served} in the registry, but ${digest} was released.`;
  return [problem({ code, message, image: key })];
}

function keyOfTag(image: string, tag: string): string {
  return `${image}:${tag}`;
}

/**
 * Tags under which an image that was not built may be deployed already: that of the ledger, then those in the
 * files. None for an image that was built: its files get its own tag.
 */
function tagsToKeep(
  image: Rollout,
  entry: LedgerEntry | undefined,
  matches: readonly Pick<ImageMatch, 'entries'>[],
): string[] {
  if (image.unchanged === undefined || image.digest === undefined) return [];
  const recorded = entry?.current.digest === image.digest ? [entry.current.tag] : [];
  const written = matches.flatMap(({ entries }) => entries.flatMap((seen) => splitTag(seen).tag ?? []));
  return [...new Set([...recorded, ...written])].filter((tag) => tag !== image.releaseTag);
}

/**
 * The rollout under the tag by which its digest is deployed already, so that nothing restarts and the ledger goes
 * on naming the tag that the image really has. If that tag is gone or names another digest now, the rollout keeps
 * its own tag.
 * @param served undefined: the registry is not asked, and the ledger is trusted
 */
export function keepTag(
  image: Rollout,
  entry: LedgerEntry | undefined,
  matches: readonly Pick<ImageMatch, 'entries'>[],
  served: ServedTags | undefined,
): Rollout {
  const names = (tag: string) =>
    served === undefined
      ? entry?.current.tag === tag && entry.current.digest === image.digest
      : served.get(keyOfTag(image.image, tag)) === image.digest;
  const tag = tagsToKeep(image, entry, matches).find(names);
  return tag === undefined ? image : { ...image, releaseTag: tag };
}

export async function readServedTags(
  { request, registry, signal }: { request: BranchRequest; registry: RegistryCheck; signal?: AbortSignal },
  ledgers: readonly LedgerReading[],
  kustomizations: readonly ReadKustomization[],
): Promise<ServedTags | undefined> {
  if (registry.check === 'none') return undefined;
  const reused = request.rollouts.filter(({ unchanged }) => unchanged);
  if (reused.length === 0) return new Map();
  // The plan reports what is wrong with a ledger.
  const known = ledgers.flatMap((reading) => [...(collect([], () => readLedger(reading))?.images.values() ?? [])]);
  const { imageMatches } = findImageMatches(kustomizations, ({ images }) =>
    reused.filter(({ key }) => images.includes(key)),
  );
  const asked = reused.flatMap((image) => {
    const seen = imageMatches.filter((match) => match.image === image);
    const entries = [undefined, ...known.filter((entry) => entry.image === image.image)];
    return entries.flatMap((entry) => tagsToKeep(image, entry, seen).map((tag) => ({ image: image.image, tag })));
  });
  const distinct = new Map(asked.map((each) => [keyOfTag(each.image, each.tag), each]));
  const answers = [...distinct].map(async ([key, { image, tag }]) => {
    // A registry that doesn't answer serves nothing.
    const digest = await registry.resolve(image, tag, signal).catch((error: unknown) => void problemsOf(error));
    return [key, digest || undefined] as const;
  });
  return new Map(await Promise.all(answers));
}
