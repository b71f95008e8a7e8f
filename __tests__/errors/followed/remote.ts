import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Secret } from '../../../src/lib/secret.js';
import { deploy, type DeployRequest } from '../../../src/deploy/deploy.js';
import { createGitTarget } from '../../../src/deploy/targets/git/git.js';
import { planned, request, API } from '../../deploy/requests.js';
import { BASE, createStage, KUSTOMIZATION, READ_TOKEN, type Kind, type Stage } from '../../deploy/stage.js';
import { told, type FollowedFix, type Told } from '../followed-fix.js';

const FILE = 'k8s/kustomization.yml';
const FILES = { [FILE]: KUSTOMIZATION, ...BASE };

let stage: Stage;

export const leaveStage = () => stage.close();

/** Errors and warnings of a deploy. */
async function deployed(more: Partial<DeployRequest> = {}): Promise<Told> {
  let warnings: Told = [];
  const errors = await told(async () => {
    warnings = (await deploy(request(stage, more))).warnings;
  });
  return [...errors, ...warnings];
}

/** An error of a repository of this kind. After following the fix, the deploy must have no error. */
const at = (
  kind: Kind,
  fix: Omit<FollowedFix, 'provoke' | 'follow'> & {
    stage?: () => Promise<Stage>;
    provoke(): Promise<Told>;
    follow(problem: Parameters<FollowedFix['follow']>[0]): Promise<Told>;
  },
): FollowedFix => ({
  ...fix,
  // Request ids of GitHub and commit ids differ from run to run.
  steady: (text) =>
    (fix.steady?.(text) ?? text).replace(/ \(request [0-9A-F]+\)/g, '').replace(/\([0-9a-f]{12}\)/g, '(1a2b3c4d5e6f)'),
  async provoke() {
    stage = await (fix.stage ?? (() => createStage(kind)))();
    return fix.provoke();
  },
  async follow(problem) {
    const after = await fix.follow(problem);
    expect(after.filter(({ severity }) => severity === 'error')).toEqual([]);
    return after;
  },
});

const served = () => stage.github.repository('acme/app');
const withToken = (token: string) => ({
  openTarget: ({ branch }: { branch: string }) => stage.openTarget(branch, token),
});
/** A git target at this address, with this PATH. */
const gitAt = (remote: string, path = process.env.PATH ?? '') => ({
  openTarget: ({ branch }: { branch: string }) =>
    createGitTarget({
      remote,
      branch,
      checkout: stage.bare,
      env: { PATH: path, HOME: stage.bare, GIT_CONFIG_NOSYSTEM: '1' },
      credentials: undefined as { username: string; password: Secret } | undefined,
      temporaryFolder: join(stage.bare, '..'),
      clockwork: stage.clockwork,
    }),
});

/** Errors of targets that are accessed with git. */
export const gitFixes: FollowedFix[] = [
  at('git over a path', {
    code: 'deploy/target-missing',
    provoke: () => deployed({ deploys: [planned(FILE, 'mian')] }),
    async follow({ fix }) {
      const [, branch = ''] = /^Set deploy\.branch to one that exists: (\S+)\.$/.exec(fix) ?? [];
      return deployed({ deploys: [planned(FILE, branch)] });
    },
  }),
  at('git over a path', {
    code: 'deploy/target-missing',
    variant: 'a repository without a commit',
    stage: () => createStage('git over a path', null),
    provoke: () => deployed(),
    async follow({ fix }) {
      expect(fix).toBe('Push a first commit that holds the Kustomization.');
      stage.commit({ branch: 'main', files: FILES });
      return deployed();
    },
  }),
  at('git over a path', {
    code: 'deploy/push-refused',
    async provoke() {
      const hook = join(stage.bare, 'hooks/pre-receive');
      await writeFile(hook, '#!/bin/sh\necho "Change freeze until Monday."\nexit 1\n', { mode: 0o755 });
      return deployed();
    },
    async follow({ fix, detail }) {
      expect(fix).toMatch(/^Do what the server's message below asks for/);
      expect(detail).toContain('Change freeze until Monday.');
      await writeFile(join(stage.bare, 'hooks/pre-receive'), '#!/bin/sh\nexit 0\n');
      return deployed();
    },
  }),
  at('git over a path', {
    code: 'deploy/git-failed',
    variant: 'git is missing',
    provoke: () => deployed(gitAt(stage.bare, '/nowhere')),
    async follow({ fix }) {
      expect(fix).toMatch(/^Install git 2\.31 or newer/);
      return deployed(gitAt(stage.bare));
    },
  }),
  at('git over a path', {
    code: 'deploy/git-failed',
    async provoke() {
      return deployed(gitAt('gopher://git.example.org/app.git'));
    },
    async follow({ fix }) {
      expect(fix).toMatch(/git ls-remote/);
      return deployed(gitAt(stage.bare));
    },
  }),
  at('git over a path', {
    code: 'deploy/pull-request-refused',
    variant: 'plain git',
    provoke: () => deployed({ deploys: [planned(FILE, 'main', { mode: { labels: [] } })], rollouts: [API] }),
    async follow({ fix }) {
      expect(fix).toMatch(/or use mode: commit\.$/);
      return deployed({ rollouts: [API] });
    },
  }),
];

const API_KIND = 'the GitHub API';
const PULL = { deploys: [planned(FILE, 'main', { mode: { labels: [] } })], rollouts: [API] };
const pull = (mode: object) => ({
  ...PULL,
  deploys: [planned(FILE, 'main', { mode: { labels: [], ...mode } })],
});

/** Errors of targets that are accessed with GitHub's API. */
export const githubFixes: FollowedFix[] = [
  at(API_KIND, {
    code: 'deploy/permission-denied',
    provoke: () => deployed(withToken(READ_TOKEN)),
    async follow({ fix }) {
      expect(fix).toMatch(/^Add `contents: write` to the `permissions` of the job/);
      Object.assign(served().tokens!, { [READ_TOKEN]: 'write' });
      return deployed(withToken(READ_TOKEN));
    },
  }),
  at(API_KIND, {
    code: 'deploy/rules-refuse',
    async provoke() {
      served().rules.push({ branch: 'main', type: 'pull_request' });
      return deployed({ rollouts: [API] });
    },
    async follow({ fix }) {
      expect(fix).toMatch(/^Set `mode: pull-request` under `deploy`/);
      return deployed(PULL);
    },
  }),
  at(API_KIND, {
    code: 'deploy/ledger-refused',
    async provoke() {
      await stage.refuseLedgers('everywhere');
      return deployed();
    },
    async follow({ fix }) {
      expect(fix).toMatch(/^Let the token create refs \(refs\/image-release\/\*, or branches image-release\/\*\)/);
      served().rules.length = 0;
      return deployed();
    },
  }),
  at(API_KIND, {
    code: 'deploy/pull-request-refused',
    async provoke() {
      served().actionsPullRequests = 'forbidden';
      return deployed(PULL);
    },
    async follow({ fix }) {
      expect(fix).toMatch(/^Turn on "Allow GitHub Actions to create and approve pull requests"/);
      served().actionsPullRequests = 'allowed';
      return deployed(PULL);
    },
  }),
  at(API_KIND, {
    code: 'deploy/pull-request-edited',
    async provoke() {
      await deployed(PULL);
      stage.land({ 'k8s/extra.yml': 'x\n' }, 'image-release-pr/main');
      return deployed(newer());
    },
    async follow({ fix }) {
      const [, branch = ''] = /delete the branch (\S+); then release again\.$/.exec(fix) ?? [];
      served().pulls[0]!.state = 'closed';
      stage.git('update-ref', '-d', `refs/heads/${branch}`);
      return deployed(newer());
    },
  }),
  at(API_KIND, {
    code: 'deploy/pull-request-incomplete',
    async provoke() {
      served().autoMerge = 'off';
      served().rules.push({ branch: 'main', type: 'required_status_checks' });
      return deployed(pull({ autoMerge: 'merge' }));
    },
    async follow({ fix }) {
      expect(fix).toMatch(/allow auto-merge/i);
      served().autoMerge = 'allowed';
      return deployed(pull({ autoMerge: 'merge' }));
    },
  }),
  at(API_KIND, {
    code: 'deploy/pull-request-incomplete',
    variant: 'labels',
    provoke: () => deployed(pull({ labels: ['x'.repeat(51)] })),
    async follow({ fix }) {
      expect(fix).toMatch(/^Correct deploy\.labels/);
      return deployed({ ...newer(), deploys: pull({ labels: ['deploy'] }).deploys });
    },
    steady: (text) => text.replace(/x{51}/g, 'a label of more than fifty characters'),
  }),
];

/** The next run, for a newer commit. */
const newer = (): Partial<DeployRequest> => ({
  ...PULL,
  rollouts: [{ ...API, releaseTag: 'main-2b3c4d5' }],
  source: { commit: '2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e', run: 43 },
  ancestry: { compare: async () => 'ahead' },
});
