import { Cancelled, failure, messageOf, ReleaseError, type Problem } from '../lib/errors.js';
import type { FetchedManifest, RegistryClient } from './client.js';
import { mergeProblems } from './check.js';
import { formatReference } from './reference.js';

/** One tag to be put: what it shall name, and what it named before. */
export interface TagMove {
  key: string;
  image: string;
  tag: string;
  /** The immutable tag that a deploy names; nobody else may move it meanwhile. */
  kind: 'release' | 'moving';
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

/**
 * Puts tags: the release tags of all images, then the moving ones. When one can't be put, all are put back
 * as they were. A cancel doesn't stop it half-way: it is finished within `finishMs`, or undone.
 * @returns the moves that stand; a moving tag that another run has taken meanwhile is left to that run
 * @throws ReleaseError what failed, and `registry/tags-left` for what could not be put back; Cancelled
 */
export async function putTags(
  client: RegistryClient,
  moves: readonly TagMove[],
  options: { signal?: AbortSignal; limits?: TaggingLimits },
): Promise<TagMove[]> {
  const limits = options.limits ?? TAGGING_LIMITS;
  const deadline = deadlineAfter(options.signal, limits.finishMs);
  const patient = client.withSignal(deadline.signal);
  const begun: TagMove[] = [];
  try {
    const standing: TagMove[] = [];
    for (const kind of ['release', 'moving'] as const) {
      const wave = moves.filter((move) => move.kind === kind);
      begun.push(...wave);
      await settle(wave.map((move) => put(patient, move)));
      const outcomes = await settle(
        wave.map(async (move) => ({ move, stands: await stands(patient, move) })),
      );
      standing.push(...outcomes.filter((outcome) => outcome.stands).map((outcome) => outcome.move));
    }
    return standing;
  } catch (error) {
    throw withLeftovers(error, await undo(client, begun, options.signal, limits));
  } finally {
    deadline.clear();
  }
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
  return { signal: late.signal, clear };
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

async function put(client: RegistryClient, { key, image, tag, to, before }: TagMove): Promise<void> {
  if (before?.digest === to.digest) return;
  try {
    await client.putManifest(image, tag, to.bytes, to.mediaType);
  } catch (error) {
    if (error instanceof Cancelled || (await digestNow(client, image, tag)) !== to.digest) {
      throw inImage(error, key);
    }
  }
}

/** After a lost answer only looking tells whether it was done; undefined also when looking fails. */
async function digestNow(client: RegistryClient, image: string, tag: string): Promise<string | undefined> {
  const found = await client.headManifest(image, tag).catch(() => undefined);
  return found?.digest;
}

async function stands(client: RegistryClient, move: TagMove): Promise<boolean> {
  const { key, image, tag, to, before } = move;
  const found = await client.headManifest(image, tag).catch((error: unknown) => {
    throw inImage(error, key);
  });
  if (found?.digest === to.digest) return true;
  const taken = found !== undefined && found.digest !== before?.digest;
  if (taken && move.kind === 'moving') return false;
  throw failure({
    code: 'registry/tag-not-moved',
    image: key,
    message: `${formatReference(image, tag)} should be ${to.digest} and is ${found?.digest ?? 'not there'}.`,
    fix: 'Find out whether another run moves the same tag, then run again.',
  });
}

/**
 * Puts tags back as they were: earlier bytes under tags that existed, new ones deleted. A tag that names
 * something else by now belongs to somebody else and is left alone.
 */
async function undo(
  client: RegistryClient,
  moves: readonly TagMove[],
  signal: AbortSignal | undefined,
  limits: TaggingLimits,
): Promise<Problem[]> {
  const deadline = deadlineAfter(signal, limits.undoMs);
  const bounded = client.withSignal(
    AbortSignal.any([deadline.signal, AbortSignal.timeout(limits.longestUndoMs)]),
  );
  const changed = moves.filter(({ to, before }) => before?.digest !== to.digest);
  const left = await Promise.all(
    changed.map(async (move) => {
      const why = await putBack(bounded, move).catch((error: unknown) => messageOf(error));
      return why === undefined ? undefined : leftover(move, why.replace(/\.$/, ''));
    }),
  );
  deadline.clear();
  return left.filter((problem) => problem !== undefined);
}

/** @returns why the tag still names what it should not; undefined when it doesn't */
async function putBack(client: RegistryClient, move: TagMove): Promise<string | undefined> {
  const { image, tag, to, before } = move;
  if ((await client.headManifest(image, tag))?.digest !== to.digest) return undefined;
  const why = await (
    before
      ? client.putManifest(image, tag, before.bytes, before.mediaType).then(() => 'the registry ignored it')
      : client.deleteTag(image, tag).then(() => 'the registry deletes no tags')
  ).catch((error: unknown) => messageOf(error));
  return (await client.headManifest(image, tag))?.digest === to.digest ? why : undefined;
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
