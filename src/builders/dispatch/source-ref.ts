import type { Source } from '../../facts/source.js';
import { failure, type Problem, type ReleaseError } from '../../lib/errors.js';
import type { Plan } from '../../plan/plan.js';
import { refusalOf } from './refusals.js';
import { has, type GitHubApi } from './github-api.js';

/** What the run is started on. */
export interface DispatchRef {
  type: 'branch' | 'tag';
  name: string;
}

/** @throws ReleaseError `dispatch/no-ref` */
export function dispatchRefOf({ ref }: Source): DispatchRef {
  if (ref.type === 'branch' || ref.type === 'tag') return { type: ref.type, name: ref.name };
  throw failure({
    code: 'dispatch/no-ref',
    message: 'The checkout is on no branch and no tag, and GitHub starts workflows on nothing else.',
    fix: 'Check out a branch: `git switch BRANCH`, or tag the commit and push the tag.',
  });
}

/**
 * That GitHub has this commit, and has it where the run will look.
 * @throws ReleaseError `dispatch/not-pushed`, `dispatch/behind`, and what GitHub refuses
 */
export async function checkPushed(
  api: GitHubApi,
  { commit }: Source,
  { type, name }: DispatchRef,
  repository: string,
): Promise<void> {
  const kind = type === 'branch' ? 'heads' : 'tags';
  const answer = await api.get(`/commits/${encodeURIComponent(`${kind}/${name}`)}`, has('sha', 'string'));
  const short = commit.slice(0, 7);
  const push = type === 'branch' ? `git push -u origin ${name}` : `git push origin ${name}`;
  if (answer.status === 404 || answer.status === 422) {
    // Of a repository that the token does not see GitHub says the same.
    const own = await api.get('');
    if (own.status !== 200) throw refusalOf(own, { doing: 'read the repository', repository });
    throw notPushed(`The ${type} ${name} is not on GitHub (${repository}).`, push);
  }
  if (answer.status !== 200) throw refusalOf(answer, { doing: `read ${type} ${name}`, repository });
  const { sha } = answer.body as { sha?: string };
  if (sha === commit) return;
  const there = sha?.slice(0, 7);
  if (type === 'tag') throw notPushed(`The tag ${name} is at ${there} on GitHub, not at ${short}.`, push);
  const compared = await api.get(`/compare/${commit}...${sha}`, has('status', 'string'));
  const { status, ahead_by: ahead } = (compared.body ?? {}) as { status?: string; ahead_by?: number };
  if (compared.status === 200 && status === 'ahead') {
    throw failure({
      code: 'dispatch/behind',
      message: `Branch ${name} on GitHub is ${ahead} commit${ahead === 1 ? '' : 's'} further (${there}) than this checkout (${short}): a run would build that.`,
      fix: 'Pull first: `git pull --ff-only`.',
    });
  }
  throw notPushed(`Commit ${short} is not on GitHub: branch ${name} is at ${there} there.`, push);
}

function notPushed(message: string, push: string): ReleaseError {
  return failure({
    code: 'dispatch/not-pushed',
    message: `${message} A run builds what is on GitHub.`,
    fix: `Push first: \`${push}\`.`,
  });
}

/** Whether what is not committed would be missing from the images, or from what the run is told to do. */
export function uncommittedProblems(uncommitted: readonly string[], plan: Plan, workflow: string): Problem[] {
  const folders = plan.images.flatMap(({ context, contexts, dockerfile }) => [
    context,
    dockerfile,
    ...Object.values(contexts),
  ]);
  const lost = uncommitted.filter(
    (path) =>
      path === workflow ||
      /^(?:\.github\/)?image-release\.ya?ml$/.test(path) ||
      folders.some((folder) => isWithin(path, folder)),
  );
  if (lost.length === 0) return [];
  const more = lost.length > 5 ? ` and ${lost.length - 5} more` : '';
  return [
    {
      code: 'dispatch/uncommitted-changes',
      severity: 'error',
      message: `Not committed, and so not in what GitHub builds: ${lost.slice(0, 5).join(', ')}${more}.`,
      fix: 'Commit and push first, or put the changes away with `git stash -u`.',
    },
  ];
}

function isWithin(path: string, folder: string): boolean {
  const clean = folder.replace(/^\.\//, '').replace(/\/$/, '');
  return clean === '.' || clean === '' || path === clean || path.startsWith(`${clean}/`);
}
