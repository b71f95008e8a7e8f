import { methodsOf } from './merging-methods.js';
import type { ServedRepository } from './repository.js';
import { nodeId, repositoryApiUrl, repositoryPageUrl, userJson } from './representations.js';
import type { Call } from './route.js';

/** URL templates of a repository's answer, relative to its API URL. */
const TEMPLATES: Record<string, string> = {
  archive_url: '/{archive_format}{/ref}',
  assignees_url: '/assignees{/user}',
  blobs_url: '/git/blobs{/sha}',
  branches_url: '/branches{/branch}',
  collaborators_url: '/collaborators{/collaborator}',
  comments_url: '/comments{/number}',
  commits_url: '/commits{/sha}',
  compare_url: '/compare/{base}...{head}',
  contents_url: '/contents/{+path}',
  contributors_url: '/contributors',
  deployments_url: '/deployments',
  downloads_url: '/downloads',
  events_url: '/events',
  forks_url: '/forks',
  git_commits_url: '/git/commits{/sha}',
  git_refs_url: '/git/refs{/sha}',
  git_tags_url: '/git/tags{/sha}',
  hooks_url: '/hooks',
  issue_comment_url: '/issues/comments{/number}',
  issue_events_url: '/issues/events{/number}',
  issues_url: '/issues{/number}',
  keys_url: '/keys{/key_id}',
  labels_url: '/labels{/name}',
  languages_url: '/languages',
  merges_url: '/merges',
  milestones_url: '/milestones{/number}',
  notifications_url: '/notifications{?since,all,participating}',
  pulls_url: '/pulls{/number}',
  releases_url: '/releases{/id}',
  stargazers_url: '/stargazers',
  statuses_url: '/statuses/{sha}',
  subscribers_url: '/subscribers',
  subscription_url: '/subscription',
  tags_url: '/tags',
  teams_url: '/teams',
  trees_url: '/git/trees{/sha}',
};

const COUNTS = ['forks', 'forks_count', 'stargazers_count', 'watchers', 'watchers_count', 'network_count'];
const CREATED = '2024-01-01T00:00:00Z';

/** A repository as `GET /repos/{owner}/{repo}` shows it; what git and the options don't say is constant. */
export function repositoryJson(call: Pick<Call, 'repository' | 'urls' | 'caller'>): Record<string, unknown> {
  const { repository, caller, urls } = call;
  const api = repositoryApiUrl(call);
  const page = repositoryPageUrl(call);
  const open = repository.pulls.filter((pull) => pull.state === 'open').length;
  const writes = caller.permissions.contents === 'write';
  return {
    id: repository.id,
    node_id: nodeId('R', repository.id),
    name: repository.name,
    full_name: `${repository.owner}/${repository.name}`,
    owner: ownerJson(call),
    private: repository.private === true,
    visibility: repository.private ? 'private' : 'public',
    html_url: page,
    url: api,
    ...Object.fromEntries(Object.entries(TEMPLATES).map(([key, path]) => [key, `${api}${path}`])),
    ...Object.fromEntries(COUNTS.map((key) => [key, 0])),
    subscribers_count: 0,
    clone_url: `${page}.git`,
    git_url: `git://${new URL(urls.url).host}/${repository.owner}/${repository.name}.git`,
    ssh_url: `git@${new URL(urls.url).hostname}:${repository.owner}/${repository.name}.git`,
    svn_url: page,
    description: null,
    fork: false,
    default_branch: repository.defaultBranch,
    homepage: null,
    language: null,
    license: null,
    mirror_url: null,
    archived: false,
    disabled: false,
    has_issues: true,
    has_projects: false,
    has_wiki: false,
    has_pages: false,
    has_downloads: false,
    has_discussions: false,
    open_issues: open,
    open_issues_count: open,
    size: 0,
    created_at: CREATED,
    updated_at: CREATED,
    pushed_at: CREATED,
    permissions: { admin: false, maintain: false, push: writes, triage: writes, pull: true },
    ...(writes ? mergeSettings(repository) : {}),
  };
}

function mergeSettings(repository: ServedRepository) {
  return {
    allow_merge_commit: methodsOf(repository).includes('merge'),
    allow_squash_merge: methodsOf(repository).includes('squash'),
    allow_rebase_merge: methodsOf(repository).includes('rebase'),
    allow_auto_merge: repository.autoMerge !== 'off',
    delete_branch_on_merge: repository.mergedBranches === 'delete',
  };
}

export function ownerJson({ repository, urls }: Pick<Call, 'repository' | 'urls'>) {
  return userJson(urls, { login: repository.owner, type: 'User', id: 1 });
}
