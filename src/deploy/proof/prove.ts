import { posix } from 'node:path';
import { Cancelled, type Problem } from '../../lib/errors.js';
import type { ImageChange } from '../deployment.js';
import type { Snapshot, TargetChange, TargetFile } from '../target.js';
import { type Closure, holdsNoResource, type KnownFiles, type Need, treeOf } from './closure.js';
import { checkImages } from './expect.js';
import { readImageFields } from './image-fields.js';
import type { Kustomize } from './kustomize.js';
import { type Part, readParts } from './reading.js';
import { type ImageSighting, readSightings } from './sightings.js';
import { readStructure } from './structure.js';
import {
  lostResources,
  nothingToBuild,
  notIncluded,
  programMissing,
  rejected,
  unproved,
  unrestricted,
  unseen,
} from './verdict.js';

/** What a deploy commit is about to do, for proof. */
export interface ProofRequest {
  /** The branch as it stands. */
  snapshot: Snapshot;
  /** The edited files. */
  files: TargetChange['files'];
  /** What the edited Kustomizations are to yield, one per path of `files`. */
  expectations: readonly ProofExpectation[];
  kustomize: Kustomize;
  signal?: AbortSignal;
}

export interface ProofExpectation {
  path: string;
  changes: readonly ImageChange[];
}

/** What came of one Kustomization. `gaps`: what our own reading could not follow; none after a real build. */
type Outcome =
  | { status: 'seen'; sightings: ImageSighting[]; gaps: Need[]; problems: Problem[] }
  | { status: 'refused'; problems: Problem[] };

/** Builds running side by side. */
const MOST_BUILDS = 4;

/**
 * Builds every edited Kustomization: each expected image must come out, each replaced one must be gone.
 * @returns errors (nothing may be committed) and warnings (what could not be proved)
 * @throws Cancelled
 */
export async function prove(request: ProofRequest): Promise<Problem[]> {
  const { snapshot, files, expectations, kustomize, signal } = request;
  if (signal?.aborted) throw new Cancelled('proving the edit');
  if (expectations.length === 0) return [];
  const paths = expectations.map(({ path }) => path);
  const { known, parts } = await readParts(snapshot, files, paths, signal);
  const closures = new Set(parts.flatMap((part) => part.closures));
  const outcomes = new Map<Closure, Outcome>();
  await sideBySide([...closures], MOST_BUILDS, async (closure) => {
    outcomes.set(closure, await buildClosure(request, known, closure, editedIn(parts, closure)));
  });
  const problems = parts.flatMap((part, index) => judge(part, expectations[index]!.changes, outcomes));
  const all = [...outcomes.values()].flatMap((outcome) => outcome.problems);
  return [...(kustomize.status === 'missing' ? [programMissing()] : []), ...all, ...problems];
}

async function buildClosure(
  request: ProofRequest,
  known: KnownFiles,
  closure: Closure,
  edited: string,
): Promise<Outcome> {
  if (closure.problems.length > 0) return { status: 'refused', problems: closure.problems };
  const { kustomize, signal } = request;
  if (kustomize.status === 'missing') {
    const lost = lostResources(closure);
    if (lost.length > 0) return { status: 'refused', problems: lost };
    return { status: 'seen', ...readStructure(known, closure), problems: [] };
  }
  const folder = posix.dirname(closure.start);
  const tree = treeOf(known, closure);
  const result = await kustomize.build(tree, folder, { signal });
  if (result.status === 'built') {
    const fields = [...closure.kustomizations.values()].flatMap((file) => readImageFields(known, file));
    const problems = result.warnings.map((warning) => unrestricted(closure, warning));
    return { status: 'seen', sightings: readSightings(result.output, fields), gaps: [], problems };
  }
  const { words } = result;
  if (closure.needs.length > 0) {
    return {
      status: 'seen',
      ...readStructure(known, closure),
      problems: [unproved(closure, closure.needs, words)],
    };
  }
  const unedited = await kustomize.build(await undoneTree(request, tree), folder, { signal });
  const before =
    unedited.status === 'failed' && headOf(unedited.words) === headOf(words) ? 'the same' : 'otherwise';
  const failed = { command: `${kustomize.command} ${folder}`, edited, words, before } as const;
  return { status: 'refused', problems: [rejected(known, closure, failed)] };
}

/** The images that come out against those that are expected; where our reading has gaps, only as a warning. */
function judge(
  part: Part,
  changes: readonly ImageChange[],
  outcomes: ReadonlyMap<Closure, Outcome>,
): Problem[] {
  if (part.closures.length === 0) return [notIncluded(part.path)];
  const seen = part.closures.flatMap((closure) => {
    const outcome = outcomes.get(closure);
    return outcome?.status === 'seen' ? [{ closure, ...outcome }] : [];
  });
  if (!part.edited || seen.length < part.closures.length) return [];
  if (part.closures.every(holdsNoResource)) return [nothingToBuild(part.path)];
  const builds = seen.map(({ closure, sightings }) => {
    const files = [...closure.kustomizations.values()];
    return { path: closure.start, sightings, parts: files };
  });
  const problems = checkImages(part.edited, changes, builds);
  const uncertain = seen.find(({ gaps }) => gaps.length > 0);
  if (!uncertain || problems.length === 0) return problems;
  return problems.map((problem) => unseen(problem, uncertain.gaps));
}

/** The same files before the edit. */
async function undoneTree(
  { snapshot, files }: ProofRequest,
  tree: ReadonlyMap<string, TargetFile>,
): Promise<Map<string, TargetFile>> {
  const edits = new Map(files.map(({ path, bytes }) => [bytes, path]));
  const originals = await snapshot.readAll([...edits.values()]);
  const undone = new Map<string, TargetFile>();
  for (const [path, file] of tree) {
    // By the bytes: the tree may hold the edited file under another name.
    const edited = edits.get(file.bytes);
    const original = edited === undefined ? file : originals.get(edited);
    if (original) undone.set(path, original);
  }
  return undone;
}

/** Behind the first line of a crash stand addresses, which differ each time. */
function headOf(words: string): string | undefined {
  return words.split('\n')[0];
}

function editedIn(parts: readonly Part[], closure: Closure): string {
  return parts.find((part) => part.closures.includes(closure))?.path ?? closure.start;
}

/** Does the work for all items, at most `width` at a time; a failure is thrown when all lanes have ended. */
async function sideBySide<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const lane = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  const lanes = await Promise.allSettled(Array.from({ length: width }, lane));
  for (const done of lanes) if (done.status === 'rejected') throw done.reason;
}
