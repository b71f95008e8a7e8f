import { refreshPulls } from '../../../testing/fake-github/merging.js';
import { deploy, type DeployRequest } from '../../../src/deploy/deploy.js';
import type { Deployment } from '../../../src/deploy/deployment.js';
import { readStatus } from '../../../src/deploy/status/read-status.js';
import { API, DIGEST, FRONTEND, planned, request } from '../requests.js';
import { createStage, type Stage } from '../stage.js';

export const BRANCH = 'image-release-pr/main';
export const FILE = 'k8s/kustomization.yml';

/** One run of the workflow: which commit it releases, and as which run. */
export interface Run {
  commit: string;
  run: number;
  api: typeof API;
  frontend: typeof FRONTEND;
}

export interface RunStage extends Stage {
  /** Runs of successive commits of the source, the oldest first. */
  runs: [Run, Run, Run];
  release(run: Run, keys: ('api' | 'frontend')[], more?: Partial<DeployRequest>): ReturnType<typeof deploy>;
  /** The one deployment of a release. */
  proposed(...args: Parameters<RunStage['release']>): Promise<Deployment>;
  /** What a branch says of both images: `API FRONTEND`. */
  tags(branch?: string): string;
  pulls(): Promise<string[]>;
  /** As `image-release status` has it: `api deployed main-1a2b3c4`. */
  status(): Promise<string[]>;
}

export const pullRequests = (autoMerge?: 'merge' | 'squash' | 'rebase') => [
  planned(FILE, 'main', { mode: { labels: ['deploy'], autoMerge } }),
];

/** A repository whose branch takes pull requests only, with three commits of a source beside it. */
export async function createRunStage(): Promise<RunStage> {
  const stage = await createStage('the GitHub API');
  const served = () => stage.github.repository('acme/app');
  served().rules.push({ branch: 'main', type: 'pull_request' });
  const runs = [101, 102, 103].map((run): Run => {
    const parents = stage
      .git('for-each-ref', '--format=%(objectname)', 'refs/heads/source')
      .split('\n')
      .filter(Boolean);
    const commit = stage.commit({ branch: 'source', parents, files: { 'api/main.ts': `${run}\n` } });
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
  return {
    ...stage,
    runs,
    release,
    async proposed(...args) {
      const { deployments } = await release(...args);
      const [deployment] = deployments;
      if (!deployment || deployments.length > 1) throw new Error('expected one deployment');
      return deployment;
    },
    tags: (branch = 'main') =>
      [...stage.git('show', `${branch}:${FILE}`).matchAll(/newTag: '?([\w.-]+)/g)].map(([, tag]) => tag).join(' '),
    async pulls() {
      await refreshPulls(served());
      return served().pulls.map(({ number, state, title }) => `${number} ${state}: ${title}`);
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
