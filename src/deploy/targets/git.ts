import { join } from 'node:path';
import { failure, type ReleaseError } from '../../lib/errors.js';
import { backoffMs, type Clockwork } from '../backoff.js';
import type {
  DeployTarget,
  ReadOptions,
  Snapshot,
  SwapResult,
  TargetChange,
  TargetCommit,
  TargetFile,
} from '../target.js';
import { readPush, serverWords, troubleIn, type GitTrouble } from './git-answers.js';
import type { GitPerson } from './git-environment.js';
import { gitProblem } from './git-problems.js';
import {
  createScratchRepository,
  expectGit,
  type GitResult,
  type RemoteSpec,
  type ScratchRepository,
} from './git-repository.js';

export interface GitTargetSpec extends RemoteSpec {
  branch: string;
  /** Undefined: the author that the checkout's git set-up names, else image-release. */
  author?: GitPerson;
  clockwork: Clockwork;
}

const DEFAULT_AUTHOR: GitPerson = {
  name: 'image-release',
  email: 'image-release@users.noreply.github.com',
};
const HEAD = 'refs/image-release/head';
const READ_TRIES = 4;
const HISTORY_DEPTH = 100;

/** A branch of any remote that git can push to. It works in a bare repository in a temporary folder. */
export function createGitTarget(spec: GitTargetSpec): DeployTarget {
  const { branch, clockwork } = spec;
  const ref = `refs/heads/${branch}`;
  let opened: Promise<ScratchRepository> | undefined;
  let swaps = 0;
  const open = () => (opened ??= createScratchRepository(spec));

  async function fetchHead(depth: number, { signal }: ReadOptions): Promise<string> {
    const repository = await open();
    for (let tries = 1; ; tries++) {
      const fetched = await repository.git(
        // prettier-ignore
        ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', '--filter=blob:none', `--depth=${depth}`,
          '--update-shallow', 'target', `+${ref}:${HEAD}`],
        { signal },
      );
      if (fetched.code === 0) {
        return (await expectGit(repository, ['rev-parse', '--verify', HEAD], { signal })).trim();
      }
      const trouble = fetched.timedOut ? 'transient' : troubleIn(fetched.stderr);
      if (trouble !== 'transient' || tries >= READ_TRIES) throw await explain(repository, trouble, fetched);
      await clockwork.sleep(backoffMs(tries, clockwork.random), signal);
    }
  }

  async function explain(
    repository: ScratchRepository,
    trouble: GitTrouble,
    done: Pick<GitResult, 'stderr'>,
  ): Promise<ReleaseError> {
    const words = serverWords(done.stderr);
    if (trouble !== 'branch-missing') {
      return failure(gitProblem(trouble, { url: repository.url, branch, words }));
    }
    const listed = await repository.git(['ls-remote', '--heads', 'target']);
    const branches = [...listed.stdout.toString('utf8').matchAll(/\trefs\/heads\/(.+)/g)].map(
      (match) => match[1] ?? '',
    );
    return failure(
      gitProblem(listed.code === 0 && branches.length === 0 ? 'repository-empty' : 'branch-missing', {
        url: repository.url,
        branch,
        words,
        branches,
      }),
    );
  }

  async function writeCommit(repository: ScratchRepository, change: TargetChange): Promise<string> {
    const env = { GIT_INDEX_FILE: join(repository.folder, `index-${++swaps}`) };
    await expectGit(repository, ['read-tree', change.base], { env });
    let entries = '';
    for (const file of change.files) {
      const stored = await expectGit(repository, ['hash-object', '-w', '--no-filters', '--stdin'], {
        input: file.bytes,
      });
      entries += `${file.mode} ${stored.trim()}\t${file.path}\0`;
    }
    await expectGit(repository, ['update-index', '-z', '--index-info'], { env, input: entries });
    const tree = (await expectGit(repository, ['write-tree', '--missing-ok'], { env })).trim();
    const author = spec.author ?? repository.author ?? DEFAULT_AUTHOR;
    const commit = await expectGit(
      repository,
      ['commit-tree', '--no-gpg-sign', tree, '-p', change.base, '-F', '-'],
      {
        input: change.message,
        env: {
          GIT_AUTHOR_NAME: author.name,
          GIT_AUTHOR_EMAIL: author.email,
          GIT_COMMITTER_NAME: author.name,
          GIT_COMMITTER_EMAIL: author.email,
        },
      },
    );
    return commit.trim();
  }

  return {
    description: `git remote ${spec.remote.replace(/:\/\/[^/@]*@/, '://')}, branch ${branch}`,
    branch,

    async snapshot(options: ReadOptions = {}): Promise<Snapshot> {
      const repository = await open();
      const head = await fetchHead(1, options);
      let listing: Promise<Map<string, { mode: string; oid: string }>> | undefined;
      const entries = () => (listing ??= listTree(repository, head, options));
      return {
        head,
        list: async () => [...(await entries()).keys()],
        async read(path: string): Promise<TargetFile | undefined> {
          const entry = (await entries()).get(path);
          if (!entry) return undefined;
          const blob = await repository.git(['cat-file', 'blob', entry.oid], options);
          if (blob.code !== 0) throw await explain(repository, troubleIn(blob.stderr), blob);
          return { bytes: blob.stdout, mode: entry.mode };
        },
      };
    },

    async swap(change: TargetChange): Promise<SwapResult> {
      const repository = await open();
      const commit = await writeCommit(repository, change);
      const pushed = await repository.git(
        // prettier-ignore
        ['push', '--porcelain', '--atomic', '--no-verify', '--no-signed', `--force-with-lease=${ref}:${change.base}`,
          'target', `${commit}:${ref}`],
      );
      const outcome = readPush({ ...pushed, stdout: pushed.stdout.toString('utf8') });
      switch (outcome.status) {
        case 'landed':
          return { status: 'committed', commit, url: commitPage(repository.url, commit) };
        case 'stale':
          return { status: 'stale' };
        case 'rules':
        case 'refused':
          throw failure(gitProblem(outcome.status, { url: repository.url, branch, words: outcome.words }));
        case 'failed':
          if (isCertain(outcome.trouble)) throw await explain(repository, outcome.trouble, pushed);
          return { status: 'unknown', cause: new Error(outcome.words || `git push: exit ${pushed.code}`) };
      }
    },

    async commitsSince(since: string, options: ReadOptions = {}): Promise<TargetCommit[]> {
      const repository = await open();
      const head = await fetchHead(HISTORY_DEPTH, options);
      const log = await expectGit(
        repository,
        [
          'log',
          '-z',
          '--no-show-signature',
          `--max-count=${HISTORY_DEPTH}`,
          '--format=%H%n%B',
          head,
          `^${since}`,
        ],
        options,
      );
      return log
        .split('\0')
        .filter((entry) => entry !== '')
        .map((entry) => {
          const oid = entry.slice(0, entry.indexOf('\n'));
          return { oid, message: entry.slice(oid.length + 1), url: commitPage(repository.url, oid) };
        });
    },

    async close(): Promise<void> {
      const repository = await opened?.catch(() => undefined);
      opened = undefined;
      await repository?.remove();
    },
  };
}

/** Troubles that a push reports before it sends anything. */
function isCertain(trouble: GitTrouble): boolean {
  return trouble !== 'transient' && trouble !== 'other';
}

async function listTree(
  repository: ScratchRepository,
  head: string,
  options: ReadOptions,
): Promise<Map<string, { mode: string; oid: string }>> {
  const listed = await expectGit(repository, ['ls-tree', '-r', '-z', '--full-tree', head], options);
  const entries = new Map<string, { mode: string; oid: string }>();
  for (const line of listed.split('\0')) {
    const [, mode, oid, path] = /^(\d+) blob ([0-9a-f]+)\t([^]+)$/.exec(line) ?? [];
    if (mode && oid && path) entries.set(path, { mode, oid });
  }
  return entries;
}

/** The page of a commit at the forges whose addresses are known; undefined elsewhere. */
function commitPage(remote: string, oid: string): string | undefined {
  const match =
    /^(?:https:\/\/|ssh:\/\/git@|git@)(github\.com|gitlab\.com|codeberg\.org)[/:](.+?)(?:\.git)?\/?$/.exec(
      remote,
    );
  return match ? `https://${match[1]}/${match[2]}/commit/${oid}` : undefined;
}
