import type { Source } from '../../facts/source.js';
import { failure, problem, type Problem, type ReleaseError } from '../../lib/errors.js';
import type { Plan } from '../../plan/plan.js';
import { FailedRequest, requestError, type GitHubRepository } from './github.js';

/** The branch or tag that a run is started on. */
export interface DispatchRef {
  type: 'branch' | 'tag';
  name: string;
}

/** @throws ReleaseError `dispatch/not-pushed` */
export function dispatchRefOf({ ref }: Source): DispatchRef {
  if (ref.type === 'branch' || ref.type === 'tag') return { type: ref.type, name: ref.name };
  throw notPushed(
    'The checkout is on no branch and no tag, and GitHub starts workflows on nothing else.',
    'Check out a branch: `git switch BRANCH`.',
  );
}

/**
 * Checks that the branch or tag on GitHub is at this commit.
 * @throws ReleaseError `dispatch/*`
 */
export async function checkPushed(
  github: GitHubRepository,
  { commit }: Source,
  { type, name }: DispatchRef,
): Promise<void> {
  const push = `Push first: \`git push${type === 'branch' ? ' -u' : ''} origin ${name}\`.`;
  const found = await readCommit(github, `${type === 'branch' ? 'heads' : 'tags'}/${name}`);
  if (found === undefined) throw notPushed(`The ${type} ${name} is not on GitHub (${github.name}).`, push);
  const short = commit.slice(0, 7);
  const there = found.slice(0, 7);
  if (found === commit) return;
  if (type === 'tag') throw notPushed(`The tag ${name} is at ${there} on GitHub, not at ${short}.`, push);
  const compared = await github.read(
    (rest, at) => rest.repos.compareCommitsWithBasehead({ ...at, basehead: `${commit}...${found}` }),
    ({ data }) => typeof data.status === 'string',
  );
  if (!(compared instanceof FailedRequest) && compared.data.status === 'ahead') {
    throw notPushed(
      `Branch ${name} on GitHub is at ${there}, ${compared.data.ahead_by} ahead of this checkout (${short}).`,
      'Pull first: `git pull --ff-only`.',
    );
  }
  throw notPushed(`Commit ${short} is not on GitHub: branch ${name} is at ${there} there.`, push);
}

/** @returns its id; undefined: there is none. @throws ReleaseError also if the repository isn't there */
export async function readCommit(github: GitHubRepository, ref: string): Promise<string | undefined> {
  const answer = await github.read(
    (rest, at) => rest.repos.getCommit({ ...at, ref }),
    ({ data }) => typeof data.sha === 'string',
  );
  if (!(answer instanceof FailedRequest)) return answer.data.sha;
  const isMissing = answer.status === 404 || answer.status === 422;
  // GitHub answers the same for a repository that the token has no access to.
  const checked = isMissing ? await github.read((rest, at) => rest.repos.get(at)) : answer;
  if (checked instanceof FailedRequest) throw requestError(checked, `read ${github.name} on GitHub`);
  return undefined;
}

export function notPushed(message: string, fix: string): ReleaseError {
  return failure({ code: 'dispatch/not-pushed', message, fix });
}

/** Uncommitted changes that the images, or the run's instructions, would lack. */
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
    problem({
      code: 'dispatch/not-pushed',
      message: `Not committed, so not in what GitHub builds: ${lost.slice(0, 5).join(', ')}${more}.`,
      fix: 'Commit and push first, or remove the changes with `git stash -u`.',
    }),
  ];
}

function isWithin(path: string, folder: string): boolean {
  const clean = folder.replace(/^\.\//, '').replace(/\/$/, '');
  return clean === '.' || clean === '' || path === clean || path.startsWith(`${clean}/`);
}
