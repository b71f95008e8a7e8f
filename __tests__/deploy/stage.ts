import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getOctokit } from '@actions/github';
import { startFakeGithub, type FakeGithub } from '../../lab/fake-github/server.js';
import { Cancelled } from '../../src/lib/errors.js';
import { Secret } from '../../src/lib/secret.js';
import type { Clockwork } from '../../src/deploy/backoff.js';
import type { DeployTarget, SwapResult } from '../../src/deploy/target.js';
import { createGitTarget } from '../../src/deploy/targets/git/git.js';
import { createGitHubTarget } from '../../src/deploy/targets/github/github.js';

export const TOKEN = 'ghs_MarkerTokenThatMayShowNowhere0123';
export const READ_TOKEN = 'ghs_MarkerTokenThatOnlyReads45678901';
export const KINDS = ['git over a path', 'git over HTTP', 'the GitHub API'] as const;
export type Kind = (typeof KINDS)[number];

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

/** What `../base` of the Kustomization above names. */
export const BASE = {
  'base/kustomization.yml': 'resources: [pods.yml]\n',
  'base/pods.yml': `kind: Pod
spec: { containers: [{ image: 'ghcr.io/acme/api:old' }, { image: frontend }] }
`,
};

export interface StageFile {
  text: string;
  /** Git's mode, default `100644`. */
  mode?: string;
}

/** A ledger as it stands in the repository. */
export interface StageLedger {
  oid: string;
  ref: string;
  text: string;
  /** `text` as JSON. */
  data: unknown;
  parents: string[];
  /** Paths in the tree of its commit. */
  files: string[];
  message: string;
}

/** One bare repository with its ways in, and with hands for what others do to it. */
export interface Stage {
  kind: Kind;
  bare: string;
  git(...args: string[]): string;
  head(branch?: string): string;
  /** Somebody else's commit. */
  land(files: Record<string, string>, branch?: string): string;
  /** Writes a commit straight into the repository and sets a branch to it. Default parent: the branch's head. */
  commit(spec: {
    branch: string;
    parents?: string[];
    files?: Record<string, string | StageFile>;
    message?: string;
  }): string;
  fileAt(commit: string, path: string): Required<StageFile> | undefined;
  ledger(channel?: string): StageLedger | undefined;
  /** From now on the server takes no refs but branches and tags, or no ledger under any name. */
  refuseLedgers(where: 'outside branches' | 'everywhere'): Promise<void>;
  openTarget(branch?: string, token?: string): DeployTarget;
  /** Lets `action` happen between the planning and the writing of the next swap. */
  beforeNextSwap(action: () => unknown): void;
  /** The next write lands, and its answer is lost. */
  loseNextAnswer(): Promise<void>;
  clockwork: Clockwork;
  /** What was waited for, in milliseconds; nobody really waits. */
  waits: number[];
  github: FakeGithub;
  swaps: SwapResult[];
  close(): Promise<void>;
}

/** Files of the first commit; `executable` ones get mode 100755; null: no commit at all. */
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
  const work = join(folder, 'others');
  const env = { ...process.env, ...identity('Another Author'), GIT_CONFIG_NOSYSTEM: '1', HOME: folder };
  const git = (...args: string[]) => execFileSync('git', args, { cwd: bare, env, encoding: 'utf8' }).trim();
  await mkdir(bare);
  git('init', '--quiet', '--bare', '--initial-branch=main', '.');
  execFileSync('git', ['clone', '--quiet', bare, work], { env, stdio: 'pipe' });
  const inWork = (...args: string[]) =>
    execFileSync('git', args, {
      cwd: work,
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();

  const put = async (path: string, text: string) => {
    await mkdir(join(work, path, '..'), { recursive: true });
    await writeFile(join(work, path), text);
  };
  if (files) {
    inWork('checkout', '--quiet', '-B', 'main');
    for (const [path, text] of Object.entries(files)) await put(path, text);
    for (const path of executable) await chmod(join(work, path), 0o755);
    inWork('add', '--all');
    inWork('commit', '--quiet', '--message', 'First');
    inWork('push', '--quiet', 'origin', 'main');
  }

  const land = (changed: Record<string, string>, branch = 'main') => {
    inWork('fetch', '--quiet', 'origin');
    inWork('checkout', '--quiet', '-B', branch, `origin/${branch}`);
    for (const [path, text] of Object.entries(changed)) {
      execFileSync('mkdir', ['-p', join(work, path, '..')]);
      execFileSync('tee', [join(work, path)], { input: text, stdio: ['pipe', 'ignore', 'inherit'] });
    }
    inWork('add', '--all');
    inWork('commit', '--quiet', '--message', 'Land first');
    inWork('push', '--quiet', 'origin', branch);
    return inWork('rev-parse', 'HEAD');
  };

  const commit: Stage['commit'] = ({ branch, parents, files: written = {}, message = 'Land first' }) => {
    const index = { GIT_INDEX_FILE: join(folder, 'index') };
    const plumb = (args: string[], input = '', more = {}) =>
      execFileSync('git', args, { cwd: bare, env: { ...env, ...more }, input, encoding: 'utf8' }).trim();
    const before = refOf(`refs/heads/${branch}`);
    const from = parents ?? (before ? [before] : []);
    plumb(['read-tree', from[0] ?? '--empty'], '', index);
    for (const [path, file] of Object.entries(written)) {
      const { text, mode = '100644' } = typeof file === 'string' ? { text: file } : file;
      const oid = plumb(['hash-object', '-w', '--stdin'], text);
      plumb(['update-index', '-z', '--index-info'], `${mode} ${oid}\t${path}\0`, index);
    }
    const tree = plumb(['write-tree'], '', index);
    const made = plumb(['commit-tree', tree, ...from.flatMap((oid) => ['-p', oid])], message);
    git('update-ref', `refs/heads/${branch}`, made);
    return made;
  };
  const fileAt: Stage['fileAt'] = (at, path) => {
    const [, mode, oid = ''] = /^(\d+) blob (\S+)/.exec(git('ls-tree', at, '--', path)) ?? [];
    if (mode === undefined) return undefined;
    return {
      mode,
      text: execFileSync('git', ['cat-file', 'blob', oid], { cwd: bare, env, encoding: 'utf8' }),
    };
  };
  const refOf = (ref: string) => git('for-each-ref', '--format=%(objectname)', ref) || undefined;
  const ledger = (channel = 'main'): StageLedger | undefined => {
    const ref = [`refs/image-release/${channel}`, `refs/heads/image-release/${channel}`].find(refOf);
    if (ref === undefined) return undefined;
    const [oid = '', ...parents] = git('rev-list', '--parents', '--max-count=1', ref).split(' ');
    const text = git('cat-file', 'blob', `${ref}:ledger.json`);
    return {
      oid,
      ref,
      text,
      data: JSON.parse(text),
      parents,
      files: git('ls-tree', '-r', '--name-only', ref).split('\n'),
      message: git('log', '-1', '--format=%B', ref),
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
  const lossy = await createLossyGit(folder);
  const waits: number[] = [];
  const clockwork: Clockwork = {
    random: () => 0.5,
    sleep: (ms, signal) => {
      waits.push(ms);
      return signal?.aborted ? Promise.reject(new Cancelled('waiting')) : Promise.resolve();
    },
  };
  const before: (() => unknown)[] = [];
  const swaps: SwapResult[] = [];

  const open = (branch: string, token: string): DeployTarget => {
    if (kind === 'the GitHub API') {
      const octokit = getOctokit(token, { baseUrl: github.apiUrl });
      return createGitHubTarget({ octokit, owner: 'acme', repo: 'app', branch, clockwork });
    }
    const path = kind === 'git over a path';
    return createGitTarget({
      remote: path ? bare : github.cloneUrl('acme/app'),
      checkout: folder,
      branch,
      env: { PATH: `${lossy.bin}:${process.env.PATH}`, HOME: folder, GIT_CONFIG_NOSYSTEM: '1' },
      credentials: path ? undefined : { username: 'x-access-token', password: new Secret(token) },
      temporaryFolder: folder,
      clockwork,
    });
  };

  return {
    kind,
    bare,
    git,
    head: (branch = 'main') => git('rev-parse', `refs/heads/${branch}`),
    land,
    commit,
    fileAt,
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
        async swap(change) {
          await before.shift()?.();
          const result = await target.swap(change);
          swaps.push(result);
          return result;
        },
      };
    },
    beforeNextSwap: (action) => before.push(action),
    async loseNextAnswer() {
      if (kind === 'git over a path') return lossy.loseNextPush();
      const match =
        kind === 'the GitHub API'
          ? { operation: 'updateRefs' }
          : { method: 'POST', path: 'git-receive-pack' };
      github.faults.push({ match, fault: { type: '5xx-after-landing', end: 'cut' } });
    },
    clockwork,
    waits,
    github,
    swaps,
    async close() {
      await github.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function identity(name: string) {
  const email = 'another@example.org';
  return {
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: email,
    GIT_COMMITTER_NAME: name,
    GIT_COMMITTER_EMAIL: email,
  };
}

/** A `git` whose next push, when asked, lands and then reports a broken connection. */
async function createLossyGit(folder: string) {
  const bin = join(folder, 'bin');
  const marker = join(folder, 'lose-next-push');
  const real = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
  await mkdir(bin);
  await writeFile(
    join(bin, 'git'),
    `#!/bin/sh
if [ "$1" = push ] && [ -e '${marker}' ]; then
  rm '${marker}'
  '${real}' "$@" >/dev/null 2>&1
  echo 'fatal: the remote end hung up unexpectedly' >&2
  exit 128
fi
exec '${real}' "$@"
`,
    { mode: 0o755 },
  );
  return { bin, loseNextPush: () => writeFile(marker, '') };
}
