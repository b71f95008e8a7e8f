import type { Deployment, SupersededImage } from '../../src/deploy/target.js';
import { exitCodeOf, type Report } from '../../src/report/report.js';
import { headline } from '../../src/report/headline.js';
import { reportAsJson } from '../../src/report/outputs.js';
import { exitCodeOfRollback, renderRollback, rollbackAsJson, type Rollback } from '../../src/report/rollback.js';
import type { ChosenRelease } from '../../src/deploy/status/rollback.js';
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

test.each<[sentence: string, exitCode: number, over: Partial<Report>]>([
  ['Published and deployed api and web.', 0, releasedReport()],
  ['Published api and web; already deployed.', 0, { ...releasedReport(), deployments: [unchanged] }],
  ['Published api and web.', 0, { ...releasedReport(), deployments: [] }],
  ['Published and deployed web. api did not change.', 0, reusingReport('api')],
  ['Published web. api did not change.', 0, { ...reusingReport('api'), deployments: [] }],
  ['Deployed api. Nothing had to be built.', 0, reusingReport('api', 'web')],
  ['Nothing to do: api and web did not change.', 0, { ...reusingReport('api', 'web'), deployments: [unchanged] }],
  ['Nothing had to be built: api and web did not change.', 0, { ...reusingReport('api', 'web'), deployments: [] }],
  [
    'Did not deploy api and web: a newer release is deployed.',
    3,
    { ...reusingReport('api', 'web'), deployments: [superseded] },
  ],
  [
    'Built web without pushing. api did not change.',
    0,
    { ...reusingReport('api'), published: [], outcome: { status: 'built' } },
  ],
  [
    'Built nothing: api and web did not change.',
    0,
    { ...reusingReport('api', 'web'), published: [], outcome: { status: 'built' } },
  ],
  [
    'Published api and web, but did not deploy: a newer release is deployed.',
    3,
    { ...releasedReport(), deployments: [superseded] },
  ],
  [
    'Published and deployed api. Did not deploy web: a newer release is deployed.',
    0,
    {
      ...releasedReport(),
      deployments: [{ ...committed!, images: ['api'], superseded: [overtaken('web')] } as Deployment],
    },
  ],
  [
    'Published api and web. A pull request proposes the deployment.',
    0,
    { ...releasedReport(), deployments: [proposed] },
  ],
  ['Deployed api.', 0, { outcome: { status: 'rolled-out', images: ['api'] }, deployments: [unchanged, committed!] }],
  [
    'Nothing to do for api: already deployed.',
    0,
    { outcome: { status: 'rolled-out', images: ['api'] }, deployments: [unchanged] },
  ],
  ['Did not deploy api.', 0, { outcome: { status: 'rolled-out', images: ['api'] } }],
  ['Dry run: would release api and web. Nothing was changed.', 0, { outcome: { status: 'planned' } }],
  [
    'Dry run: would deploy api. Nothing was changed.',
    0,
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
  ['Nothing to do: the ref was deleted.', 0, { outcome: { status: 'nothing', reason: 'the ref was deleted' } }],
  [
    'Stopped by an error. Nothing was built, pushed, or deployed.',
    1,
    { outcome: { status: 'failed', stage: 'plan', problems: [] } },
  ],
  [
    'Stopped by an error. Nothing was built, pushed, or deployed.',
    1,
    { outcome: { status: 'failed', stage: 'preflight', problems: [] } },
  ],
  [
    'The images are published, but not deployed. The deployment did not change.',
    1,
    { ...releasedReport(), deployments: [], outcome: { status: 'failed', stage: 'deploy', problems: [] } },
  ],
  [
    'The run on GitHub failed. The page of the run shows what it published and deployed.',
    1,
    {
      outcome: { status: 'failed', stage: 'build', problems: [{ ...PROBLEM, code: 'dispatch/failed' }] },
    },
  ],
  ...(['plan', 'preflight', 'build', 'publish', 'deploy'] as const).map((stage): [string, number, Partial<Report>] => [
    {
      plan: 'Cancelled during plan. Nothing was built, pushed, or deployed.',
      preflight: 'Cancelled during preflight. Nothing was built, pushed, or deployed.',
      build: 'Cancelled during build. No tag was moved, and the deployment did not change.',
      publish: 'Cancelled during publish. No tag was moved, and the deployment did not change.',
      deploy: 'Cancelled during deploy. The deployment did not change.',
    }[stage],
    130,
    { outcome: { status: 'cancelled', stage, problems: [] } },
  ]),
  ...(
    [
      ['preflight', 'Stopped by 2 errors. Nothing was built, pushed, or deployed.', [PROBLEM, PROBLEM]],
      ['build', 'The build failed. No tag was moved, and the deployment did not change.', [PROBLEM]],
      ['publish', 'Publishing failed. No tag was moved, and the deployment did not change.', [PROBLEM]],
      ['publish', 'Publishing failed. Some tags could not be restored.', [{ ...PROBLEM, code: 'registry/tags-left' }]],
      ['deploy', 'Deploying failed. The deployment did not change.', [PROBLEM]],
      ['deploy', 'The outcome of the deployment is unknown.', [{ ...PROBLEM, code: 'deploy/gave-up' }]],
    ] as const
  ).map(([stage, sentence, problems]): [string, number, Partial<Report>] => [
    sentence,
    1,
    { outcome: { status: 'failed', stage, problems } },
  ]),
  [
    'Deploying failed. Some targets were deployed.',
    1,
    { deployments: [committed!], outcome: { status: 'failed', stage: 'deploy', problems: [PROBLEM] } },
  ],
  ['Not confirmed. Nothing was changed.', 0, { outcome: { status: 'declined' } }],
])('reports a release or a deployment: %s', (sentence, exitCode, over) => {
  const report = reportOf(over);
  if (report.outcome.status === 'failed' && report.outcome.problems.length === 0)
    report.outcome = { ...report.outcome, problems: [PROBLEM] };
  expect([headline(report), exitCodeOf(report)]).toEqual([sentence, exitCode]);
  expect(reportAsJson(report)).toMatchObject({ outcome: { status: report.outcome.status } });
});

const release = (tag: string) => ({
  ...{ tag, digest: `sha256:${'a'.repeat(64)}`, at: '2026-01-03T10:11:00Z' },
  source: { commit: 'c'.repeat(40), run: 3 },
});
const choice = (key: string) =>
  ({
    ...{ key, image: `ghcr.io/acme/${key}`, from: release('v2'), to: release('v1') },
    ...{ newest: release('v2').source, effect: 'pinned' },
  }) as unknown as ChosenRelease;
const channelOf = (...deployments: Deployment[]): Rollback['channels'] => [
  { channel: 'main', branch: 'main', choices: [choice('api')], deployments },
];

test.each<[sentence: string, exitCode: number, status: string, rollback: Omit<Rollback, 'warnings'>]>([
  [
    '✓ Dry run: would roll back api to v1. Nothing was changed.',
    0,
    'planned',
    { status: 'planned', channels: channelOf() },
  ],
  ['– Not confirmed. Nothing was changed.', 0, 'declined', { status: 'declined', channels: channelOf() }],
  ['✓ Rolled back api to v1.', 0, 'rolled-back', { status: 'done', channels: channelOf(committed!) }],
  [
    '✓ A pull request proposes to roll back api to v1.',
    0,
    'rolled-back',
    { status: 'done', channels: channelOf(proposed) },
  ],
  [
    '✓ Nothing to change for api to v1: the Kustomization already names it.',
    0,
    'rolled-back',
    { status: 'done', channels: channelOf(unchanged) },
  ],
  [
    '✗ Did not roll back api: a newer release was deployed meanwhile.',
    3,
    'superseded',
    { status: 'done', channels: channelOf({ ...superseded, superseded: [overtaken('api')] }) },
  ],
])('reports a rollback: %s', (sentence, exitCode, status, over) => {
  const rollback: Rollback = { ...over, warnings: [] };
  expect(renderRollback(rollback, new Date(), plainStyle).split('\n')).toContain(sentence);
  expect(exitCodeOfRollback(rollback)).toBe(exitCode);
  expect(rollbackAsJson(rollback)).toMatchObject({ outcome: { status } });
});

test('names the newer release of a superseded image, and the pull request of a proposed deployment', () => {
  const text = renderReport({ ...releasedReport(), deployments: [superseded, proposed] }, plainStyle);
  expect(text).toContain('  k8s on main keeps a newer release\n');
  expect(text).toContain('  api main-1a2b3c4 was not deployed: a newer release is deployed (main-2b3c4d5).\n');
  expect(text).toContain(
    '  pull request  #7 into main, merges when the rules allow  https://github.com/acme/shop/pull/7\n',
  );
});
