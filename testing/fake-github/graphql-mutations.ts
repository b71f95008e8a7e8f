import { isAncestor, writeCommit } from './commits.js';
import { objectNode, refNode } from './graphql-objects.js';
import type { Scope } from './graphql-objects.js';
import { OID, ZERO_OID, objectType, readTreeEntry, writeBlob, writeTree } from './objects.js';
import { isValidRefName, moveRefs, readRef } from './refs.js';
import type { RefMove } from './refs.js';
import { GraphqlRefusal, requireWrite } from './graphql-refusal.js';
import { decodeBase64 } from './fields.js';
import { personOf } from './repository.js';
import { violationMessage, violations } from './rules.js';

const unprocessable = (message: string) => new GraphqlRefusal('UNPROCESSABLE', message);

async function moveByRules(scope: Scope, moves: readonly (RefMove & { before: string })[]) {
  const sentences = await Promise.all(moves.map((move) => violations(scope.repository, scope.caller, move)));
  if (sentences.flat().length > 0) throw unprocessable(violationMessage(sentences.flat()));
  try {
    return await moveRefs(scope.repository.dir, moves);
  } catch (error) {
    throw unprocessable(`Reference update failed: ${error instanceof Error ? error.message : ''}`);
  }
}

export interface CommitOnBranchInput {
  clientMutationId?: string;
  expectedHeadOid: string;
  message: { headline: string; body?: string };
  fileChanges?: { additions?: { path: string; contents: string }[]; deletions?: { path: string }[] };
}

/** https://docs.github.com/graphql/reference/mutations#createcommitonbranch */
export async function createCommitOnBranch(scope: Scope, branch: string, input: CommitOnBranchInput) {
  requireWrite(scope, 'contents');
  const { dir } = scope.repository;
  const name = `refs/heads/${branch}`;
  const head = await readRef(dir, name);
  if (!head) throw new GraphqlRefusal('NOT_FOUND', `Could not resolve to a Ref with the name '${branch}'.`);
  const stale = new GraphqlRefusal(
    'STALE_DATA',
    `Expected branch to point to "${input.expectedHeadOid}" but it did not. Pull and try again.`,
  );
  if (head.oid !== input.expectedHeadOid) throw stale;
  const additions = await Promise.all(
    (input.fileChanges?.additions ?? []).map(async ({ path, contents }) => {
      const bytes = decodeBase64(contents);
      if (!bytes) throw unprocessable(`The contents of ${path} are not valid Base64`);
      // The mutation knows no modes: what it writes becomes a plain file.
      return { path, mode: '100644', oid: await writeBlob(dir, bytes) };
    }),
  );
  const deletions = await Promise.all(
    (input.fileChanges?.deletions ?? []).map(async ({ path }) => {
      if (await readTreeEntry(dir, head.oid, path)) return { path, mode: '100644' };
      throw unprocessable(
        `A path was requested for deletion which does not exist as of commit oid \`${head.oid}\``,
      );
    }),
  );
  const author = personOf(scope.caller);
  const { headline, body } = input.message;
  const oid = await writeCommit(dir, {
    tree: await writeTree(dir, head.oid, [...deletions, ...additions]),
    parents: [head.oid],
    author,
    committer: { name: 'GitHub', email: 'noreply@github.com', date: author.date },
    message: body ? `${headline}\n\n${body}` : headline,
    signature: { by: 'github' },
  });
  if ((await moveByRules(scope, [{ name, before: head.oid, after: oid }])) === 'stale') throw stale;
  return {
    clientMutationId: input.clientMutationId ?? null,
    commit: () => objectNode(scope, oid),
    ref: () => refNode(scope, { name, oid, type: 'commit' }),
  };
}

export interface UpdateRefsInput {
  clientMutationId?: string;
  refUpdates: { name: string; beforeOid?: string; afterOid: string; force?: boolean }[];
}

/** https://docs.github.com/graphql/reference/mutations#updaterefs: all refs, or none. */
export async function updateRefs(scope: Scope, input: UpdateRefsInput) {
  requireWrite(scope, 'contents');
  const { dir, updateRefsNamespaces } = scope.repository;
  const namespaces = updateRefsNamespaces === 'heads-and-tags' ? /^refs\/(heads|tags)\/./ : /^refs\/[^/]+\/./;
  const moves: (RefMove & { before: string })[] = [];
  for (const update of input.refUpdates) {
    const { name, beforeOid, afterOid } = update;
    const valid =
      namespaces.test(name) && (await isValidRefName(dir, name)) && !name.startsWith('refs/pull/');
    if (!valid) throw unprocessable(`${name} is not a valid ref name.`);
    if (!OID.test(afterOid) || (afterOid !== ZERO_OID && !(await objectType(dir, afterOid)))) {
      throw unprocessable(`Object ${afterOid} does not exist`);
    }
    const current = (await readRef(dir, name))?.oid ?? ZERO_OID;
    if (beforeOid && beforeOid !== current) throw staleRef(name, beforeOid);
    const rewinds =
      current !== ZERO_OID && afterOid !== ZERO_OID && !(await isAncestor(dir, current, afterOid));
    if (rewinds && !update.force) throw unprocessable(`Update of ${name} is not a fast forward`);
    moves.push({ name, before: current, after: afterOid });
  }
  if ((await moveByRules(scope, moves)) === 'stale') {
    throw staleRef(moves.map((move) => move.name).join(', '), 'its expected value');
  }
  return { clientMutationId: input.clientMutationId ?? null };
}

function staleRef(name: string, expected: string): GraphqlRefusal {
  return new GraphqlRefusal('STALE_REF', `Reference ${name} does not point to ${expected}.`);
}
