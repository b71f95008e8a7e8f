import { ApiError, jsonAnswer, notFound, unprocessable } from './answer.js';
import { listCommits, mergeBase, readCommit } from './commits.js';
import { page } from './fields.js';
import { git } from './git.js';
import { commitJson, repositoryApiUrl } from './representations.js';
import { refuseEmpty } from './rest-refs.js';
import { resolveCommit } from './revisions.js';
import type { Call, Route } from './route.js';

const READ = ['contents', 'read'] as const;
const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';
const STATUS: Record<string, string> = {
  A: 'added',
  D: 'removed',
  M: 'modified',
  R: 'renamed',
  T: 'changed',
};

async function commitsJson(call: Call, oids: readonly string[]) {
  const commits = await Promise.all(oids.map((oid) => readCommit(call.repository.dir, oid)));
  return commits.map((commit) => commitJson(call, commit));
}

/** The changed files between two commits (or from nothing). */
async function changedFiles({ repository }: Call, from: string, to: string) {
  const raw = await git(repository.dir, ['diff-tree', '-r', '-M', '-z', '--name-status', from, to]);
  const fields = raw.toString().split('\0').filter(Boolean);
  const files = [];
  for (let at = 0; at < fields.length;) {
    const letter = fields[at]?.[0] ?? '';
    at += letter === 'R' ? 3 : 2;
    files.push({ filename: fields[at - 1] ?? '', status: STATUS[letter] ?? 'changed' });
  }
  return files;
}

async function getCommit(call: Call) {
  await refuseEmpty(call);
  const name = call.params.ref ?? '';
  const oid = await resolveCommit(call, name);
  if (!oid) throw unprocessable(`No commit found for SHA: ${name}`);
  const commit = await readCommit(call.repository.dir, oid);
  const files = await changedFiles(call, commit.parents[0] ?? EMPTY_TREE, oid);
  return jsonAnswer(200, { ...commitJson(call, commit), files });
}

/** https://docs.github.com/rest/commits/commits#compare-two-commits */
async function compare(call: Call) {
  const [base = '', head = ''] = (call.params.basehead ?? '').split('...');
  const [baseOid, headOid] = [await resolveCommit(call, base), await resolveCommit(call, head)];
  if (!baseOid || !headOid) throw notFound();
  const { dir } = call.repository;
  const common = await mergeBase(dir, baseOid, headOid);
  if (!common) throw new ApiError(404, `No common ancestor between ${base} and ${head}.`);
  const ahead = (await listCommits(dir, baseOid, headOid)).reverse();
  const behind = await listCommits(dir, headOid, baseOid);
  const shown = page(ahead, withDefaultSize(call.query, '100'), `${repositoryApiUrl(call)}/compare`);
  const [baseCommit, commonCommit] = await commitsJson(call, [baseOid, common]);
  const answer = {
    base_commit: baseCommit,
    merge_base_commit: commonCommit,
    status: statusOf(ahead.length, behind.length),
    ahead_by: ahead.length,
    behind_by: behind.length,
    total_commits: ahead.length,
    commits: await commitsJson(call, shown.items),
    // "The list of changed files is only shown on the first page of results."
    ...(Number(call.query.get('page') ?? 1) > 1 ? {} : { files: await changedFiles(call, common, headOid) }),
  };
  return jsonAnswer(200, answer, shown.headers);
}

function statusOf(ahead: number, behind: number): string {
  if (ahead > 0) return behind > 0 ? 'diverged' : 'ahead';
  return behind > 0 ? 'behind' : 'identical';
}

function withDefaultSize(query: URLSearchParams, size: string): URLSearchParams {
  const own = new URLSearchParams(query);
  if (!own.has('per_page')) own.set('per_page', size);
  return own;
}

export const COMMIT_ROUTES: readonly Route[] = [
  { method: 'GET', path: '/commits/*ref', needs: READ, handle: getCommit },
  { method: 'GET', path: '/compare/*basehead', needs: READ, handle: compare },
];
