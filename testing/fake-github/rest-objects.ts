import { jsonAnswer, missing, notFound, unprocessable } from './answer.js';
import { readCommit, writeCommit } from './commits.js';
import type { Person } from './commits.js';
import { decodeBase64, list, optionalText, text, wrapBase64 } from './fields.js';
import { objectType, readBlob, readTree, resolveRevision, writeBlob, writeTree } from './objects.js';
import type { TreeChange } from './objects.js';
import { gitCommitJson } from './representations.js';
import { personOf } from './repository.js';
import { refuseEmpty } from './rest-refs.js';
import type { Call, Route } from './route.js';

const READ = ['contents', 'read'] as const;
const WRITE = ['contents', 'write'] as const;

async function createBlob(call: Call) {
  await refuseEmpty(call);
  const content = text(call.body, 'content');
  const encoding = optionalText(call.body, 'encoding') ?? 'utf-8';
  const bytes = encoding === 'base64' ? decodeBase64(content) : Buffer.from(content);
  if (!bytes) throw unprocessable('content is not valid Base64');
  const sha = await writeBlob(call.repository.dir, bytes);
  return jsonAnswer(201, { sha });
}

async function getBlob(call: Call) {
  await refuseEmpty(call);
  const sha = call.params.sha ?? '';
  if ((await objectType(call.repository.dir, sha)) !== 'blob') throw notFound();
  const bytes = await readBlob(call.repository.dir, sha);
  return jsonAnswer(200, {
    sha,
    size: bytes.length,
    content: wrapBase64(bytes),
    encoding: 'base64',
  });
}

interface TreeItem {
  path?: string;
  mode?: string;
  type?: string;
  sha?: string;
  content?: string;
}
const MODES = ['100644', '100755', '040000', '160000', '120000'];

async function createTree(call: Call) {
  await refuseEmpty(call);
  const { dir } = call.repository;
  const items = list<TreeItem>(call.body, 'tree');
  if (!items) throw missing('tree');
  const baseName = optionalText(call.body, 'base_tree');
  const base = baseName === undefined ? undefined : await resolveRevision(dir, `${baseName}^{tree}`);
  if (baseName !== undefined && !base) throw notFound();
  const changes = await Promise.all(items.map((item) => treeChange(call, item)));
  return treeAnswer(call, 201, await writeTree(dir, base, changes), 'flat');
}

async function treeChange({ repository: { dir } }: Call, item: TreeItem): Promise<TreeChange> {
  if (typeof item.path !== 'string' || item.path === '') throw unprocessable('Invalid tree info');
  if (/^\/|\/$|\/\/|(^|\/)\.{1,2}(\/|$)|(^|\/)\.git(\/|$)/i.test(item.path)) {
    throw unprocessable(`tree.path contains a malformed path component`);
  }
  if (!item.mode || !MODES.includes(item.mode)) throw unprocessable('Must supply a valid tree.mode');
  if (item.content !== undefined && item.sha === undefined) {
    return { path: item.path, mode: item.mode, oid: await writeBlob(dir, Buffer.from(item.content)) };
  }
  if (typeof item.sha !== 'string') throw unprocessable('Must supply either tree.sha or tree.content');
  const wanted = item.mode === '040000' ? 'tree' : 'blob';
  if (item.mode !== '160000' && (await objectType(dir, item.sha)) !== wanted) {
    throw unprocessable(`tree.sha ${item.sha} is not a valid ${wanted}`);
  }
  return { path: item.path, mode: item.mode, oid: item.sha };
}

async function treeAnswer(call: Call, status: number, treeish: string, depth: 'flat' | 'recursive') {
  const { dir } = call.repository;
  const sha = (await resolveRevision(dir, `${treeish}^{tree}`)) ?? treeish;
  const all = await readTree(dir, sha, depth);
  // https://docs.github.com/rest/git/trees#get-a-tree: the limit concerns recursive listings.
  const limit = depth === 'recursive' ? (call.repository.treeLimit ?? 100_000) : Infinity;
  const tree = all.slice(0, limit).map(({ oid, ...entry }) => ({
    ...entry,
    sha: oid,
  }));
  return jsonAnswer(status, { sha, tree, truncated: all.length > limit });
}

async function getTree(call: Call) {
  await refuseEmpty(call);
  const treeish = await resolveRevision(call.repository.dir, `${call.params.treeish}^{tree}`);
  if (!treeish) throw notFound();
  return treeAnswer(call, 200, treeish, call.query.has('recursive') ? 'recursive' : 'flat');
}

async function createCommit(call: Call) {
  await refuseEmpty(call);
  const { dir } = call.repository;
  const message = text(call.body, 'message');
  const tree = text(call.body, 'tree');
  if ((await objectType(dir, tree)) !== 'tree') throw unprocessable('Tree SHA does not exist');
  const parents = list<string>(call.body, 'parents') ?? [];
  for (const parent of parents) {
    if ((await objectType(dir, parent)) !== 'commit') {
      throw unprocessable('Parent SHA does not exist or is not a commit object');
    }
  }
  const named = call.body.author as Partial<Person> | undefined;
  const committing = call.body.committer as Partial<Person> | undefined;
  const author = { ...personOf(call.caller), ...named };
  // https://docs.github.com/authentication/managing-commit-signature-verification/about-commit-signature-verification#signature-verification-for-bots
  const byGithub = call.caller.type === 'Bot' && !named && !committing;
  const oid = await writeCommit(dir, {
    tree,
    parents,
    author,
    committer: { ...author, ...committing },
    message,
    ...(byGithub && { signed: 'github' as const }),
  });
  return jsonAnswer(201, gitCommitJson(call, await readCommit(dir, oid)));
}

async function getCommit(call: Call) {
  await refuseEmpty(call);
  const sha = call.params.sha ?? '';
  if ((await objectType(call.repository.dir, sha)) !== 'commit') throw notFound();
  return jsonAnswer(200, gitCommitJson(call, await readCommit(call.repository.dir, sha)));
}

/** https://docs.github.com/rest/git */
export const OBJECT_ROUTES: readonly Route[] = [
  { method: 'POST', path: '/git/blobs', needs: WRITE, handle: createBlob },
  { method: 'GET', path: '/git/blobs/:sha', needs: READ, handle: getBlob },
  { method: 'POST', path: '/git/trees', needs: WRITE, handle: createTree },
  { method: 'GET', path: '/git/trees/*treeish', needs: READ, handle: getTree },
  { method: 'POST', path: '/git/commits', needs: WRITE, handle: createCommit },
  { method: 'GET', path: '/git/commits/:sha', needs: READ, handle: getCommit },
];
