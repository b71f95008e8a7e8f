import type { Deployment, SupersededImage } from '../../src/deploy/deployment.js';
import { exitCodeOf } from '../../src/report/exit-code.js';
import { headline } from '../../src/report/headline.js';
import type { Report } from '../../src/report/report.js';
import { plainStyle, renderReport } from '../../src/report/terminal.js';
import { releasedReport, reusingReport, samplePlan } from './sample.js';
import { PROBLEM, reportOf, skipped } from './terminal-samples.js';

const place = { kustomization: 'k8s', branch: 'main', channel: 'main' };
const unchanged: Deployment = { ...place, status: 'unchanged', images: ['api'], superseded: [] };
const overtaken = (key: string): SupersededImage => ({
  key,
  tag: 'main-1a2b3c4',
  by: { tag: 'main-2b3c4d5', reason: 'release' },
});
const superseded: Deployment = {
  ...place,
  status: 'superseded',
  images: [],
  superseded: [overtaken('api'), overtaken('web')],
};
const proposed: Deployment = {
  ...place,
  status: 'proposed',
  images: ['api', 'web'],
  superseded: [],
  pullRequest: { number: 7, url: 'https://github.com/acme/shop/pull/7' },
  state: 'waiting',
  commit: 'c'.repeat(40),
  changes: [],
  diff: '',
};
const [committed] = releasedReport().deployments;

test.each<[string, Partial<Report>]>([
  ['Published and rolled out api and web.', releasedReport()],
  ['Published api and web; already rolled out.', { ...releasedReport(), deployments: [unchanged] }],
  ['Published api and web.', { ...releasedReport(), deployments: [] }],
  ['Published and rolled out web. api did not change.', reusingReport('api')],
  ['Published web. api did not change.', { ...reusingReport('api'), deployments: [] }],
  ['Rolled out api; nothing had to be built.', reusingReport('api', 'web')],
  [
    'Nothing to do: api and web did not change.',
    { ...reusingReport('api', 'web'), deployments: [unchanged] },
  ],
  [
    'Nothing had to be built: api and web did not change.',
    { ...reusingReport('api', 'web'), deployments: [] },
  ],
  [
    'Did not roll out api and web: what is deployed is newer and stays.',
    { ...reusingReport('api', 'web'), deployments: [superseded] },
  ],
  [
    'Built web; nothing was pushed. api did not change.',
    { ...reusingReport('api'), published: [], outcome: { status: 'built' } },
  ],
  [
    'Built nothing: api and web did not change.',
    { ...reusingReport('api', 'web'), published: [], outcome: { status: 'built' } },
  ],
  [
    'Published api and web; what is deployed is newer and stays.',
    { ...releasedReport(), deployments: [superseded] },
  ],
  [
    'Published and rolled out api. Not web: what is deployed is newer and stays.',
    {
      ...releasedReport(),
      deployments: [{ ...committed!, images: ['api'], superseded: [overtaken('web')] } as Deployment],
    },
  ],
  [
    'Published api and web; a pull request proposes the rollout.',
    { ...releasedReport(), deployments: [proposed] },
  ],
  [
    'Rolled out api.',
    { outcome: { status: 'rolled-out', images: ['api'] }, deployments: [unchanged, committed!] },
  ],
  [
    'Nothing to do: already rolled out api.',
    { outcome: { status: 'rolled-out', images: ['api'] }, deployments: [unchanged] },
  ],
  ['Did not roll out api.', { outcome: { status: 'rolled-out', images: ['api'] } }],
  ['Would release api and web; nothing was done (dry run).', { outcome: { status: 'planned' } }],
  [
    'Would roll out api; nothing was done (dry run).',
    {
      outcome: { status: 'planned' },
      plan: {
        ...samplePlan([]),
        deploy: [
          { status: 'deploy', target: skipped.target, branch: 'main', channel: 'main', images: ['api'] },
          skipped,
        ],
      },
    },
  ],
  ['Nothing to do: the ref was deleted.', { outcome: { status: 'nothing', reason: 'the ref was deleted' } }],
  [
    'Nothing was done: the plan can’t be made.',
    { outcome: { status: 'failed', stage: 'plan', problems: [] } },
  ],
  [
    'Nothing was done: the release would have failed.',
    { outcome: { status: 'failed', stage: 'preflight', problems: [] } },
  ],
  [
    'The images are published but not rolled out. What is deployed has not changed.',
    { ...releasedReport(), deployments: [], outcome: { status: 'failed', stage: 'deploy', problems: [] } },
  ],
  [
    'The run on GitHub did not succeed. Its page tells what it published and rolled out.',
    {
      outcome: { status: 'failed', stage: 'build', problems: [{ ...PROBLEM, code: 'dispatch/failed' }] },
    },
  ],
  [
    'Cancelled during build. No moving tag was put and what is deployed has not changed.',
    { outcome: { status: 'cancelled', stage: 'build', problems: [] } },
  ],
])('%s', (sentence, over) => {
  expect(headline(reportOf(over))).toBe(sentence);
});

test('what was superseded or proposed says by what, and where to look', () => {
  const text = renderReport({ ...releasedReport(), deployments: [superseded, proposed] }, plainStyle);
  expect(text).toContain('  k8s on main keeps what is newer\n');
  expect(text).toContain(
    '  api main-1a2b3c4 was not deployed: a newer release stays deployed (main-2b3c4d5).\n',
  );
  expect(text).toContain(
    '  pull request  #7 into main, merges when the rules allow  https://github.com/acme/shop/pull/7\n',
  );
});

test('exit code 3 tells that nothing was rolled out because something newer stands there', () => {
  const report = releasedReport();
  expect(exitCodeOf({ ...report, deployments: [superseded] })).toBe(3);
  expect(exitCodeOf({ ...report, deployments: [superseded, unchanged] })).toBe(0);
  expect(exitCodeOf(report)).toBe(0);
});
