import { isList, request, type GitHubRepository } from './requests.js';

export interface CommitStatus {
  context: string;
  state: string;
  description: string;
  /** When it was set, milliseconds since the epoch. */
  at: number;
}

/**
 * The newest 100 statuses of a commit, the newest first; needs `statuses: read`.
 * @see https://docs.github.com/en/rest/commits/statuses#list-commit-statuses-for-a-reference
 * @throws RequestFailed, Cancelled
 */
export async function listCommitStatuses(
  repository: GitHubRepository,
  commit: string,
  signal?: AbortSignal,
): Promise<CommitStatus[]> {
  const { data } = await request(
    repository,
    ({ rest, at }) => rest.repos.listCommitStatusesForRef({ ...at, ref: commit, per_page: 100 }),
    { signal, isAnswer: isList },
  );
  return data.map(({ context, state, description, updated_at: at }) => ({
    ...{ context, state, description: description ?? '' },
    at: Date.parse(at),
  }));
}
