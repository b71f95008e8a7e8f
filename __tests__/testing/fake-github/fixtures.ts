import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getOctokit } from '@actions/github';
import { commitTo, createBareRepository } from '../../../testing/bare-repository.js';
import type { FakeRepository } from '../../../testing/fake-github/repository.js';
import { startFakeGithub, type FakeGithub } from '../../../testing/fake-github/server.js';

export type Octokit = ReturnType<typeof getOctokit>;

const WRITER = 'writers-token';
export const PERSON = 'persons-token';
export const AT = { owner: 'acme', repo: 'app' };

export interface Stage {
  github: FakeGithub;
  octokit: Octokit;
  /** The only commit of `main`. */
  first: string;
  as(token: string): Octokit;
  stop(): Promise<void>;
}

/** A fake GitHub that serves a typical repository: manifests, a script, a link. */
export async function setStage(options: Partial<FakeRepository> = {}): Promise<Stage> {
  const scratch = await mkdtemp(join(tmpdir(), 'fake-github-test-'));
  const bare = join(scratch, 'app.git');
  createBareRepository(bare);
  const files = {
    'k8s/kustomization.yml': 'images:\n  - name: api\n    newTag: main-1\n',
    'k8s/link.yml': { text: 'kustomization.yml', mode: '120000' },
    'README.md': '# Acme\n',
    'bin/run': { text: '#!/bin/sh\n', mode: '100755' },
  };
  const first = commitTo(bare, { branch: 'main', files, message: 'Begin\n' });
  const tokens: FakeRepository['tokens'] = {
    [WRITER]: 'write',
    [PERSON]: { login: 'ada', type: 'User', permissions: { contents: 'write', pull_requests: 'write' } },
  };
  const served = { owner: 'acme', defaultBranch: 'main' };
  const github = await startFakeGithub({
    repositories: [{ ...served, name: 'app', dir: bare, tokens, ...options }],
  });
  const as = (token: string) => getOctokit(token, { baseUrl: github.apiUrl, log: SILENT });
  return {
    github,
    octokit: as(WRITER),
    first,
    as,
    stop: async () => {
      await github.stop();
      await rm(scratch, { recursive: true, force: true });
    },
  };
}

const quiet = () => {};
const SILENT = { debug: quiet, info: quiet, warn: quiet, error: quiet };

/** Writes a commit through the Git database API, without moving `main`. */
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
