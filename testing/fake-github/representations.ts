import type { Commit } from './commits.js';
import type { Call } from './route.js';

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

export function refJson(place: Place, { name, oid, type }: { name: string; oid: string; type: string }) {
  return { ref: name, url: `${repositoryApiUrl(place)}/git/${name}`, object: { sha: oid, type } };
}

/** What clients read of a commit as `git/commits` shows it. */
export function gitCommitJson(place: Place, commit: Commit) {
  return {
    sha: commit.oid,
    url: `${repositoryApiUrl(place)}/git/commits/${commit.oid}`,
    html_url: `${repositoryPageUrl(place)}/commit/${commit.oid}`,
    author: commit.author,
    committer: commit.committer,
    message: commit.message.trimEnd(),
    tree: { sha: commit.tree },
    parents: commit.parents.map((sha) => ({ sha })),
  };
}

/** A commit as `commits` and `compare` show it. */
export function commitJson(place: Place, commit: Commit) {
  const { sha, html_url, parents, author, committer, message, tree } = gitCommitJson(place, commit);
  const verification = { verified: commit.verified };
  return { sha, html_url, parents, commit: { author, committer, message, tree, verification } };
}
