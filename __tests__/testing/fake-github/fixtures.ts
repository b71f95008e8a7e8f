import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getOctokit } from '@actions/github';
import { commitTo, createBareRepository } from '../../../testing/bare-repository.js';
import type { FakeRepository } from '../../../testing/fake-github/repository.js';
import { startFakeGithub } from '../../../testing/fake-github/server.js';
import type { FakeGithub } from '../../../testing/fake-github/server.js';

export type Octokit = ReturnType<typeof getOctokit>;

export const WRITER = 'writers-token';
export const READER = 'readers-token';
export const PERSON = 'persons-token';
export const STRANGER = 'strangers-token';
export const AT = { owner: 'acme', repo: 'app' };

export interface Stage {
  github: FakeGithub;
  octokit: Octokit;
  /** The only commit of `main`, and the files it holds. */
  first: string;
  scratch: string;
  bare: string;
  as(token: string): Octokit;
  /** Runs git in the scratch directory (or below it); rejects with git's stderr. */
  git(args: string[], folder?: string): Promise<string>;
  /** The commit of a ref of `app`, such as `heads/main`; undefined: there is none. */
  head(ref?: string): Promise<string | undefined>;
  /** Clone URL with the token as password. */
  clone(token?: string): string;
  stop(): Promise<void>;
}

/** A repository as people have one: manifests, a script, a link; served by the double, with an empty one beside. */
export async function setStage(options: Partial<FakeRepository> = {}): Promise<Stage> {
  const scratch = await mkdtemp(join(tmpdir(), 'fake-github-test-'));
  const git = (args: string[], folder = '.') =>
    new Promise<string>((resolve, reject) => {
      const cwd = join(scratch, folder);
      execFile('git', args, { cwd, env: GIT_ENVIRONMENT }, (error, stdout, stderr) => {
        if (error) reject(new Error(`${stderr}${stdout}`));
        else resolve(stdout.trim());
      });
    });
  const bare = join(scratch, 'app.git');
  createBareRepository(bare);
  createBareRepository(join(scratch, 'empty.git'));
  const files = {
    'k8s/kustomization.yml': 'images:\n  - name: api\n    newTag: main-1\n',
    'k8s/link.yml': { text: 'kustomization.yml', mode: '120000' },
    'README.md': '# Acme\n',
    'bin/run': { text: '#!/bin/sh\n', mode: '100755' },
  };
  const first = commitTo(bare, { branch: 'main', files, message: 'Begin\n' });
  const tokens: FakeRepository['tokens'] = {
    [WRITER]: 'write',
    [READER]: 'read',
    [PERSON]: { login: 'ada', type: 'User', permissions: { contents: 'write', pull_requests: 'write' } },
  };
  const served = { owner: 'acme', defaultBranch: 'main' };
  const github = await startFakeGithub({
    repositories: [
      { ...served, name: 'app', dir: bare, tokens, ...options },
      { ...served, name: 'empty', dir: join(scratch, 'empty.git'), tokens },
      { ...served, name: 'vault', dir: bare, private: true, tokens: { [STRANGER]: 'write' } },
    ],
  });
  const as = (token: string) => getOctokit(token, { baseUrl: github.apiUrl, log: SILENT });
  return {
    github,
    octokit: as(WRITER),
    first,
    scratch,
    bare,
    as,
    git,
    head: async (ref = 'heads/main') =>
      (await git(['for-each-ref', '--format=%(objectname)', `refs/${ref}`], 'app.git')) || undefined,
    clone: (token = WRITER) => github.cloneUrl('acme/app').replace('://', `://x-access-token:${token}@`),
    stop: async () => {
      await github.stop();
      await rm(scratch, { recursive: true, force: true });
    },
  };
}

const quiet = () => {};
const SILENT = { debug: quiet, info: quiet, warn: quiet, error: quiet };

const GIT_ENVIRONMENT = {
  PATH: process.env.PATH,
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.org',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.org',
  LC_ALL: 'C',
};

/** Status and message of a refused REST request. */
export async function refusal(request: Promise<unknown>): Promise<{ status: number; message: string }> {
  try {
    await request;
  } catch (error) {
    const { status, response } = error as { status: number; response?: { data: { message: string } } };
    return { status, message: response?.data.message ?? String(error) };
  }
  throw new Error('expected a refusal');
}

/** The first error of a refused GraphQL request. */
export async function graphqlRefusal(request: Promise<unknown>): Promise<{ type?: string; message: string }> {
  try {
    await request;
  } catch (error) {
    const { errors } = error as { errors?: { type?: string; message: string }[] };
    if (errors?.[0]) return errors[0];
    throw error;
  }
  throw new Error('expected a refusal');
}

/** Writes a commit through the Git database API; `main` stays where it is. */
export async function commitOn(octokit: Octokit, parent: string, path: string, content: string) {
  const tree = await octokit.rest.git.createTree({
    ...AT,
    base_tree: parent,
    tree: [{ path, mode: '100644', type: 'blob', content }],
  });
  const commit = await octokit.rest.git.createCommit({
    ...AT,
    message: `Write ${path}`,
    tree: tree.data.sha,
    parents: [parent],
  });
  return commit.data.sha;
}

export const UPDATE_REFS = `mutation ($input: UpdateRefsInput!) { updateRefs(input: $input) { clientMutationId } }`;

/** Moves refs by GraphQL, as a deploy does. */
export async function moveRefs(
  octokit: Octokit,
  refUpdates: { name: string; beforeOid?: string; afterOid: string; force?: boolean }[],
) {
  const { data } = await octokit.rest.repos.get(AT);
  return octokit.graphql(UPDATE_REFS, { input: { repositoryId: data.node_id, refUpdates } });
}
