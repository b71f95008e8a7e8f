import { posix } from 'node:path';
import { ApiError, jsonAnswer, missing, notFound, unprocessable } from './answer.js';
import type { Answer } from './answer.js';
import { readCommit, writeCommit } from './commits.js';
import type { Person } from './commits.js';
import { decodeBase64, optionalText, text, wrapBase64 } from './fields.js';
import { ZERO_OID, readBlob, readTree, readTreeEntry, writeBlob, writeTree } from './objects.js';
import type { TreeEntry } from './objects.js';
import { isEmpty, moveRefs, readRef } from './refs.js';
import { gitCommitJson, repositoryApiUrl, repositoryPageUrl } from './representations.js';
import { personOf } from './repository.js';
import { resolveCommit } from './revisions.js';
import type { Call, Route } from './route.js';
import { violationMessage, violations } from './rules.js';

/** Above this size the JSON answer carries no content, only its metadata. */
const INLINE_LIMIT = 1024 * 1024;

function entryJson(call: Call, entry: TreeEntry, at: string) {
  const path = encodeURI(entry.path);
  const url = `${repositoryApiUrl(call)}/contents/${path}?ref=${at}`;
  const kind = entry.type === 'tree' ? 'tree' : 'blob';
  const git = `${repositoryApiUrl(call)}/git/${kind}s/${entry.oid}`;
  const html = `${repositoryPageUrl(call)}/${kind}/${at}/${path}`;
  return {
    name: entry.path.split('/').at(-1),
    path: entry.path,
    sha: entry.oid,
    size: entry.size ?? 0,
    type: typeOf(entry),
    url,
    git_url: git,
    html_url: html,
    download_url: kind === 'tree' ? null : `${repositoryPageUrl(call)}/raw/${at}/${path}`,
    _links: { self: url, git, html },
  };
}

function typeOf(entry: TreeEntry): string {
  if (entry.type !== 'blob') return entry.type === 'tree' ? 'dir' : 'submodule';
  return entry.mode === '120000' ? 'symlink' : 'file';
}

async function getContents(call: Call) {
  const { dir } = call.repository;
  if (await isEmpty(dir)) throw new ApiError(404, 'This repository is empty.');
  const name = call.query.get('ref') ?? call.repository.defaultBranch;
  const commit = await resolveCommit(call, name);
  if (!commit) throw new ApiError(404, `No commit found for the ref ${name}`);
  const path = (call.params.path ?? '').replace(/\/$/, '');
  const entry = path === '' ? undefined : await readTreeEntry(dir, commit, path);
  if (path !== '' && !entry) throw notFound();
  if (!entry || entry.type === 'tree') {
    const entries = await readTree(dir, entry?.oid ?? commit, 'flat');
    const prefix = path === '' ? '' : `${path}/`;
    return jsonAnswer(
      200,
      entries.map((child) => entryJson(call, { ...child, path: `${prefix}${child.path}` }, name)),
    );
  }
  return fileAnswer(call, entry, commit, name);
}

async function fileAnswer(call: Call, entry: TreeEntry, commit: string, name: string): Promise<Answer> {
  const { dir } = call.repository;
  const bytes = await readBlob(dir, entry.oid);
  if (entry.mode === '120000') {
    // A link to a file of the repository is answered with that file.
    const target = await readTreeEntry(dir, commit, posix.join(posix.dirname(entry.path), bytes.toString()));
    return target?.type === 'blob' && target.mode !== '120000'
      ? fileAnswer(call, target, commit, name)
      : jsonAnswer(200, { ...entryJson(call, entry, name), target: bytes.toString() });
  }
  if (/vnd\.github(\.v3)?\.raw/.test(call.accept)) {
    return {
      status: 200,
      headers: { 'content-type': 'application/vnd.github.raw; charset=utf-8' },
      body: bytes,
    };
  }
  const inline = bytes.length <= INLINE_LIMIT;
  return jsonAnswer(200, {
    ...entryJson(call, entry, name),
    content: inline ? wrapBase64(bytes) : '',
    encoding: inline ? 'base64' : 'none',
  });
}

/** https://docs.github.com/rest/repos/contents#create-or-update-file-contents */
async function putContents(call: Call) {
  const { dir } = call.repository;
  const path = call.params.path ?? '';
  const message = text(call.body, 'message');
  const bytes = decodeBase64(text(call.body, 'content'));
  if (!bytes) throw unprocessable('content is not valid Base64');
  const branch = (optionalText(call.body, 'branch') ?? call.repository.defaultBranch).replace(
    /^refs\/heads\//,
    '',
  );
  const name = `refs/heads/${branch}`;
  const head = (await readRef(dir, name))?.oid;
  if (!head && !(await isEmpty(dir))) throw new ApiError(404, `Branch ${branch} not found`);
  const existing = head ? await readTreeEntry(dir, head, path) : undefined;
  const expected = optionalText(call.body, 'sha');
  if (existing && !expected) throw missing('sha');
  if (expected && existing?.oid !== expected) throw new ApiError(409, `${path} does not match ${expected}`);
  const blob = await writeBlob(dir, bytes);
  const change = { path, mode: existing?.mode ?? '100644', oid: blob };
  const named = call.body.author as Partial<Person> | undefined;
  const committing = call.body.committer as Partial<Person> | undefined;
  const committer = { ...personOf(call.caller), ...committing };
  const commit = await writeCommit(dir, {
    tree: await writeTree(dir, head, [change]),
    parents: head ? [head] : [],
    author: { ...committer, ...named },
    committer,
    message,
    signature: { by: call.caller.type === 'Bot' && !named && !committing ? 'github' : 'nobody' },
  });
  await landContents(call, { name, before: head ?? ZERO_OID, after: commit });
  const entry = await readTreeEntry(dir, commit, path);
  return jsonAnswer(existing ? 200 : 201, {
    content: entry ? entryJson(call, entry, branch) : null,
    commit: gitCommitJson(call, await readCommit(dir, commit)),
  });
}

/** Unlike the Git database API, this one answers rules and lost races with 409. */
async function landContents(call: Call, move: { name: string; before: string; after: string }) {
  const sentences = await violations(call.repository, call.caller, move);
  if (sentences.length > 0) throw new ApiError(409, violationMessage(sentences));
  if ((await moveRefs(call.repository.dir, [move])) === 'moved') return;
  const now = (await readRef(call.repository.dir, move.name))?.oid ?? ZERO_OID;
  throw new ApiError(409, `is at ${now} but expected ${move.before}`);
}

export const CONTENTS_ROUTES: readonly Route[] = [
  { method: 'GET', path: '/contents', needs: ['contents', 'read'], handle: getContents },
  { method: 'GET', path: '/contents/*path', needs: ['contents', 'read'], handle: getContents },
  { method: 'PUT', path: '/contents/*path', needs: ['contents', 'write'], handle: putContents },
];
