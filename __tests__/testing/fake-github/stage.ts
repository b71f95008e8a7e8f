import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { getOctokit } from '@actions/github';
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
  await git(['init', '-q', '-b', 'main', 'source']);
  const files = {
    'k8s/kustomization.yml': 'images:\n  - name: api\n    newTag: main-1\n',
    'README.md': '# Acme\n',
    'bin/run': '#!/bin/sh\n',
  };
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(scratch, 'source', path)), { recursive: true });
    await writeFile(join(scratch, 'source', path), content);
  }
  await chmod(join(scratch, 'source/bin/run'), 0o755);
  await symlink('kustomization.yml', join(scratch, 'source/k8s/link.yml'));
  await git(['add', '.'], 'source');
  await git(['commit', '-q', '-m', 'Begin'], 'source');
  await git(['clone', '-q', '--bare', 'source', 'app.git']);
  await git(['init', '-q', '--bare', '-b', 'main', 'empty.git']);
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
    first: await git(['rev-parse', 'main'], 'source'),
    scratch,
    bare,
    as,
    git,
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

export const CREATE_COMMIT = `mutation ($input: CreateCommitOnBranchInput!) {
  createCommitOnBranch(input: $input) { commit { oid signature { isValid } } ref { name target { oid } } }
}`;
export const UPDATE_REFS = `mutation ($input: UpdateRefsInput!) { updateRefs(input: $input) { clientMutationId } }`;

export function commitInput(head: string, additions: Record<string, string>, deletions: string[] = []) {
  return {
    input: {
      branch: { repositoryNameWithOwner: 'acme/app', branchName: 'main' },
      expectedHeadOid: head,
      message: { headline: 'Roll out', body: 'Image-Release-Run: 1' },
      fileChanges: {
        additions: Object.entries(additions).map(([path, content]) => ({
          path,
          contents: Buffer.from(content).toString('base64'),
        })),
        deletions: deletions.map((path) => ({ path })),
      },
    },
  };
}
