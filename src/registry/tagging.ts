import { sharedSignal, timeLimit } from '../lib/cancel.js';
import { Cancelled, failure, messageOf, type Problem, ReleaseError } from '../lib/errors.js';
import { mergeProblems } from './check.js';
import { type FetchedManifest, formatReference, type RegistryClient } from './client.js';

/** One tag to be put: what it shall name, and what it named before. */
export interface TagMove {
  key: string;
  image: string;
  tag: string;
  /** release: the one that a deploy names · fixed: another that never moves · moving: one that others follow. */
  kind: 'release' | 'fixed' | 'moving';
  to: FetchedManifest;
  /** Undefined: a new tag. */
  before: FetchedManifest | undefined;
}

export interface TaggingLimits {
  /** How long tags may still be put after a cancel, milliseconds. */
  finishMs: number;
  /** How long putting them back may take from the cancel on, milliseconds. */
  undoMs: number;
  /** How long putting them back may take when nobody cancelled, milliseconds. */
  longestUndoMs: number;
}

/** The first two together stay below the 7.5 s after which a runner repeats its cancel with SIGTERM. */
export const TAGGING_LIMITS: TaggingLimits = { finishMs: 2500, undoMs: 4000, longestUndoMs: 60_000 };

export interface Tagging {
  client: RegistryClient;
  /**
   * Another image stands under a release tag that was just put: another run of the commit has put its own.
   * @throws ReleaseError when it is not the same release
   */
  adopt(move: TagMove, found: FetchedManifest): Promise<void>;
  /** Done when all tags stand, within the time that a cancel leaves. */
  afterwards(client: RegistryClient): Promise<void>;
  signal?: AbortSignal;
  limits?: TaggingLimits;
}

/** How often another run of the same commit may put its image over ours before this is a failure. */
const MOST_ADOPTIONS = 3;

/**
 * Puts tags: the release tags of all images, then the others, then looks at the release tags again. When one can't be
 * put, all are put back as they were. A cancel doesn't stop it half-way: it is finished within `finishMs`, or undone.
 * @returns the moves that stand, with what they name; a tag that another run has taken meanwhile is left to that run
 * @throws ReleaseError what failed, and `registry/tags-left` for what could not be put back; Cancelled
 */
export async function putTags(moves: readonly TagMove[], tagging: Tagging): Promise<TagMove[]> {
  const limits = tagging.limits ?? TAGGING_LIMITS;
  const deadline = deadlineAfter(tagging.signal, limits.finishMs);
  const client = tagging.client.withSignal(deadline.signal);
  const begun = new Map<string, TagMove>();
  const wave = async (some: readonly TagMove[]) => {
    for (const move of some) begun.set(formatReference(move.image, move.tag), move);
    await settle(some.map((move) => put(client, move)));
  };
  try {
    let releases = moves.filter(({ kind }) => kind === 'release');
    await wave(releases);
    releases = await settle(releases.map((move) => confirmRelease(client, move, tagging)));
    for (let round = 1; ; round++) {
      const others = moves.filter(({ kind }) => kind !== 'release').map((move) => follow(move, releases));
      await wave(others);
      const standing = await settle(others.map((move) => confirmOther(client, move)));
      const again = await settle(releases.map((move) => confirmRelease(client, move, tagging)));
      const adopted = again.some(({ to }, index) => to.digest !== releases[index]?.to.digest);
      releases = again;
      if (adopted && round < MOST_ADOPTIONS) continue;
      if (adopted) throw contested(releases);
      await tagging.afterwards(client);
      return [...releases, ...standing.filter((move) => move !== undefined)];
    }
  } catch (error) {
    throw withLeftovers(error, await undoing(tagging, [...begun.values()], limits));
  } finally {
    deadline.clear();
  }
}

/** All tags of an image name what its release tag names. */
function follow(move: TagMove, releases: readonly TagMove[]): TagMove {
  return { ...move, to: releases.find(({ key }) => key === move.key)?.to ?? move.to };
}

function contested([release]: readonly TagMove[]): ReleaseError {
  return failure({
    code: 'registry/tag-not-moved',
    message: `Other runs kept replacing the release tag ${release?.tag}.`,
    fix: 'Find out which other runs release the same commit, then run again.',
  });
}

async function undoing({ client, signal }: Tagging, begun: TagMove[], limits: TaggingLimits) {
  const deadline = deadlineAfter(signal, limits.undoMs);
  const bounded = sharedSignal(timeLimit(limits.longestUndoMs, deadline.signal));
  const left = await undo(client.withSignal(bounded), begun);
  deadline.clear();
  return left;
}

/** A signal that follows another one `ms` later. */
function deadlineAfter(signal: AbortSignal | undefined, ms: number) {
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const start = () => {
    timer = setTimeout(() => late.abort(), ms);
  };
  signal?.addEventListener('abort', start, { once: true });
  if (signal?.aborted) start();
  const clear = () => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', start);
  };
  return { signal: sharedSignal(late.signal), clear };
}

/** Waits for all, then throws everything that failed: an undo must not race with what it undoes. */
export async function settle<T>(work: Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(work);
  const reasons = results.flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  );
  if (reasons.length > 0) throw combine(reasons);
  return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
}

function combine(reasons: unknown[]): unknown {
  const problems = reasons.flatMap((reason) => (reason instanceof ReleaseError ? reason.problems : []));
  const [first, ...rest] = mergeProblems(problems);
  const other = reasons.find((reason) => !(reason instanceof ReleaseError));
  return first === undefined || other !== undefined ? other : new ReleaseError([first, ...rest]);
}

async function put(client: RegistryClient, { key, image, tag, kind, to, before }: TagMove): Promise<void> {
  if (before?.digest === to.digest) return;
  try {
    await client.putManifest(image, tag, to.bytes, to.mediaType);
  } catch (error) {
    if (error instanceof Cancelled) throw error;
    // After a lost answer only looking tells whether it was done. The bytes are counted: a digest may be a lie.
    const found = await client.getManifest(image, tag).catch(() => undefined);
    if (found?.digest === to.digest) return;
    // Registries whose tags can't be changed refuse ours when another run of the commit was first.
    if (kind === 'release' && found !== undefined) return;
    throw inImage(error, key);
  }
}

async function look(client: RegistryClient, { key, image, tag }: TagMove) {
  return client.getManifest(image, tag).catch((error: unknown) => {
    throw inImage(error, key);
  });
}

async function confirmRelease(client: RegistryClient, move: TagMove, { adopt }: Tagging): Promise<TagMove> {
  const found = await look(client, move);
  if (found?.digest === move.to.digest) return move;
  if (found === undefined) throw notMoved(move, found);
  await adopt(move, found).catch((error: unknown) => {
    throw inImage(error, move.key);
  });
  return { ...move, to: found };
}

async function confirmOther(client: RegistryClient, move: TagMove): Promise<TagMove | undefined> {
  const found = await look(client, move);
  if (found?.digest === move.to.digest) return move;
  if (found !== undefined && found.digest !== move.before?.digest) return undefined;
  throw notMoved(move, found);
}

function notMoved({ key, image, tag, to }: TagMove, found: FetchedManifest | undefined): ReleaseError {
  return failure({
    code: 'registry/tag-not-moved',
    image: key,
    message: `${formatReference(image, tag)} should be ${to.digest} and is ${found?.digest ?? 'not there'}.`,
    fix: 'Find out whether another run moves the same tag, then run again.',
  });
}

function withLeftovers(error: unknown, left: Problem[]): unknown {
  const during = left.length === 0 ? 'tagging; all tags were put back' : 'tagging';
  if (error instanceof Cancelled && left.length === 0) return new Cancelled(during);
  const [first, ...rest] = error instanceof ReleaseError ? [...error.problems, ...left] : left;
  return first === undefined ? error : new ReleaseError([first, ...rest], { cause: error });
}

function inImage(error: unknown, key: string): unknown {
  if (!(error instanceof ReleaseError)) return error;
  const [first, ...rest] = error.problems.map((problem) => ({ ...problem, image: key }));
  return first === undefined ? error : new ReleaseError([first, ...rest], { cause: error });
}

/**
 * Puts tags back as they were: earlier bytes under tags that existed, new ones deleted. A tag that names
 * something else by now belongs to somebody else and is left alone.
 * @returns `registry/tags-left` for each that still names what it should not, or of which that is not known
 */
export async function undo(client: RegistryClient, moves: readonly TagMove[]): Promise<Problem[]> {
  const changed = moves.filter(({ to, before }) => before?.digest !== to.digest);
  const left = await Promise.all(
    changed.map(async (move) => {
      const why = await putBack(client, move).catch((error: unknown) => messageOf(error));
      return why === undefined ? undefined : leftover(move, why.replace(/\.$/, ''));
    }),
  );
  return left.filter((problem) => problem !== undefined);
}

/** @returns why the tag still names what it should not; undefined when it doesn't */
async function putBack(client: RegistryClient, move: TagMove): Promise<string | undefined> {
  const { image, tag, to, before } = move;
  if ((await client.getManifest(image, tag))?.digest !== to.digest) return undefined;
  const why = await (
    before
      ? client.putManifest(image, tag, before.bytes, before.mediaType).then(() => 'the registry ignored it')
      : client.deleteTag(image, tag).then(() => 'the registry deletes no tags')
  ).catch((error: unknown) => messageOf(error));
  return (await client.getManifest(image, tag))?.digest === to.digest ? why : undefined;
}

function leftover({ key, image, tag, kind, before }: TagMove, why: string): Problem {
  const reference = formatReference(image, tag);
  return {
    code: 'registry/tags-left',
    severity: 'error',
    image: key,
    message: before
      ? `${reference} could not be put back to ${before.digest}: ${why}.`
      : `The new tag ${reference} could not be removed: ${why}.`,
    fix:
      before || kind === 'moving'
        ? `Put it right by hand: whoever follows ${tag} gets this unfinished release.`
        : 'Nothing follows it; delete it by hand, or leave it.',
  };
}
