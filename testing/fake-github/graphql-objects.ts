import { objectType, readBlob, resolveRevision } from './objects.js';
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

export function repositoryNode({ repository }: Scope): Record<string, unknown> {
  const { dir, id } = repository;
  return {
    __typename: 'Repository',
    id: nodeId('R', id),
    nameWithOwner: `${repository.owner}/${repository.name}`,
    object: async ({ expression, oid }: { expression?: string; oid?: string }) => {
      const wanted = oid ?? expression;
      const found = wanted === undefined ? undefined : await resolveRevision(dir, wanted);
      return found === undefined ? null : objectNode(dir, found);
    },
  };
}

/** Where GitHub cuts off the text of a blob; it says `isTruncated`, and documents no number. */
const TEXT_LIMIT = 512_000;

/** Blobs alone have fields of their own here. */
async function objectNode(dir: string, oid: string) {
  const type = await objectType(dir, oid);
  if (type === undefined) return null;
  if (type !== 'blob') return { __typename: type === 'commit' ? 'Commit' : 'Tree', oid };
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
