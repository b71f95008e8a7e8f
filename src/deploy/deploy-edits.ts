import { ReleaseError, type Problem } from '../lib/errors.js';
import type { PlannedDeploy } from '../plan/plan.js';
import type { ImageChange, Rollout } from './deployment.js';
import { unifiedDiff } from './diff.js';
import { editKustomization, readKustomization } from './kustomization/kustomization.js';
import { releaseEdit } from './kustomization/fields.js';
import { locateKustomization } from './kustomization/location.js';
import { matchEntries } from './kustomization/match.js';
import type { Snapshot, TargetChange, TargetFile } from './target.js';

export type ActiveDeploy = Extract<PlannedDeploy, { status: 'deploy' }>;

/** The Kustomization of one deploy as it stands on the branch, or why there is none to edit. */
export type ReadKustomization =
  | { status: 'read'; deploy: ActiveDeploy; path: string; file: TargetFile }
  | { status: 'problem'; deploy: ActiveDeploy; problem: Problem };

/** What one commit does to a branch. With an error among the problems nothing of it may be written. */
export interface BranchPlan {
  /** Files that change, each once. */
  files: TargetChange['files'];
  /** One per deploy, in their order. */
  outcomes: DeployOutcome[];
  problems: Problem[];
}

export interface DeployOutcome {
  deploy: ActiveDeploy;
  path: string;
  /** Keys of the images that are rolled out there. */
  images: string[];
  /** Entries that change; empty: it all stands there already. */
  changes: ImageChange[];
  /** Unified diff of this deploy's part. */
  diff: string;
}

/** Finds and reads the Kustomizations of all deploys at one commit. */
export async function readKustomizations(
  snapshot: Snapshot,
  deploys: readonly ActiveDeploy[],
): Promise<ReadKustomization[]> {
  const paths = await snapshot.list();
  return Promise.all(
    deploys.map(async (deploy): Promise<ReadKustomization> => {
      const location = locateKustomization(deploy.target.kustomization, paths);
      if (location.status === 'problem') {
        return { status: 'problem', deploy, problem: { place: deploy.place, ...location.problem } };
      }
      const { path } = location;
      const file = await snapshot.read(path);
      if (!file) throw new Error(`${path} is listed at ${snapshot.head} but can not be read`);
      return file.mode === '120000'
        ? { status: 'problem', deploy, problem: symlinkProblem(path, file) }
        : { status: 'read', deploy, path, file };
    }),
  );
}

/** Plans all edits on files as they were just read. Pure; the edits of two deploys on one file add up. */
export function planEdits(
  kustomizations: readonly ReadKustomization[],
  rollouts: readonly Rollout[],
): BranchPlan {
  const plan: BranchPlan = { files: [], outcomes: [], problems: [] };
  const current = new Map<string, Uint8Array>();
  const original = new Map<string, TargetFile>();
  for (const kustomization of kustomizations) {
    const { deploy } = kustomization;
    if (kustomization.status === 'problem') {
      plan.problems.push(kustomization.problem);
      continue;
    }
    const { path, file } = kustomization;
    original.set(path, file);
    const before = current.get(path) ?? file.bytes;
    const wanted = rollouts.filter(({ key }) => deploy.images.includes(key));
    const edited = rollOut(path, before, wanted, deploy.target.pin);
    plan.problems.push(...edited.problems);
    current.set(path, edited.bytes);
    plan.outcomes.push({
      deploy,
      path,
      images: wanted.map(({ key }) => key),
      changes: edited.changes,
      diff: unifiedDiff(path, textOf(before), textOf(edited.bytes)),
    });
  }
  for (const [path, bytes] of current) {
    const file = original.get(path) as TargetFile;
    if (!Buffer.from(file.bytes).equals(bytes)) plan.files.push({ path, bytes, mode: file.mode });
  }
  return plan;
}

/** Writes each rollout into the entries that deploy it; a refusal leaves the others to be checked too. */
function rollOut(
  path: string,
  bytes: Uint8Array,
  rollouts: readonly Rollout[],
  pin: ActiveDeploy['target']['pin'],
): { bytes: Uint8Array; changes: ImageChange[]; problems: Problem[] } {
  const changes: ImageChange[] = [];
  const problems: Problem[] = [];
  let current = bytes;
  for (const { key, image, releaseTag, digest } of rollouts) {
    try {
      const entries = matchEntries(readKustomization({ path, bytes: current }), image);
      const edits = entries.map((entry) => releaseEdit(entry, { tag: releaseTag, digest }, pin));
      const edited = editKustomization({ path, bytes: current, edits });
      if (edited.status === 'unchanged') continue;
      current = edited.bytes;
      for (const { name, before = name, after } of edited.changes) changes.push({ key, name, before, after });
    } catch (error) {
      if (!(error instanceof ReleaseError)) throw error;
      problems.push(...error.problems.map((problem) => ({ image: key, ...problem })));
    }
  }
  return { bytes: current, changes, problems };
}

function symlinkProblem(path: string, file: TargetFile): Problem {
  const link = Buffer.from(file.bytes).toString('utf8');
  return {
    code: 'deploy/kustomization-symlink',
    severity: 'error',
    message: `${path} is a symbolic link to ${link}; an edit would replace the link by a file.`,
    fix: 'Set deploy.kustomization to the file that it points to.',
    place: { file: path },
  };
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}
