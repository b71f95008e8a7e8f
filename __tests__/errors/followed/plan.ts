import { execFileSync } from 'node:child_process';
import { parseImageSpec } from '../../../src/deploy/kustomization/image-spec.js';
import { checkedOutCommit, sourceFromGit } from '../../../src/facts/git-source.js';
import { objectionToCommit } from '../../../src/facts/commit-claim.js';
import { commitsOfEvent, sourceFromGithub } from '../../../src/facts/github-event.js';
import { planRelease } from '../../../src/plan/plan-release.js';
import type { Source } from '../../../src/facts/source.js';
import { configOf, factsOf, requestOf, sourceOf } from '../../plan/fixtures.js';
import { withCheckout } from '../../preflight/fixtures.js';
import { told, type FollowedFix, type Told } from '../followed-fix.js';

const git = (cwd: string, ...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', ...args], {
    cwd,
    env: ENV,
  });
const ENV = {
  PATH: process.env.PATH,
  HOME: '/nowhere',
  GIT_CONFIG_NOSYSTEM: '1',
  // Without it, git's message depends on where the test folders are mounted.
  GIT_DISCOVERY_ACROSS_FILESYSTEM: '1',
};

/** Problems of reading the source from a checkout that `make` prepares. */
const source = (make: (root: string) => void, env: NodeJS.ProcessEnv = ENV): Promise<Told> =>
  withCheckout({ 'api/Dockerfile': 'FROM busybox\n' }, (root) =>
    told(async () => {
      make(root);
      await sourceFromGit({ cwd: root, env, now: 1_700_000_000 });
    }),
  );
const commit = (root: string) => {
  git(root, 'init', '-q', '-b', 'main');
  git(root, 'add', '-A');
  git(root, 'commit', '-q', '-m', 'first');
};

const planned = (yaml: string, over: Partial<Source> = {}, images: string[] = []): Told => {
  const config = configOf(yaml);
  return planRelease(config, factsOf(config, { source: sourceOf(over) }), requestOf({ images })).problems;
};

/** A wrong name, tag rule or flavor in a configuration, and the correction. */
const written = (
  code: FollowedFix['code'],
  yaml: string,
  mend: [from: string | RegExp, to: string | ((fix: string) => string)],
  over: Partial<Source> = {},
): FollowedFix => ({
  code,
  provoke: () => planned(yaml, over),
  follow: ({ fix }) => {
    const [from, to] = mend;
    const mended = yaml.replace(from, typeof to === 'string' ? to : to(fix));
    expect(mended).not.toBe(yaml);
    return planned(mended, over);
  },
});

const JOB = { GITHUB_SHA: 'a'.repeat(40), GITHUB_REF: 'refs/heads/main', GITHUB_EVENT_NAME: 'push' };
const job = (env: NodeJS.ProcessEnv): Promise<Told> =>
  told(() => sourceFromGithub({ env, payload: {}, commitTime: 1, now: 2 }));

/** A forge that knows no commit. */
const UNKNOWING = { tipOf: async () => undefined, compare: async () => 'unknown' as const };

/** Problems of a checkout whose event names this commit as the head of main. */
const claimed = (named: string): Promise<Told> =>
  withCheckout({ 'api/Dockerfile': 'FROM busybox\n' }, async (cwd) => {
    commit(cwd);
    git(cwd, 'commit', '-q', '--allow-empty', '-m', 'second');
    const env = {
      ...JOB,
      GITHUB_EVENT_NAME: 'workflow_run',
      GITHUB_SHA: git(cwd, 'rev-parse', named).toString().trim(),
    };
    const { commit: head, time } = await checkedOutCommit({ cwd, env: ENV });
    const source = sourceFromGithub({ env, payload: {}, commit: head, commitTime: time, now: 2 });
    const checkout = { cwd, env: ENV };
    const claim = { source, named: commitsOfEvent({ env, payload: {} }), checkout };
    const unconfirmed = await objectionToCommit({ ...claim, openForge: async () => UNKNOWING });
    return planned('images: { api: }', { ...source, repository: 'Acme/shop', unconfirmed });
  });

export const planFixes: FollowedFix[] = [
  {
    code: 'source/git-missing',
    provoke: () => source(commit, { ...ENV, PATH: '/nowhere' }),
    follow: () => source(commit),
  },
  {
    code: 'source/no-checkout',
    provoke: () => withCheckout({}, (cwd) => told(() => checkedOutCommit({ cwd, env: ENV }))),
    follow: () =>
      withCheckout({ x: '' }, (cwd) => {
        commit(cwd);
        return told(() => checkedOutCommit({ cwd, env: ENV }));
      }),
  },
  {
    code: 'source/unsafe-directory',
    provoke: () => source(commit, { ...ENV, GIT_TEST_ASSUME_DIFFERENT_OWNER: '1' }),
    // Uses a separate HOME, because the command in the fix writes into it.
    follow: () =>
      withCheckout({ x: '' }, (home) =>
        withCheckout({ x: '' }, async (root) => {
          commit(root);
          const env = { ...ENV, HOME: home, GIT_TEST_ASSUME_DIFFERENT_OWNER: '1' };
          const ask = () => told(() => sourceFromGit({ cwd: root, env, now: 1 }));
          const [, command] = /`(git config .*)`/.exec((await ask())[0]!.fix)!;
          execFileSync('sh', ['-c', command!], { env });
          return ask();
        }),
      ),
  },
  {
    code: 'source/no-checkout',
    variant: 'no commit',
    provoke: () => source((root) => git(root, 'init', '-q')),
    follow: ({ fix }) =>
      source((root) => {
        git(root, 'init', '-q');
        const env = {
          ...ENV,
          ...{ GIT_AUTHOR_NAME: 'Ada', GIT_AUTHOR_EMAIL: 'a@example.org' },
          ...{ GIT_COMMITTER_NAME: 'Ada', GIT_COMMITTER_EMAIL: 'a@example.org' },
        };
        execFileSync('sh', ['-c', /`(.*)`/.exec(fix)![1]!], { cwd: root, env });
      }),
  },
  {
    code: 'source/git-failed',
    provoke: () =>
      source((root) => {
        commit(root);
        git(root, 'config', 'status.showUntrackedFiles', 'sometimes');
        git(root, 'config', 'diff.ignoreSubmodules', 'sometimes');
      }),
    follow: () => source(commit),
  },
  {
    code: 'source/event-incomplete',
    provoke: () => job({ ...JOB, GITHUB_SHA: '' }),
    follow: () => job(JOB),
  },
  {
    code: 'source/unconfirmed-commit',
    provoke: () => claimed('HEAD^'),
    steady: (text) => text.replace(/[0-9a-f]{12}/, '1a2b3c4d5e6f'),
    follow: () => claimed('HEAD'),
  },
  {
    code: 'image/invalid-reference',
    provoke: () => told(() => parseImageSpec('api=ghcr.io/acme/api:main/1a2b3c4')),
    follow: ({ fix }) => told(() => parseImageSpec(/such as (\S+)\.$/.exec(fix)![1]!)),
  },
  written('image/invalid-name', 'images: { api: { image: https://ghcr.io/acme/api } }', [
    'https://ghcr.io/acme/api',
    (fix) => /Write (\S+)\.$/.exec(fix)![1]!,
  ]),
  written(
    'image/no-registry',
    'images: { api: }',
    [/^/, (fix) => `${/`(registry: HOST\/OWNER)`/.exec(fix)![1]!.replace('HOST/OWNER', 'ghcr.io/acme')}\n`],
    { repository: undefined },
  ),
  written('tags/invalid', 'images: { api: }\ntags: [type=sah]', ['type=sah', 'type=sha']),
  written('tags/collision', 'registry: ghcr.io/acme\nimages:\n  api: { image: shop }\n  web: { image: shop }\n', [
    'web: { image: shop }',
    'web: { image: shop-web }',
  ]),
];
