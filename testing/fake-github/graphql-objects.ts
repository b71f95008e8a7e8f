import { readCommit } from './commits.js';
import { objectType, readBlob, readTreeEntry, resolveRevision } from './objects.js';
import { readRef } from './refs.js';
import type { RefView } from './refs.js';
import { nodeId } from './representations.js';
import type { Caller, ServedRepository } from './repository.js';
import type { Urls } from './route.js';

/** A visible repository and how this request sees it. */
export interface Scope {
  repository: ServedRepository;
  caller: Caller;
  urls: Urls;
  view: RefView;
}

export function repositoryNode({ repository, view }: Scope): Record<string, unknown> {
  const { dir, id } = repository;
  return {
    __typename: 'Repository',
    id: nodeId('R', id),
    nameWithOwner: `${repository.owner}/${repository.name}`,
    object: async ({ expression, oid }: { expression?: string; oid?: string }) => {
      const wanted = oid ?? expression;
      const found = wanted === undefined ? undefined : await revisionIn(repository, view, wanted);
      return found === undefined ? null : objectNode(dir, found);
    },
  };
}

/** Where GitHub cuts off the text of a blob; it says `isTruncated`, and documents no number. */
const TEXT_LIMIT = 512_000;

async function revisionIn({ dir, revisions }: ServedRepository, view: RefView, wanted: string) {
  if (!/^refs\/[^:^~@{]+$/.test(wanted)) return resolveRevision(dir, wanted);
  if (revisions === 'heads-and-tags' && !/^refs\/(heads|tags)\//.test(wanted)) return undefined;
  return (await readRef(dir, wanted, view))?.oid;
}

/** Trees have no fields of their own here. */
async function objectNode(dir: string, oid: string): Promise<Record<string, unknown> | null> {
  const type = await objectType(dir, oid);
  if (type === undefined) return null;
  if (type === 'commit') return commitNode(dir, oid);
  if (type !== 'blob') return { __typename: 'Tree', oid };
  const bytes = await readBlob(dir, oid);
  const isBinary = bytes.subarray(0, 8000).includes(0);
  return {
    __typename: 'Blob',
    oid,
    byteSize: bytes.length,
    isBinary,
    isTruncated: !isBinary && bytes.length > TEXT_LIMIT,
    text: isBinary ? null : bytes.subarray(0, TEXT_LIMIT).toString(),
  };
}

async function commitNode(dir: string, oid: string) {
  const { tree, message } = await readCommit(dir, oid);
  return {
    __typename: 'Commit',
    oid,
    message,
    tree: { __typename: 'Tree', oid: tree },
    file: async ({ path }: { path: string }) => {
      const entry = await readTreeEntry(dir, tree, path);
      return entry ? { __typename: 'TreeEntry', oid: entry.oid, object: () => objectNode(dir, entry.oid) } : null;
    },
  };
}
