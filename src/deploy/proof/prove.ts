import { posix } from 'node:path';
import { Cancelled, type Problem } from '../../lib/errors.js';
import type { ImageChange, Snapshot, TargetChange } from '../target.js';
import { type Build, checkImages } from './check-images.js';
import { type Closure, holdsNoResource, type KnownFiles, type Need, treeOf } from './closure.js';
import { readImages, readUnbuiltImages } from './unbuilt-images.js';
import type { Kustomize } from './kustomize.js';
import * as problems from './problems.js';
import { type EditedPart, readClosures } from './read-closures.js';

export interface ProofRequest {
  snapshot: Snapshot;
  files: TargetChange['files'];
  /** What the edited Kustomizations should yield, one per path of `files`. */
  expectations: readonly { path: string; changes: readonly ImageChange[] }[];
  kustomize: Kustomize;
  signal?: AbortSignal;
}

/** Of one Kustomization. `gaps`: what couldn't be followed without a build. */
type Outcome =
  | { status: 'read'; build: Build; gaps: Need[]; problems: Problem[] }
  | { status: 'refused'; problems: Problem[] };

const MOST_BUILDS = 4;

/** Builds every edited Kustomization: each expected image must come out, each replaced one must be gone. */
export async function prove(request: ProofRequest): Promise<Problem[]> {
  const { snapshot, files, expectations, kustomize, signal } = request;
  if (signal?.aborted) throw new Cancelled('proving the edit');
  if (expectations.length === 0) return [];
  const paths = expectations.map(({ path }) => path);
  const { known, parts } = await readClosures(snapshot, files, paths, signal);
  const closures = [...new Set(parts.flatMap((part) => part.closures))];
  const outcomes = new Map<Closure, Outcome>();
  await runAll(closures, MOST_BUILDS, async (closure) => {
    outcomes.set(closure, await buildClosure(request, known, closure, parts));
  });
  return [
    ...(kustomize.status === 'missing' ? [problems.programMissing()] : []),
    ...[...outcomes.values()].flatMap((outcome) => outcome.problems),
    ...parts.flatMap((part, index) => checkPart(part, expectations[index]!.changes, outcomes)),
  ];
}

async function buildClosure(
  { kustomize, signal }: ProofRequest,
  known: KnownFiles,
  closure: Closure,
  parts: readonly EditedPart[],
): Promise<Outcome> {
  if (closure.problems.length > 0) return { status: 'refused', problems: closure.problems };
  const build = { path: closure.start, parts: [...closure.kustomizations.values()] };
  const unbuilt = (found: Problem[]): Outcome => {
    const { images, gaps } = readUnbuiltImages(known, closure);
    return { status: 'read', build: { ...build, images, by: 'unbuilt' }, gaps, problems: found };
  };
  if (kustomize.status === 'missing') {
    const lost = problems.lostResources(closure);
    return lost.length > 0 ? { status: 'refused', problems: lost } : unbuilt([]);
  }
  const folder = posix.dirname(closure.start);
  const result = await kustomize.build(treeOf(known, closure), folder, { signal });
  if (result.status === 'built') {
    const images = readImages(result.output);
    const found = result.unrestricted ? [problems.unrestricted(closure)] : [];
    return { status: 'read', build: { ...build, images, by: 'kustomize' }, gaps: [], problems: found };
  }
  if (closure.needs.length > 0) return unbuilt([problems.unproved(closure, result.output)]);
  const edited = parts.find((part) => part.closures.includes(closure))?.path ?? closure.start;
  const command = `${kustomize.command} ${folder}`;
  return { status: 'refused', problems: [problems.rejected(closure, edited, command, result.output)] };
}

/** Compares the images with those that are expected; if there are gaps, the result is a warning. */
function checkPart(
  { path, edited, closures }: EditedPart,
  changes: readonly ImageChange[],
  outcomes: ReadonlyMap<Closure, Outcome>,
): Problem[] {
  if (closures.length === 0) return [problems.notIncluded(path)];
  const read = closures.map((closure) => outcomes.get(closure)).filter((outcome) => outcome?.status === 'read');
  if (!edited || read.length < closures.length) return [];
  if (closures.every(holdsNoResource)) return [problems.nothingToBuild(path)];
  const builds = read.map(({ build }) => build);
  const found = checkImages(edited, changes, builds);
  const gaps = read.flatMap((outcome) => outcome.gaps);
  return gaps.length === 0 ? found : found.map((each) => problems.uncertain(each, gaps));
}

/** Does the work for all items, at most `width` at a time; a failure is thrown when all of it has ended. */
async function runAll<T>(items: readonly T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const lane = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  const lanes = await Promise.allSettled(Array.from({ length: width }, lane));
  for (const done of lanes) if (done.status === 'rejected') throw done.reason;
}
