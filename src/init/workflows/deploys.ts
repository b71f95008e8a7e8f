import { posix } from 'node:path';
import { KUSTOMIZATION_NAMES } from '../../deploy/kustomization/location.js';
import type { Place } from '../../lib/errors.js';
import { isInside, noteLeft, noteUpdate } from './findings.js';
import type { Job } from './jobs.js';
import { hasPlaceholders } from './placeholders.js';

/** Updates that this file's commands and actions made. */
const updatesOf = ({ walk }: Job) => walk.findings.updates.filter(({ place }) => place.file === walk.file);

/** A tag that is written into a Kustomization. @param path of it or of its folder */
export function noteTagUpdate(job: Job, { place, by, path }: { place: Place; by: string; path: string }): void {
  const { repository, findings, event } = job.walk;
  const [root, checkout = job.checkouts.get('.')] =
    [...job.checkouts].find(([each]) => each !== '.' && `${path}/`.startsWith(`${each}/`)) ?? [];
  const at = root === undefined ? path : posix.relative(root, path);
  const isFile = KUSTOMIZATION_NAMES.includes(posix.basename(at));
  const known = isFile ? [at] : KUSTOMIZATION_NAMES.map((each) => posix.join(at, each));
  // Another repository can't be looked at.
  const isElsewhere = checkout?.repository !== undefined;
  const file = isElsewhere ? known[0] : known.find((each) => repository.paths.includes(each));
  const shown = hasPlaceholders(at) ? 'a folder that only a run knows' : at;
  if (file === undefined || !isInside(file)) return noteLeft(findings.left, place, `\`${by}\` in ${shown}`, 'commits');
  job.did += 1;
  noteUpdate(findings, { ...checkout, place, by, kustomization: file, mode: job.mode, events: [event.kind] });
}

export function proposePullRequest(job: Job): void {
  job.mode = 'pull-request';
  for (const update of updatesOf(job)) update.mode = 'pull-request';
}

/** The result of a commit or push for the updates before it; one to another repository that is no such update is reported. */
export function noteCommit(
  job: Job,
  place: Place,
  { token, branch, folder }: { token?: string; branch?: string; folder: string },
): void {
  const updates = updatesOf(job);
  for (const update of updates) {
    update.token ??= token;
    update.branch ??= branch;
  }
  const [, checkout] = [...job.checkouts].find(([path]) => path !== '.' && `${folder}/`.startsWith(`${path}/`)) ?? [];
  const { repository } = checkout ?? job.checkouts.get('.') ?? {};
  if (repository !== undefined && !updates.some((update) => update.repository === repository))
    noteLeft(job.walk.findings.left, place, `the commit to ${repository}`, 'commits');
}
