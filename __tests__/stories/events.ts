import { readFile } from 'node:fs/promises';
import { git } from '../../testing/acme.js';
import type { RunEvent } from '../../testing/runner/environment.js';

const FIXTURES = new URL('../fixtures/events/', import.meta.url);

/** The webhook payload that GitHub sends for the repository of the checkout `dir`. */
async function payloadOf(dir: string, name: string, changes: object = {}): Promise<object> {
  const text = await readFile(new URL(`${name}.json`, FIXTURES), 'utf8');
  const url = await git(dir, ['remote', 'get-url', 'origin']);
  const repository = url.split('/').slice(-2).join('/');
  const about = text.replaceAll('https://github.com/Acme-Corp/Shop', url).replaceAll('Acme-Corp/Shop', repository);
  return { ...(JSON.parse(about) as object), ...changes };
}

const head = (dir: string) => git(dir, ['rev-parse', 'HEAD']);

/** The push of the commit that is checked out in `dir` to a branch. */
export async function pushEvent(dir: string, branch = 'main'): Promise<RunEvent> {
  const ref = `refs/heads/${branch}`;
  const sha = await head(dir);
  const message = await git(dir, ['log', '-1', '--format=%B']);
  const commit = { id: sha, message };
  const payload = await payloadOf(dir, 'push-branch', {
    ...{ ref, after: sha, head_commit: commit, commits: [commit] },
  });
  return { name: 'push', ref, sha, payload };
}

export async function tagEvent(dir: string, tag: string): Promise<RunEvent> {
  const ref = `refs/tags/${tag}`;
  const sha = await head(dir);
  return { name: 'push', ref, sha, payload: await payloadOf(dir, 'push-tag', { ref, after: sha }) };
}

export async function dispatchEvent(dir: string): Promise<RunEvent> {
  const payload = await payloadOf(dir, 'workflow-dispatch');
  return { name: 'workflow_dispatch', ref: 'refs/heads/main', sha: await head(dir), payload };
}

/** @param from `fork`: by a contributor without write access */
export async function pullRequestEvent(dir: string, from: 'repository' | 'fork'): Promise<RunEvent> {
  return {
    name: 'pull_request',
    ref: 'refs/pull/15/merge',
    sha: await head(dir),
    headRef: 'round-prices',
    baseRef: 'main',
    payload: await payloadOf(dir, from === 'fork' ? 'pull-request-fork' : 'pull-request'),
  };
}
