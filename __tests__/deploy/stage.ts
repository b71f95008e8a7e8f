import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  commitTo,
  createBareRepository,
  fileOf,
  messageOf,
  OTHER_AUTHOR,
  parentsOf,
  treeOf,
  type WrittenFile,
} from '../../testing/bare-repository.js';
import { readRefFile } from '../../testing/git-store.js';
import { readTreeItems } from '../../testing/git-tree.js';
import { startFakeGithub, type FakeGithub } from '../../testing/fake-github/server.js';
import { Cancelled } from '../../src/lib/errors.js';
import { Secret } from '../../src/lib/secret.js';
import type { Clockwork } from '../../src/lib/sleep.js';
import type { DeployTarget, CommitResult } from '../../src/deploy/target.js';
import { createGitTarget } from '../../src/deploy/targets/git/git.js';
import { createGitHubTarget } from '../../src/deploy/targets/github/github.js';
import { connectOctokit } from '../../src/github/octokit.js';

export const TOKEN = 'ghs_MarkerTokenThatMayShowNowhere0123';
export const READ_TOKEN = 'ghs_MarkerTokenThatOnlyReads45678901';
/** The kinds of deploy targets that run the complete contract. */
export const KINDS = ['git over HTTP', 'the GitHub API'] as const;
export type Kind = (typeof KINDS)[number] | 'git over a path';

export const KUSTOMIZATION = `# who deploys what
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - ../base
images:
  - name: ghcr.io/acme/api # the API
    newTag: main-0000000
  - name: frontend
    newName: ghcr.io/acme/frontend
    newTag: 'main-0000000' # {"$imagepolicy": "flux-system:frontend:tag"}
`;

/** The `../base` of the Kustomization above. */
export const BASE = {
  'base/kustomization.yml': 'resources: [pods.yml]\n',
  'base/pods.yml': `kind: Pod
spec: { containers: [{ image: 'ghcr.io/acme/api:old' }, { image: frontend }] }
`,
};

/** A ledger as stored in the repository. */
export interface StageLedger {
  oid: string;
  ref: string;
  text: string;
  parents: string[];
  /** Paths in the tree of its commit. */
  files: string[];
  message: string;
}

/** A bare repository with deploy targets, and helpers that act as other people. */
export interface Stage {
  kind: Kind;
  bare: string;
  git(...args: string[]): string;
  head(branch?: string): string;
  /** Commits as somebody else. */
  land(files: Record<string, string>, branch?: string): string;
  /** Writes a commit directly into the repository and moves a branch to it. Default parent: the branch's head. */
  commit(spec: {
    branch: string;
    parents?: string[];
    files?: Record<string, string | WrittenFile>;
    message?: string;
  }): string;
  fileAt(commit: string, path: string): Required<WrittenFile> | undefined;
  ledger(channel?: string): StageLedger | undefined;
  /** From now on, the server refuses refs other than branches and tags, or ledgers under any name. */
  refuseLedgers(where: 'outside branches' | 'everywhere'): Promise<void>;
  openTarget(branch?: string, token?: string): DeployTarget;
  /** Runs `action` after the next commit is planned and before it is written. */
  beforeNextCommit(action: () => unknown): void;
  /** The next write over HTTP lands, but its answer is lost. */
  loseNextAnswer(): Promise<void>;
  clockwork: Clockwork;
  /** Requested waiting times in milliseconds; tests never really wait. */
  waits: number[];
  github: FakeGithub;
  results: CommitResult[];
  close(): Promise<void>;
}

/** `files` are in the first commit (null: no commit); `executable` ones get mode 100755. */
export async function createStage(
  kind: Kind,
  files: Record<string, string> | null = {
    'k8s/kustomization.yml': KUSTOMIZATION,
    'README.md': 'Acme\n',
    ...BASE,
  },
  executable: string[] = [],
): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'image-release-stage-'));
  const bare = join(folder, 'app.git');
  const env = { ...process.env, ...OTHER_AUTHOR };
  const git = (...args: string[]) => execFileSync('git', args, { cwd: bare, env, encoding: 'utf8' }).trim();
  createBareRepository(bare);

  const commit: Stage['commit'] = ({ message = 'Land first', ...more }) => commitTo(bare, { message, ...more });
  const land: Stage['land'] = (changed, branch = 'main') =>
    commitTo(bare, { branch, files: changed, message: 'Land first\n' });
  if (files) {
    const first = Object.entries(files).map(([path, text]): [string, WrittenFile] => [
      path,
      { text, mode: executable.includes(path) ? '100755' : '100644' },
    ]);
    commitTo(bare, { branch: 'main', files: Object.fromEntries(first), message: 'First\n' });
  }
  const head = (branch = 'main') => {
    const oid = readRefFile(bare, `refs/heads/${branch}`);
    if (oid === undefined) throw new Error(`There is no branch ${branch}.`);
    return oid;
  };
  const ledger = (channel = 'main'): StageLedger | undefined => {
    const refs = [`refs/image-release/${channel}`, `refs/heads/image-release/${channel}`];
    const ref = refs.find((name) => readRefFile(bare, name) !== undefined);
    if (ref === undefined) return undefined;
    const oid = readRefFile(bare, ref) as string;
    const text = fileOf(bare, oid, 'ledger.json')?.text.trim() ?? '';
    return {
      oid,
      ref,
      text,
      parents: parentsOf(bare, oid),
      files: [...readTreeItems(bare, treeOf(bare, oid)).keys()],
      message: messageOf(bare, oid).trim(),
    };
  };

  const github = await startFakeGithub({
    repositories: [
      {
        owner: 'acme',
        name: 'app',
        dir: bare,
        defaultBranch: 'main',
        private: true,
        tokens: { [TOKEN]: 'write', [READ_TOKEN]: 'read' },
      },
    ],
  });
  const connect = await connectOctokit(github.apiUrl, {});
  const waits: number[] = [];
  const clockwork: Clockwork = {
    random: () => 0.5,
    sleep: (ms, signal) => {
      waits.push(ms);
      return signal?.aborted ? Promise.reject(new Cancelled('waiting')) : Promise.resolve();
    },
  };
  const before: (() => unknown)[] = [];
  const results: CommitResult[] = [];

  const open = (branch: string, token: string): DeployTarget => {
    if (kind === 'the GitHub API') {
      const octokit = connect(new Secret(token));
      return createGitHubTarget({ octokit, owner: 'acme', repo: 'app', branch, clockwork });
    }
    const path = kind === 'git over a path';
    return createGitTarget({
      remote: path ? bare : github.cloneUrl('acme/app'),
      checkout: folder,
      branch,
      env: { PATH: process.env.PATH, HOME: folder, GIT_CONFIG_NOSYSTEM: '1' },
      credentials: path ? undefined : { username: 'x-access-token', password: new Secret(token) },
      temporaryFolder: folder,
      clockwork,
    });
  };

  return {
    kind,
    bare,
    git,
    head,
    land,
    commit,
    fileAt: (at, path) => fileOf(bare, at, path),
    ledger,
    async refuseLedgers(where) {
      const everywhere = where === 'everywhere';
      if (kind === 'the GitHub API') {
        const served = github.repository('acme/app');
        served.updateRefsNamespaces = 'heads-and-tags';
        if (everywhere) served.rules.push({ branch: 'image-release/*', type: 'creation' });
        return;
      }
      const refused = everywhere ? 'refs/image-release/*|refs/heads/image-release/*' : 'refs/image-release/*';
      await writeFile(
        join(bare, 'hooks', 'update'),
        `#!/bin/sh\ncase "$1" in ${refused}) echo "no such place: $1" >&2; exit 1;; esac\n`,
        { mode: 0o755 },
      );
    },
    openTarget(branch = 'main', token = TOKEN) {
      const target = open(branch, token);
      return {
        ...target,
        async commit(change) {
          await before.shift()?.();
          const result = await target.commit(change);
          results.push(result);
          return result;
        },
      };
    },
    beforeNextCommit: (action) => before.push(action),
    async loseNextAnswer() {
      const match =
        kind === 'the GitHub API' ? { operation: 'updateRefs' } : { method: 'POST', path: 'git-receive-pack' };
      github.faults.push({ match, fault: { type: '5xx-after-landing', end: 'cut' } });
    },
    clockwork,
    waits,
    github,
    results,
    async close() {
      await github.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
