import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { objectionToCommit } from '../../src/facts/commit-claim.js';
import { commitsOfEvent, sourceFromGithub } from '../../src/facts/github-event.js';

const REPOSITORY = 'Acme-Corp/Shop';
const ORIGIN = `https://github.com/${REPOSITORY}.git`;

/** The server's repository: main has `first`, `second` and `third`; `topic` branches off at `first`. */
interface Server {
  path: string;
  first: string;
  second: string;
  third: string;
  topic: string;
  /** Head of a fork's pull request, on top of main. */
  stranger: string;
}

let folder: string;
let server: Server;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'commit-claim-'));
  server = makeServer();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const person = (role: string) => ({ [`GIT_${role}_NAME`]: 'Ada', [`GIT_${role}_EMAIL`]: 'ada@example.org' });
const env = {
  ...{ PATH: process.env.PATH, HOME: '/nowhere', GIT_CONFIG_NOSYSTEM: '1' },
  ...{ ...person('AUTHOR'), ...person('COMMITTER') },
};
const git = (cwd: string, ...args: string[]) => execFileSync('git', args, { cwd, env }).toString().trim();
const repository = () => {
  const path = mkdtempSync(join(folder, 'repository-'));
  git(path, 'init', '-q', '-b', 'main');
  return path;
};

function makeServer(): Server {
  const path = repository();
  git(path, 'config', 'uploadpack.allowAnySHA1InWant', 'true');
  const commit = (message: string) => {
    git(path, 'commit', '-q', '--allow-empty', '-m', message);
    return git(path, 'rev-parse', 'HEAD');
  };
  const [first, second, third] = [commit('first'), commit('second'), commit('third')];
  git(path, 'checkout', '-q', '-b', 'topic', first);
  const topic = commit('topic');
  git(path, 'checkout', '-q', '--detach', third);
  const stranger = commit('stranger');
  git(path, 'update-ref', 'refs/pull/15/head', stranger);
  git(path, 'tag', '-a', '-m', 'One', 'v1', second);
  return { path, first, second, third, topic, stranger };
}

/** As after actions/checkout: only that commit; with `ref: main`, also as origin/main; or with `fetch-depth: 0`. */
type Fetched = 'shallow' | 'as-main' | 'full';

const checkouts = new Map<string, string>();

/** Cases share a checkout, because nothing changes it. */
function checkout(commit: string, fetched: Fetched, remote: string): string {
  const key = [commit, fetched, remote].join();
  const known = checkouts.get(key);
  if (known !== undefined) return known;
  const cwd = repository();
  checkouts.set(key, cwd);
  git(cwd, 'remote', 'add', 'origin', remote);
  const branches = '+refs/heads/*:refs/remotes/origin/*';
  const args = {
    shallow: ['--depth=1', commit],
    'as-main': ['--depth=1', `+${commit}:refs/remotes/origin/main`],
    full: [commit, branches],
  };
  git(cwd, 'fetch', '-q', `file://${server.path}`, ...args[fetched]);
  git(cwd, 'checkout', '-q', '--detach', commit);
  return cwd;
}

interface Run {
  event: string;
  ref?: string;
  sha: keyof Omit<Server, 'path'>;
  payload?: (server: Server) => object;
  /** The commit that is checked out. */
  head: keyof Omit<Server, 'path'>;
  fetched?: Fetched;
  /** Address of `origin`. */
  remote?: string;
  /** Whether the API can be asked; absent: there is no token. */
  api?: 'asked';
}

async function objection(run: Run) {
  const { event, ref = 'refs/heads/main', sha, payload, head, api } = run;
  const at = server;
  const cwd = checkout(at[head], run.fetched ?? 'shallow', run.remote ?? ORIGIN);
  const runner = {
    GITHUB_EVENT_NAME: event,
    GITHUB_REF: ref,
    GITHUB_SHA: at[sha],
    GITHUB_REPOSITORY: REPOSITORY,
    GITHUB_SERVER_URL: 'https://github.com',
  };
  const seen = { env: runner, payload: payload?.(at) ?? {}, commit: at[head], commitTime: 1, now: 2 };
  const asked: string[] = [];
  const forge = {
    tipOf: async (name: string) => {
      asked.push(name);
      return git(at.path, 'rev-parse', `refs/${name}`);
    },
    compare: async (base: string, tip: string) => {
      asked.push('compare');
      const isBase = git(at.path, 'merge-base', base, tip) === base;
      return isBase ? (base === tip ? ('identical' as const) : ('ahead' as const)) : ('diverged' as const);
    },
  };
  const found = await objectionToCommit({
    source: sourceFromGithub(seen),
    named: commitsOfEvent(seen),
    checkout: { cwd, env: { ...env, ...runner } },
    openForge: async () => (api === 'asked' ? forge : undefined),
  });
  return { objection: found, asked };
}

const pull =
  (head: (server: Server) => string, from = REPOSITORY) =>
  (at: Server) => ({
    pull_request: {
      number: 15,
      head: { ref: 'topic', sha: head(at), repo: { full_name: from } },
      base: { ref: 'main', repo: { full_name: REPOSITORY } },
    },
  });
const MERGE = 'refs/pull/15/merge';

describe('a commit that is part of the ref of its event is accepted:', () => {
  test.each<[string, Run]>([
    ['push: GITHUB_SHA', { event: 'push', sha: 'third', head: 'third' }],
    ['a tag: the commit that it points to', { event: 'push', ref: 'refs/tags/v1', sha: 'second', head: 'second' }],
    ['a release', { event: 'release', ref: 'refs/tags/v1', sha: 'second', head: 'second' }],
    [
      'workflow_dispatch of another branch',
      { event: 'workflow_dispatch', ref: 'refs/heads/topic', sha: 'topic', head: 'topic' },
    ],
    ['schedule', { event: 'schedule', sha: 'third', head: 'third' }],
    ['repository_dispatch', { event: 'repository_dispatch', sha: 'third', head: 'third' }],
    [
      'merge_group',
      {
        event: 'merge_group',
        ref: 'refs/heads/gh-readonly-queue/main/pr-15-0123',
        sha: 'stranger',
        head: 'stranger',
      },
    ],
    [
      'pull_request: the merge commit',
      { event: 'pull_request', ref: MERGE, sha: 'third', payload: pull(({ topic }) => topic), head: 'third' },
    ],
    [
      'pull_request: the head',
      { event: 'pull_request', ref: MERGE, sha: 'third', payload: pull(({ topic }) => topic), head: 'topic' },
    ],
    ['workflow_run: GITHUB_SHA', { event: 'workflow_run', sha: 'third', head: 'third' }],
  ])('%s, without an API request', async (_, run) => {
    expect(await objection({ ...run, api: 'asked' })).toEqual({ objection: undefined, asked: [] });
  });

  test.each<[string, Run]>([
    [
      'an older commit of the branch, if the history is fetched',
      { event: 'workflow_dispatch', sha: 'third', head: 'first', fetched: 'full' },
    ],
    ['`ref: main` after a newer push', { event: 'push', sha: 'second', head: 'third', fetched: 'as-main' }],
    [
      'an older commit than that of the tag',
      { event: 'push', ref: 'refs/tags/v1', sha: 'second', head: 'first', fetched: 'full' },
    ],
  ])('%s, by the checkout alone', async (_, run) => {
    expect(await objection({ ...run, api: 'asked' })).toEqual({ objection: undefined, asked: [] });
  });

  test.each<[string, Run, string[]]>([
    [
      'workflow_run of an earlier push, checked out shallow',
      { event: 'workflow_run', sha: 'third', head: 'second' },
      ['compare'],
    ],
    [
      'a newer push, checked out by commit id',
      { event: 'push', sha: 'second', head: 'third' },
      ['compare', 'heads/main', 'compare'],
    ],
  ])('%s, by the API', async (_, run, asked) => {
    expect(await objection({ ...run, api: 'asked' })).toEqual({ objection: undefined, asked });
  });
});

describe('a commit that is not known to be part of the ref of its event', () => {
  test.each<[string, Run]>([
    ['workflow_run that checks out the head of a fork', { event: 'workflow_run', sha: 'third', head: 'stranger' }],
    [
      'issue_comment that checks out a pull request',
      { event: 'issue_comment', sha: 'third', head: 'stranger', fetched: 'full' },
    ],
    ['workflow_dispatch that checks out another branch', { event: 'workflow_dispatch', sha: 'third', head: 'topic' }],
    [
      'a fork as `origin`, with a different main',
      {
        event: 'issue_comment',
        sha: 'third',
        head: 'stranger',
        fetched: 'as-main',
        remote: 'https://github.com/mallory/shop.git',
      },
    ],
    [
      'a pull request that checks out another one',
      {
        event: 'pull_request',
        ref: MERGE,
        sha: 'third',
        payload: pull(({ topic }) => topic),
        head: 'stranger',
      },
    ],
    ['a tag whose run checks out main', { event: 'push', ref: 'refs/tags/v1', sha: 'second', head: 'third' }],
  ])('is rejected: %s', async (_, run) => {
    const expected = expect.stringMatching(/^commit [0-9a-f]{12} is not (known to be )?part of /);
    for (const api of ['asked', undefined] as const)
      expect(await objection({ ...run, api })).toMatchObject({ objection: expected });
  });

  test("is rejected if the checkout can't confirm it and there is no token", async () => {
    const run: Run = { event: 'workflow_run', sha: 'third', head: 'second' };
    expect((await objection(run)).objection).toMatch(/is not known to be part of branch main, and there is no token/);
  });

  test('is accepted without an API request in a pull request of a fork, which never pushes', async () => {
    const payload = pull(({ stranger }) => stranger, 'mallory/shop');
    const run: Run = { event: 'pull_request_target', sha: 'third', payload, head: 'stranger', api: 'asked' };
    expect(await objection(run)).toEqual({ objection: undefined, asked: [] });
  });
});
