import type { Commit } from './commits.js';
import type { Call } from './route.js';
import type { Caller } from './repository.js';

type Place = Pick<Call, 'repository' | 'urls'>;

export function repositoryApiUrl({ repository, urls }: Place): string {
  return `${urls.apiUrl}/repos/${repository.owner}/${repository.name}`;
}

export function repositoryPageUrl({ repository, urls }: Place): string {
  return `${urls.url}/${repository.owner}/${repository.name}`;
}

export function nodeId(type: string, ...parts: (string | number)[]): string {
  return `${type}_${Buffer.from(parts.join('\0')).toString('base64url')}`;
}

/** Reads a node id back; undefined when it is none of ours. */
export function parseNodeId(id: string): { type: string; parts: string[] } | undefined {
  const match = /^([A-Z]+)_([\w-]+)$/.exec(id);
  if (!match) return undefined;
  return {
    type: match[1] ?? '',
    parts: Buffer.from(match[2] ?? '', 'base64url')
      .toString()
      .split('\0'),
  };
}

/** The "simple user" of the REST API. */
export function userJson(urls: Call['urls'], caller: Pick<Caller, 'login' | 'type' | 'id'>) {
  const api = `${urls.apiUrl}/users/${encodeURIComponent(caller.login)}`;
  return {
    login: caller.login,
    id: caller.id,
    node_id: nodeId('U', caller.id),
    avatar_url: `${urls.url}/avatars/${caller.id}`,
    gravatar_id: '',
    url: api,
    html_url: `${urls.url}/${caller.login.replace(/^(.*)\[bot\]$/, 'apps/$1')}`,
    followers_url: `${api}/followers`,
    following_url: `${api}/following{/other_user}`,
    gists_url: `${api}/gists{/gist_id}`,
    starred_url: `${api}/starred{/owner}{/repo}`,
    subscriptions_url: `${api}/subscriptions`,
    organizations_url: `${api}/orgs`,
    repos_url: `${api}/repos`,
    events_url: `${api}/events{/privacy}`,
    received_events_url: `${api}/received_events`,
    type: caller.type,
    site_admin: false,
  };
}

export function refJson(place: Place, ref: { name: string; oid: string; type: string }) {
  const api = repositoryApiUrl(place);
  return {
    ref: ref.name,
    node_id: nodeId('REF', place.repository.id, ref.name),
    url: `${api}/git/${ref.name}`,
    object: { sha: ref.oid, type: ref.type, url: `${api}/git/${ref.type}s/${ref.oid}` },
  };
}

function verificationJson(commit: Commit) {
  if (!commit.signature) {
    return { verified: false, reason: 'unsigned', signature: null, payload: null, verified_at: null };
  }
  const verified = commit.signature.signer === 'github';
  return {
    verified,
    reason: verified ? 'valid' : 'unknown_key',
    signature: commit.signature.text,
    payload: commit.signature.payload,
    verified_at: verified ? commit.committer.date : null,
  };
}

/** A commit as `git/commits` shows it. */
export function gitCommitJson(place: Place, commit: Commit) {
  const api = repositoryApiUrl(place);
  const page = repositoryPageUrl(place);
  return {
    sha: commit.oid,
    node_id: nodeId('C', place.repository.id, commit.oid),
    url: `${api}/git/commits/${commit.oid}`,
    html_url: `${page}/commit/${commit.oid}`,
    author: commit.author,
    committer: commit.committer,
    message: commit.message.trimEnd(),
    tree: { sha: commit.tree, url: `${api}/git/trees/${commit.tree}` },
    parents: commit.parents.map((sha) => ({
      sha,
      url: `${api}/git/commits/${sha}`,
      html_url: `${page}/commit/${sha}`,
    })),
    verification: verificationJson(commit),
  };
}

/** A commit as `commits`, `compare` and `branches` show it; no account is linked to it. */
export function commitJson(place: Place, commit: Commit) {
  const api = repositoryApiUrl(place);
  const git = gitCommitJson(place, commit);
  return {
    sha: commit.oid,
    node_id: git.node_id,
    commit: {
      author: git.author,
      committer: git.committer,
      message: git.message,
      tree: git.tree,
      url: git.url,
      comment_count: 0,
      verification: git.verification,
    },
    url: `${api}/commits/${commit.oid}`,
    html_url: git.html_url,
    comments_url: `${api}/commits/${commit.oid}/comments`,
    author: null,
    committer: null,
    parents: git.parents.map((parent) => ({ ...parent, url: `${api}/commits/${parent.sha}` })),
  };
}
