import { refreshPulls } from '../../../testing/fake-github/merging.js';
import { deploy, type DeployRequest } from '../../../src/deploy/deploy.js';
import type { Deployment } from '../../../src/deploy/target.js';
import { readStatus } from '../../../src/deploy/status/read-status.js';
import { API, DIGEST, FRONTEND, planned, request } from '../requests.js';
import { createStage, TOKEN, type Stage } from '../stage.js';

export const BRANCH = 'image-release-pr/main';
export const FILE = 'k8s/kustomization.yml';

/** A run of the workflow and the commit that it releases. */
export interface Run {
  commit: string;
  run: number;
  api: typeof API;
  frontend: typeof FRONTEND;
}

export interface RunStage extends Stage {
  /** Runs for successive source commits, oldest first. */
  runs: [Run, Run, Run];
  release(run: Run, keys: ('api' | 'frontend')[], more?: Partial<DeployRequest>): ReturnType<typeof deploy>;
  /** Releases and returns the only deployment. */
  proposed(...args: Parameters<RunStage['release']>): Promise<Deployment>;
  /** The tags of both images on a branch: `API FRONTEND`. */
  tags(branch?: string): string;
  pulls(): Promise<string[]>;
  /** The number of commits on the pull request's branch that the base branch lacks. */
  above(): number;
  /** Actions of a person on GitHub's website. */
  merge(number: number, how?: 'merge' | 'squash'): Promise<void>;
  reject(number: number): Promise<void>;
  openFrom(head: string, base: string): Promise<void>;
  /** A line per image with its status: `api deployed main-1a2b3c4`. */
  status(): Promise<string[]>;
}

export const pullRequests = (autoMerge?: 'merge' | 'squash' | 'rebase', labels = ['deploy']) => [
  planned(FILE, 'main', { mode: { labels, autoMerge } }),
];

export let stage: RunStage;
export const served = () => stage.github.repository('acme/app');

/** Gives each test a separate repository, and checks that every injected fault occurs. */
export function onPullRequests(): void {
  let opened: Stage;
  beforeEach(async () => {
    opened = await createStage('the GitHub API');
    stage = createRunStage(opened);
  });
  afterEach(async () => {
    const faults = opened.github.faults.pending();
    await opened.close();
    expect(faults).toEqual([]);
  });
}

/** A repository whose branch requires pull requests, with three commits on a source branch. */
function createRunStage(stage: Stage): RunStage {
  const repository = stage.github.repository('acme/app');
  repository.rules.push({ branch: 'main', type: 'pull_request' });
  let parents: string[] = [];
  const runs = [101, 102, 103].map((run): Run => {
    const commit = stage.commit({ branch: 'source', parents, files: { 'api/main.ts': `${run}\n` } });
    parents = [commit];
    const releaseTag = `main-${commit.slice(0, 10)}`;
    return { commit, run, api: { ...API, releaseTag }, frontend: { ...FRONTEND, releaseTag } };
  }) as RunStage['runs'];
  const release: RunStage['release'] = (run, keys, more = {}) =>
    deploy(
      request(stage, {
        deploys: pullRequests(),
        rollouts: keys.map((key) => ({ ...run[key], digest: DIGEST })),
        source: { commit: run.commit, run: run.run },
        newId: () => `run-${run.run}`,
        ...more,
      }),
    );
  const call = async (method: string, path: string, body: object) => {
    const headers = { authorization: `token ${TOKEN}`, 'content-type': 'application/json' };
    const url = `${stage.github.apiUrl}/repos/acme/app/pulls${path}`;
    const { ok, status } = await fetch(url, { method, headers, body: JSON.stringify(body) });
    if (!ok) throw new Error(`${method} ${url}: ${status}`);
  };
  return {
    ...stage,
    runs,
    release,
    above: () => Number(stage.git('rev-list', '--count', `main..${BRANCH}`)),
    merge: (number, how = 'squash') => call('PUT', `/${number}/merge`, { merge_method: how }),
    reject: (number) => call('PATCH', `/${number}`, { state: 'closed' }),
    openFrom: (head, base) => call('POST', '', { title: 'Not ours', head, base }),
    async proposed(...args) {
      const { deployments } = await release(...args);
      const [deployment] = deployments;
      if (!deployment || deployments.length > 1) throw new Error('expected one deployment');
      return deployment;
    },
    tags: (branch = 'main') =>
      [...stage.git('show', `${branch}:${FILE}`).matchAll(/newTag: '?([\w.-]+)/g)].map(([, tag]) => tag).join(' '),
    async pulls() {
      await refreshPulls(repository);
      return repository.pulls.map(({ number, state, title }) => `${number} ${state}: ${title}`);
    },
    async status() {
      const target = stage.openTarget();
      const images = [API, FRONTEND].map(({ key, image }) => ({ key, image }));
      const channel = { branch: 'main', channel: 'main', deploys: pullRequests(), images };
      const told = await readStatus(channel, target, { check: 'none' }, {});
      return told.images.map(({ key, current, problems }) =>
        [
          key,
          current.status,
          'release' in current ? current.release.tag : ('tag' in current && current.tag) || '',
          ...('pullRequest' in current && current.pullRequest ? [`#${current.pullRequest.number}`] : []),
          ...problems.map(({ code }) => code),
        ].join(' '),
      );
    },
  };
}
