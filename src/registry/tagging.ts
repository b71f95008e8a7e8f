import { sharedSignal, timeLimit } from '../lib/cancel.js';
import { Cancelled, failure, messageOf, problem, ReleaseError, type Problem } from '../lib/errors.js';
import { mergeProblems, problemsIn } from './check.js';
import { formatReference, type FetchedManifest, type PutManifest, type RegistryClient } from './client.js';
import type { PublishedImage } from './published-image.js';

/** One tag to move: what it shall name, and what it named before. */
export interface TagMove {
  key: string;
  image: string;
  tag: string;
  /** release: the one that a deploy names · fixed: another that never moves · moving: one that others follow. */
  kind: 'release' | 'fixed' | 'moving';
  status: PublishedImage['status'];
  to: FetchedManifest;
  /** Undefined: a new tag. */
  before: FetchedManifest | undefined;
}

export interface TaggingLimits {
  /** How long tags may still be moved after a cancel, milliseconds. */
  finishMs: number;
  /** How long restoring them may take from the cancel on, milliseconds. */
  undoMs: number;
  /** How long restoring them may take without a cancel, milliseconds. */
  longestUndoMs: number;
}

/** The first two together stay below the 7.5 s after which a runner repeats its cancel with SIGTERM. */
export const TAGGING_LIMITS: TaggingLimits = { finishMs: 2500, undoMs: 4000, longestUndoMs: 60_000 };

export interface Tagging {
  /** Ends with `finishMs`. */
  client: RegistryClient;
  /**
   * Called if a release tag names another image right after it was pushed: another run of the commit pushed its own.
   * @throws ReleaseError when it is not the same release
   */
  adopt(move: TagMove, found: FetchedManifest): Promise<void>;
  signal?: AbortSignal;
  limits: TaggingLimits;
}

/** How often another run of the same commit may replace our image before this is a failure. */
const MOST_ADOPTIONS = 3;

type PushedMove = TagMove & Pick<PutManifest, 'proof'>;

/**
 * Moves tags: the release tags of all images, then the others, then reads the release tags of builds: another run of the
 * commit may have pushed its own build. Other tags are read only if the registry's answer didn't name the digest. When
 * one fails, all are restored.
 * @returns the completed moves, with what the tags name; a tag that another run has moved meanwhile is left to that run
 * @throws ReleaseError what failed, and `registry/tags-left` for each tag that could not be restored; Cancelled
 */
export async function moveTags(moves: readonly TagMove[], tagging: Tagging): Promise<TagMove[]> {
  const { client } = tagging;
  const begun = new Map<string, TagMove>();
  const pushAll = async (some: readonly TagMove[]) => {
    for (const move of some) begun.set(formatReference(move.image, move.tag), move);
    return allSettledOrThrow(some.map((move) => push(client, move)));
  };
  try {
    let pushed = await pushAll(moves.filter(({ kind }) => kind === 'release'));
    for (let round = 1; ; round++) {
      // All tags of an image name what its release tag names.
      const others = moves
        .filter(({ kind }) => kind !== 'release')
        .map((move) => ({ ...move, to: pushed.find(({ key }) => key === move.key)?.to ?? move.to }));
      const confirmed = await allSettledOrThrow((await pushAll(others)).map((each) => confirmOther(client, each)));
      const again = await allSettledOrThrow(pushed.map((each) => confirmRelease(each, tagging)));
      const adopted = again.find(({ to }, index) => to.digest !== pushed[index]?.to.digest);
      if (adopted === undefined) return [...again, ...confirmed.filter((move) => move !== undefined)];
      pushed = again.map((move) => ({ ...move, proof: 'unknown' }));
      if (round === MOST_ADOPTIONS)
        throw failure({
          code: 'registry/tag-not-moved',
          message: `Other runs kept replacing the release tag ${adopted.tag}.`,
        });
    }
  } catch (error) {
    throw withLeftovers(error, await undoWithin(tagging, [...begun.values()]));
  }
}

async function undoWithin({ client, signal, limits }: Tagging, begun: TagMove[]): Promise<Problem[]> {
  const grace = graceAfter(signal, limits.undoMs);
  const bounded = sharedSignal(timeLimit(limits.longestUndoMs, grace.signal));
  const left = await undo(client.withSignal(bounded), begun);
  grace.clear();
  return left;
}

/** A signal that follows another one `ms` later. */
export function graceAfter(signal: AbortSignal | undefined, ms: number) {
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
export async function allSettledOrThrow<T>(work: Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(work);
  const reasons: unknown[] = results.flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  );
  if (reasons.length > 0) {
    const other = reasons.find((reason) => !(reason instanceof ReleaseError));
    const problems = reasons.flatMap((reason) => (reason instanceof ReleaseError ? reason.problems : []));
    const [first, ...rest] = mergeProblems(problems);
    throw first === undefined || other !== undefined ? other : new ReleaseError([first, ...rest]);
  }
  return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
}

async function push(client: RegistryClient, move: TagMove): Promise<PushedMove> {
  const { key, image, tag, kind, to, before } = move;
  if (before?.digest === to.digest) return { ...move, proof: 'answered' };
  try {
    return { ...move, proof: (await client.putManifest(image, tag, to.bytes, to.mediaType)).proof };
  } catch (error) {
    if (error instanceof Cancelled) throw error;
    // After a lost answer only a read tells whether it was done. The bytes are hashed: a digest may be a lie.
    const found = await client.getManifest(image, tag).catch(() => undefined);
    if (found?.digest === to.digest) return { ...move, proof: 'answered' };
    // Registries whose tags can't be changed refuse ours if another run of the commit was first.
    if (kind === 'release' && found !== undefined) return { ...move, proof: 'unknown' };
    return inImage(key)(error);
  }
}

function readTag(client: RegistryClient, { key, image, tag }: TagMove) {
  return client.getManifest(image, tag).catch(inImage(key));
}

async function confirmRelease(move: PushedMove, { client, adopt }: Tagging): Promise<TagMove> {
  if (move.proof === 'answered' && move.status === 'unchanged') return move;
  const found = await readTag(client, move);
  if (found?.digest === move.to.digest) return move;
  if (found === undefined) throw notMoved(move, found);
  await adopt(move, found).catch(inImage(move.key));
  return { ...move, to: found };
}

async function confirmOther(client: RegistryClient, move: PushedMove): Promise<TagMove | undefined> {
  if (move.proof === 'answered') return move;
  const found = await readTag(client, move);
  if (found?.digest === move.to.digest) return move;
  if (found !== undefined && found.digest !== move.before?.digest) return undefined;
  throw notMoved(move, found);
}

function notMoved({ key, image, tag, to }: TagMove, found: FetchedManifest | undefined): ReleaseError {
  const message = `${formatReference(image, tag)} should be ${to.digest} and is ${found?.digest ?? 'missing'}.`;
  return failure({ code: 'registry/tag-not-moved', image: key, message });
}

function withLeftovers(error: unknown, left: Problem[]): unknown {
  if (error instanceof Cancelled && left.length === 0) return new Cancelled('tagging; all tags were restored');
  const [first, ...rest] = error instanceof ReleaseError ? [...error.problems, ...left] : left;
  return first === undefined ? error : new ReleaseError([first, ...rest], { cause: error });
}

/** Throws a failure again as one of this image. */
const inImage =
  (key: string) =>
  (error: unknown): never => {
    const [first, ...rest] = problemsIn(error, key);
    throw first === undefined ? error : new ReleaseError([first, ...rest], { cause: error });
  };

/**
 * Restores tags: earlier bytes under tags that existed, new ones deleted. A tag that names something else by now
 * belongs to another run and is left alone.
 * @returns `registry/tags-left` for each tag that was not restored, or of which that is not known
 */
async function undo(client: RegistryClient, moves: readonly TagMove[]): Promise<Problem[]> {
  const changed = moves.filter(({ to, before }) => before?.digest !== to.digest);
  const left = await Promise.all(
    changed.map(async (move) => {
      const why = await restore(client, move).catch((error: unknown) => messageOf(error));
      return why === undefined ? undefined : leftover(move, why.replace(/\.$/, ''));
    }),
  );
  return left.filter((problem) => problem !== undefined);
}

/** @returns why the tag still names the new image; undefined: it doesn't */
async function restore(client: RegistryClient, move: TagMove): Promise<string | undefined> {
  const { image, tag, to, before } = move;
  if ((await client.getManifest(image, tag))?.digest !== to.digest) return undefined;
  const why = await (
    before
      ? client.putManifest(image, tag, before.bytes, before.mediaType).then(() => 'the registry ignored it')
      : client.deleteManifest(image, tag).then(() => 'the registry deletes no tags')
  ).catch((error: unknown) => messageOf(error));
  return (await client.getManifest(image, tag))?.digest === to.digest ? why : undefined;
}

function leftover({ key, image, tag, kind, before }: TagMove, why: string): Problem {
  const reference = formatReference(image, tag);
  return problem({
    code: 'registry/tags-left',
    image: key,
    message: before
      ? `${reference} could not be moved back to ${before.digest}: ${why}.`
      : `The new tag ${reference} could not be removed: ${why}.`,
    fix:
      before || kind === 'moving'
        ? `Restore it by hand: whoever follows ${tag} gets this unfinished release.`
        : 'Nothing follows it; delete it by hand, or leave it.',
  });
}
