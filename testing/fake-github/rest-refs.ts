import { isValidRefName, type RefMove } from '../git-refs.js';
import { ApiError, jsonAnswer, notFound, unprocessable } from './answer.js';
import { isAncestor } from './commits.js';
import { text } from './fields.js';
import { OID, ZERO_OID, objectType } from './objects.js';
import { isEmpty, listRefs, moveRefs, readRef } from './refs.js';
import { refJson } from './representations.js';
import type { Call, Route } from './route.js';
import { violationMessage, violations } from './rules.js';

const READ = ['contents', 'read'] as const;
const WRITE = ['contents', 'write'] as const;

/** 409 for a repository without a commit, as all of the Git database API answers. */
export async function refuseEmpty({ repository }: Call): Promise<void> {
  if (await isEmpty(repository.dir)) throw new ApiError(409, 'Git Repository is empty.');
}

/** Moves one ref after the rules agreed. @throws ApiError 422 (rules), `stale` when it moved meanwhile */
export async function moveRefByRules(call: Call, move: RefMove & { before: string }) {
  const sentences = violations(call.repository, call.caller, move);
  if (sentences.length > 0) throw unprocessable(violationMessage(sentences));
  try {
    return await moveRefs(call.repository.dir, [move]);
  } catch {
    throw unprocessable('Reference update failed');
  }
}

async function targetOf(call: Call, ref: string): Promise<string> {
  const oid = text(call.body, 'sha');
  if (!OID.test(oid)) {
    throw unprocessable('The sha parameter must be exactly 40 characters and contain only [0-9a-f].');
  }
  const type = await objectType(call.repository.dir, oid);
  if (!type) throw unprocessable('Object does not exist');
  if (ref.startsWith('refs/heads/') && type !== 'commit') throw unprocessable('Reference update failed');
  return oid;
}

async function getRef(call: Call) {
  await refuseEmpty(call);
  const ref = await readRef(call.repository.dir, `refs/${call.params.ref}`, call.view);
  if (!ref) throw notFound();
  return jsonAnswer(200, refJson(call, ref));
}

/** By the beginning of the name, without pages: https://docs.github.com/rest/git/refs#list-matching-references */
async function listMatchingRefs(call: Call) {
  await refuseEmpty(call);
  const refs = await listRefs(call.repository.dir, 'refs/');
  const matching = refs.filter(({ name }) => name.startsWith(`refs/${call.params.ref}`));
  return jsonAnswer(
    200,
    matching.map((ref) => refJson(call, ref)),
  );
}

async function createRef(call: Call) {
  await refuseEmpty(call);
  const name = text(call.body, 'ref');
  if (!name.startsWith('refs/') || name.split('/').length < 3) {
    throw unprocessable("Reference name must start with 'refs/' and contain at least two slashes.");
  }
  const { dir } = call.repository;
  if (!isValidRefName(name) || name.startsWith('refs/pull/')) {
    throw unprocessable(`${name} is not a valid ref name.`);
  }
  const oid = await targetOf(call, name);
  const refExists = unprocessable('Reference already exists');
  if (await readRef(dir, name)) throw refExists;
  const result = await moveRefByRules(call, { name, before: ZERO_OID, after: oid });
  if (result === 'stale') throw refExists;
  const ref = refJson(call, { name, oid, type: (await objectType(dir, oid)) ?? 'commit' });
  return jsonAnswer(201, ref, { location: ref.url });
}

async function updateRef(call: Call) {
  await refuseEmpty(call);
  const name = `refs/${call.params.ref}`;
  const { dir } = call.repository;
  const oid = await targetOf(call, name);
  // Not a compare-and-set: what counts is that the new commit descends from the head of this moment.
  for (;;) {
    const current = await readRef(dir, name);
    if (!current) throw unprocessable('Reference does not exist');
    if (call.body.force !== true && !(await isAncestor(dir, current.oid, oid))) {
      throw unprocessable('Update is not a fast forward');
    }
    const result = await moveRefByRules(call, { name, before: current.oid, after: oid });
    if (result === 'moved') return jsonAnswer(200, refJson(call, { name, oid, type: current.type }));
  }
}

/** https://docs.github.com/rest/git/refs */
export const REF_ROUTES: readonly Route[] = [
  { method: 'GET', path: '/git/ref/*ref', needs: READ, handle: getRef },
  { method: 'GET', path: '/git/matching-refs/*ref', needs: READ, handle: listMatchingRefs },
  { method: 'POST', path: '/git/refs', needs: WRITE, handle: createRef },
  { method: 'PATCH', path: '/git/refs/*ref', needs: WRITE, handle: updateRef },
];
