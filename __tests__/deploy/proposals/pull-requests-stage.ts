import { refreshPulls } from '../../../testing/fake-github/merging.js';
import type { FakeRepository } from '../../../testing/fake-github/repository.js';
import { proposalBranch, propose, type ProposalWork } from '../../../src/deploy/proposals/propose.js';
import type { Proposals } from '../../../src/deploy/proposals/proposals.js';
import { createGitHubProposals } from '../../../src/deploy/targets/github/proposals.js';
import { Cancelled } from '../../../src/lib/errors.js';
import { AT, commitOn, setStage, type Stage } from '../../testing/fake-github/fixtures.js';

export const BRANCH = proposalBranch('main');

export interface PullStage extends Stage {
  proposals: Proposals;
  waits: number[];
  /** Sets the branch of the pull request to a fresh commit on `onto` (default: the head of `main`). */
  push(content: string, onto?: string): Promise<string>;
  /** What a run does after its swap. */
  propose(head: string, more?: Partial<ProposalWork>): ReturnType<typeof propose>;
  /** Somebody looks at the pull request: the double catches up with its refs. */
  pull(number?: number): Promise<ReturnType<FakeGithubRepository>['pulls'][number]>;
}
type FakeGithubRepository = Stage['github']['repository'];

export const MESSAGE = `Deploy api main-1a2b3c4

api: ghcr.io/acme/api:main-0000000 → main-1a2b3c4

Image-Release-Source: 1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d
Image-Release-Id: test-id.1
`;

export async function setPullStage(options: Partial<FakeRepository> = {}): Promise<PullStage> {
  const stage = await setStage(options);
  const waits: number[] = [];
  const clockwork = {
    random: () => 0.5,
    sleep: (ms: number, signal?: AbortSignal) => {
      waits.push(ms);
      return signal?.aborted ? Promise.reject(new Cancelled('waiting')) : Promise.resolve();
    },
  };
  const proposals = createGitHubProposals({ octokit: stage.octokit, ...AT, branch: 'main', clockwork });
  return {
    ...stage,
    proposals,
    waits,
    async push(content, onto) {
      const parent = onto ?? (await stage.git(['rev-parse', 'main'], 'app.git'));
      const head = await commitOn(stage.octokit, parent, 'k8s/kustomization.yml', content);
      await stage.git(['update-ref', `refs/heads/${BRANCH}`, head], 'app.git');
      return head;
    },
    propose: (head, more = {}) =>
      propose({
        proposals,
        channel: 'main',
        branch: BRANCH,
        head,
        modes: [{ labels: [] }],
        message: MESSAGE,
        parts: [
          {
            path: 'k8s/kustomization.yml',
            changes: [
              {
                key: 'api',
                name: 'api',
                before: 'ghcr.io/acme/api:main-0000000',
                after: 'ghcr.io/acme/api:main-1a2b3c4',
              },
            ],
            diff: '--- a/k8s/kustomization.yml\n+++ b/k8s/kustomization.yml\n-  newTag: main-0000000\n+  newTag: main-1a2b3c4\n',
          },
        ],
        ...more,
      }),
    async pull(number = 1) {
      const repository = stage.github.repository('acme/app');
      await refreshPulls(repository);
      const found = repository.pulls.find((candidate) => candidate.number === number);
      if (!found) throw new Error(`there is no pull request ${number}`);
      return found;
    },
  };
}
