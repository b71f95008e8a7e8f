import { listCommits, readCommit } from './commits.js';
import type { Commit, Person } from './commits.js';
import { objectType, readBlob, readTree, readTreeEntry, resolveRevision } from './objects.js';
import type { TreeEntry } from './objects.js';
import { listRefs, readRef } from './refs.js';
import type { Ref, RefView } from './refs.js';
import { nodeId, repositoryPageUrl } from './representations.js';
import type { Caller, ServedRepository } from './repository.js';
import type { Urls } from './route.js';
import { pullRequestNode } from './graphql-pull-requests.js';

/** A visible repository and how this request sees it. */
export interface Scope {
  repository: ServedRepository;
  caller: Caller;
  urls: Urls;
  view: RefView;
}

interface Paging {
  first?: number;
  last?: number;
  after?: string;
}

/** A connection over a list; cursors are positions. */
export function connection<T>(items: readonly T[], { first, last, after }: Paging) {
  const start = after ? Number(Buffer.from(after, 'base64').toString()) : last ? items.length - last : 0;
  const from = Math.max(start, 0);
  const nodes = items.slice(from, from + (first ?? last ?? items.length));
  const cursor = (index: number) => Buffer.from(String(index)).toString('base64');
  return {
    nodes,
    edges: nodes.map((node, index) => ({ node, cursor: cursor(from + index + 1) })),
    totalCount: items.length,
    pageInfo: {
      hasNextPage: from + nodes.length < items.length,
      hasPreviousPage: from > 0,
      startCursor: nodes.length > 0 ? cursor(from + 1) : null,
      endCursor: nodes.length > 0 ? cursor(from + nodes.length) : null,
    },
  };
}

export function repositoryNode(scope: Scope): Record<string, unknown> {
  const { repository, caller } = scope;
  const { dir } = repository;
  const ref = async (name: string) => {
    const found = await readRef(dir, name, scope.view);
    return found ? refNode(scope, found) : null;
  };
  return {
    __typename: 'Repository',
    id: nodeId('R', repository.id),
    databaseId: repository.id,
    name: repository.name,
    nameWithOwner: `${repository.owner}/${repository.name}`,
    url: repositoryPageUrl(scope),
    isPrivate: repository.private === true,
    visibility: repository.private ? 'PRIVATE' : 'PUBLIC',
    isFork: false,
    isArchived: false,
    isEmpty: async () => (await listRefs(dir, 'refs/')).length === 0,
    autoMergeAllowed: repository.autoMerge !== 'off',
    mergeCommitAllowed: true,
    squashMergeAllowed: true,
    rebaseMergeAllowed: true,
    viewerPermission: caller.permissions.contents === 'write' ? 'WRITE' : 'READ',
    viewerDefaultMergeMethod: 'MERGE',
    defaultBranchRef: () => ref(`refs/heads/${repository.defaultBranch}`),
    ref: ({ qualifiedName }: { qualifiedName: string }) =>
      ref(qualifiedName.startsWith('refs/') ? qualifiedName : `refs/heads/${qualifiedName}`),
    refs: async ({ refPrefix, ...paging }: { refPrefix: string } & Paging) =>
      connection(
        (await listRefs(dir, refPrefix)).map((found) => refNode(scope, found)),
        paging,
      ),
    object: async ({ expression, oid }: { expression?: string; oid?: string }) => {
      const wanted = oid ?? expression;
      const found = wanted === undefined ? undefined : await resolveRevision(dir, wanted);
      return found ? objectNode(scope, found) : null;
    },
    pullRequest: ({ number }: { number: number }) => {
      const pull = repository.pulls.find((candidate) => candidate.number === number);
      return pull ? pullRequestNode(scope, pull) : null;
    },
    pullRequests: (args: Paging & { headRefName?: string; baseRefName?: string; states?: string[] }) =>
      connection(
        repository.pulls
          .filter((pull) => !args.headRefName || pull.head === args.headRefName)
          .filter((pull) => !args.baseRefName || pull.base === args.baseRefName)
          .filter((pull) => !args.states || args.states.includes(pull.state.toUpperCase()))
          .map((pull) => pullRequestNode(scope, pull)),
        args,
      ),
  };
}

export function refNode(scope: Scope, ref: Ref): Record<string, unknown> {
  const prefix = /^refs\/(heads|tags)\//.exec(ref.name)?.[0] ?? 'refs/';
  return {
    __typename: 'Ref',
    id: nodeId('REF', scope.repository.id, ref.name),
    name: ref.name.slice(prefix.length),
    prefix,
    repository: () => repositoryNode(scope),
    target: () => objectNode(scope, ref.oid),
  };
}

/** A git object of any type; null where there is none. */
export async function objectNode(scope: Scope, oid: string): Promise<Record<string, unknown> | null> {
  const type = await objectType(scope.repository.dir, oid);
  if (type === 'commit') return commitNode(scope, await readCommit(scope.repository.dir, oid));
  if (type === 'blob') return blobNode(scope, oid);
  if (type === 'tree')
    return { ...common(scope, 'Tree', oid, 'tree'), entries: () => treeEntries(scope, oid) };
  return type === 'tag' ? common(scope, 'Tag', oid, 'releases/tag') : null;
}

function common(scope: Scope, typename: string, oid: string, page: string) {
  const url = `${repositoryPageUrl(scope)}/${page}/${oid}`;
  return {
    __typename: typename,
    id: nodeId(typename === 'Commit' ? 'C' : typename.toUpperCase(), scope.repository.id, oid),
    oid,
    abbreviatedOid: oid.slice(0, 7),
    commitUrl: url,
    commitResourcePath: new URL(url).pathname,
    repository: () => repositoryNode(scope),
  };
}

/** Where GitHub cuts off the text of a blob; it says `isTruncated`, and documents no number. */
const TEXT_LIMIT = 512_000;

async function blobNode(scope: Scope, oid: string) {
  const bytes = await readBlob(scope.repository.dir, oid);
  const isBinary = bytes.subarray(0, 8000).includes(0);
  return {
    ...common(scope, 'Blob', oid, 'blob'),
    byteSize: bytes.length,
    isBinary,
    isTruncated: !isBinary && bytes.length > TEXT_LIMIT,
    text: isBinary ? null : bytes.subarray(0, TEXT_LIMIT).toString(),
  };
}

async function treeEntries(scope: Scope, treeish: string, folder = '') {
  const entries = await readTree(scope.repository.dir, treeish, 'flat');
  return entries.map((entry) => entryNode(scope, { ...entry, path: `${folder}${entry.path}` }));
}

function entryNode(scope: Scope, entry: TreeEntry) {
  return {
    name: entry.path.split('/').at(-1),
    path: entry.path,
    mode: parseInt(entry.mode, 8),
    oid: entry.oid,
    type: entry.type,
    size: entry.size ?? 0,
    extension: /\.[^./]+$/.exec(entry.path)?.[0] ?? '',
    object: () => objectNode(scope, entry.oid),
  };
}

const actor = (person: Person) => ({ ...person, user: null, avatarUrl: '' });

function commitNode(scope: Scope, commit: Commit): Record<string, unknown> {
  const { dir } = scope.repository;
  const [headline = '', ...rest] = commit.message.trimEnd().split('\n');
  const base = common(scope, 'Commit', commit.oid, 'commit');
  return {
    ...base,
    url: base.commitUrl,
    resourcePath: base.commitResourcePath,
    message: commit.message.trimEnd(),
    messageHeadline: headline,
    messageBody: rest.join('\n').trim(),
    author: actor(commit.author),
    committer: actor(commit.committer),
    authoredDate: commit.author.date,
    committedDate: commit.committer.date,
    committedViaWeb: commit.signature?.signer === 'github',
    tree: () => objectNode(scope, commit.tree),
    file: async ({ path }: { path: string }) => {
      const entry = await readTreeEntry(dir, commit.tree, path);
      return entry ? entryNode(scope, entry) : null;
    },
    parents: async (paging: Paging) =>
      connection(await Promise.all(commit.parents.map((oid) => objectNode(scope, oid))), paging),
    history: async ({ path, ...paging }: Paging & { path?: string }) => {
      const oids = await listCommits(dir, [commit.oid, ...(path ? ['--', path] : [])]);
      const shown = connection(oids, paging);
      const nodes = await Promise.all(shown.nodes.map((oid) => objectNode(scope, oid)));
      const edges = shown.edges.map((edge, index) => ({ ...edge, node: nodes[index] }));
      return { ...shown, nodes, edges };
    },
    signature: commit.signature
      ? {
          __typename: 'GpgSignature',
          isValid: commit.signature.signer === 'github',
          state: commit.signature.signer === 'github' ? 'VALID' : 'UNKNOWN_KEY',
          wasSignedByGitHub: commit.signature.signer === 'github',
          signature: commit.signature.text,
          payload: commit.signature.payload,
          email: commit.committer.email,
        }
      : null,
  };
}
