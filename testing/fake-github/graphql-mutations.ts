import { isValidRefName, type RefMove } from '../git-refs.js';
import { isAncestor } from './commits.js';
import type { Scope } from './graphql-objects.js';
import { OID, ZERO_OID, objectType } from './objects.js';
import { moveRefs, readRef } from './refs.js';
import { GraphqlRefusal, requireWrite } from './graphql-refusal.js';
import { violationMessage, violations } from './rules.js';

const unprocessable = (message: string) => new GraphqlRefusal('UNPROCESSABLE', message);

async function moveByRules(scope: Scope, moves: readonly (RefMove & { before: string })[]) {
  const sentences = moves.flatMap((move) => violations(scope.repository, scope.caller, move));
  if (sentences.length > 0) throw unprocessable(violationMessage(sentences));
  try {
    return await moveRefs(scope.repository.dir, moves);
  } catch (error) {
    throw unprocessable(`Reference update failed: ${error instanceof Error ? error.message : ''}`);
  }
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
    const valid = namespaces.test(name) && isValidRefName(name) && !name.startsWith('refs/pull/');
    if (!valid) throw unprocessable(`${name} is not a valid ref name.`);
    if (!OID.test(afterOid) || (afterOid !== ZERO_OID && !(await objectType(dir, afterOid)))) {
      throw unprocessable(`Object ${afterOid} does not exist`);
    }
    const current = (await readRef(dir, name))?.oid ?? ZERO_OID;
    if (beforeOid && beforeOid !== current) throw staleRef(name, beforeOid);
    const rewinds = current !== ZERO_OID && afterOid !== ZERO_OID && !(await isAncestor(dir, current, afterOid));
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
