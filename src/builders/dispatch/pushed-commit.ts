import type { Source } from '../../facts/source.js';
import { failure, type ReleaseError } from '../../lib/errors.js';
import { FailedRequest, requestError, type GitHubRepository } from './github.js';

/**
 * Checks that the branch or tag of the checkout is on GitHub, at this commit.
 * @returns its name @throws ReleaseError `dispatch/*`
 */
export async function checkPushed(github: GitHubRepository, { commit, ref }: Source): Promise<string> {
  if (ref.type !== 'branch' && ref.type !== 'tag') {
    throw notPushed(
      'The checkout is on no branch and no tag, and GitHub starts workflows on nothing else.',
      'Check out a branch: `git switch BRANCH`.',
    );
  }
  const { type, name } = ref;
  const push = `Push first: \`git push${type === 'branch' ? ' -u' : ''} origin ${name}\`.`;
  const found = await readCommit(github, `${type === 'branch' ? 'heads' : 'tags'}/${name}`);
  if (found === undefined) throw notPushed(`The ${type} ${name} is not on GitHub (${github.name}).`, push);
  if (found === commit) return name;
  const [short, there] = [commit.slice(0, 7), found.slice(0, 7)];
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
