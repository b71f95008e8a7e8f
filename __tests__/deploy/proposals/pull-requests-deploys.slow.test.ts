import { jest } from '@jest/globals';
import { planned } from '../requests.js';
import { BRANCH, createRunStage, FILE, type RunStage } from './pull-requests-runs.js';
import { KUSTOMIZATION } from '../stage.js';

jest.setTimeout(120_000);

let stage: RunStage;
beforeEach(async () => {
  stage = await createRunStage();
});
afterEach(() => stage.close());

test('a run keeps what is proposed by another deploy of the channel that has none of its images', async () => {
  const mode = { labels: [] };
  const other = 'web/kustomization.yml';
  stage.commit({ branch: 'main', files: { [other]: KUSTOMIZATION } });
  const deploys = [
    { ...planned(FILE, 'main', { mode, images: ['api'] }), images: ['api'] },
    { ...planned(other, 'main', { mode, images: ['frontend'] }), images: ['frontend'] },
  ];
  const [first, second] = stage.runs;
  const { deployments } = await stage.release(first, ['api'], { deploys });
  expect(deployments).toMatchObject([{ status: 'proposed' }, { status: 'skipped' }]);
  expect((await stage.release(second, ['frontend'], { deploys })).deployments).toMatchObject([
    { status: 'skipped' },
    { status: 'proposed', kustomization: other, images: ['frontend'] },
  ]);
  expect(stage.git('show', `${BRANCH}:${FILE}`)).toContain(`newTag: ${first.api.releaseTag}`);
  expect(stage.git('show', `${BRANCH}:${other}`)).toContain(`newTag: '${second.frontend.releaseTag}'`);
  expect(stage.git('rev-list', '--count', `main..${BRANCH}`)).toBe('1');
});
