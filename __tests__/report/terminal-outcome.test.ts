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
  ['Published and deployed api and web.', releasedReport()],
  ['Published api and web; already deployed.', { ...releasedReport(), deployments: [unchanged] }],
  ['Published api and web.', { ...releasedReport(), deployments: [] }],
  ['Published and deployed web. api did not change.', reusingReport('api')],
  ['Published web. api did not change.', { ...reusingReport('api'), deployments: [] }],
  ['Deployed api. Nothing had to be built.', reusingReport('api', 'web')],
  [
    'Nothing to do: api and web did not change.',
    { ...reusingReport('api', 'web'), deployments: [unchanged] },
  ],
  [
    'Nothing had to be built: api and web did not change.',
    { ...reusingReport('api', 'web'), deployments: [] },
  ],
  [
    'Did not deploy api and web: a newer release is deployed.',
    { ...reusingReport('api', 'web'), deployments: [superseded] },
  ],
  [
    'Built web without pushing. api did not change.',
    { ...reusingReport('api'), published: [], outcome: { status: 'built' } },
  ],
  [
    'Built nothing: api and web did not change.',
    { ...reusingReport('api', 'web'), published: [], outcome: { status: 'built' } },
  ],
  [
    'Published api and web, but did not deploy: a newer release is deployed.',
    { ...releasedReport(), deployments: [superseded] },
  ],
  [
    'Published and deployed api. Did not deploy web: a newer release is deployed.',
    {
      ...releasedReport(),
      deployments: [{ ...committed!, images: ['api'], superseded: [overtaken('web')] } as Deployment],
    },
  ],
  [
    'Published api and web. A pull request proposes the deployment.',
    { ...releasedReport(), deployments: [proposed] },
  ],
  [
    'Deployed api.',
    { outcome: { status: 'rolled-out', images: ['api'] }, deployments: [unchanged, committed!] },
  ],
  [
    'Nothing to do for api: already deployed.',
    { outcome: { status: 'rolled-out', images: ['api'] }, deployments: [unchanged] },
  ],
  ['Did not deploy api.', { outcome: { status: 'rolled-out', images: ['api'] } }],
  ['Dry run: would release api and web. Nothing was changed.', { outcome: { status: 'planned' } }],
  [
    'Dry run: would deploy api. Nothing was changed.',
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
    'Stopped by an error. Nothing was built, pushed, or deployed.',
    { outcome: { status: 'failed', stage: 'plan', problems: [] } },
  ],
  [
    'Stopped by an error. Nothing was built, pushed, or deployed.',
    { outcome: { status: 'failed', stage: 'preflight', problems: [] } },
  ],
  [
    'The images are published, but not deployed. The deployment did not change.',
    { ...releasedReport(), deployments: [], outcome: { status: 'failed', stage: 'deploy', problems: [] } },
  ],
  [
    'The run on GitHub failed. The page of the run shows what it published and deployed.',
    {
      outcome: { status: 'failed', stage: 'build', problems: [{ ...PROBLEM, code: 'dispatch/failed' }] },
    },
  ],
  [
    'Cancelled during build. No tag was moved, and the deployment did not change.',
    { outcome: { status: 'cancelled', stage: 'build', problems: [] } },
  ],
])('%s', (sentence, over) => {
  expect(headline(reportOf(over))).toBe(sentence);
});

test('what was superseded or proposed says by what, and where to look', () => {
  const text = renderReport({ ...releasedReport(), deployments: [superseded, proposed] }, plainStyle);
  expect(text).toContain('  k8s on main keeps a newer release\n');
  expect(text).toContain(
    '  api main-1a2b3c4 was not deployed: a newer release is deployed (main-2b3c4d5).\n',
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
