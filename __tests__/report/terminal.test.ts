import type { Deployment, SupersededImage } from '../../src/deploy/deployment.js';
import type { Problem } from '../../src/lib/errors.js';
import { exitCodeOf } from '../../src/report/exit-code.js';
import { headline } from '../../src/report/headline.js';
import { type Report } from '../../src/report/report.js';
import {
  colourStyle,
  plainStyle,
  renderPlan,
  renderProblem,
  renderReport,
} from '../../src/report/terminal.js';
import { releasedReport, reusingReport, samplePlan } from './sample.js';

const DIGESTS = ['a', 'b'].map((hex) => `sha256:${hex.repeat(64)}`);

const PROBLEM: Problem = {
  code: 'build/step-failed',
  severity: 'error',
  message: 'Image api: `RUN false` failed with exit code 1.',
  fix: 'Read its last lines.',
  place: { file: 'api/Dockerfile', line: 3 },
  detail: '   3 | >>> RUN false\n',
};

function reportOf(over: Partial<Report>): Report {
  return { ...releasedReport(), build: undefined, published: [], deployments: [], ...over };
}

test('a release is told image by image, then its commit, then in one sentence', () => {
  expect(renderReport(releasedReport(), plainStyle)).toBe(`  api  ghcr.io/acme/api
    built: api/server.js changed
    tags main-1a2b3c4, latest
    ${DIGESTS[0]}
    linux/amd64 · 51.3 MB · 3 of 8 steps cached · SBOM of 68 packages
  web  ghcr.io/acme/web
    built: web/server.js changed
    tags main-1a2b3c4, latest
    ${DIGESTS[1]}
    linux/amd64 · 51.3 MB · 0 of 9 steps cached · SBOM of 68 packages
  commit  c0ffee000000 on main  https://github.com/acme/shop/commit/c0ffee0
    k8s/kustomization.yml
    -    newTag: main-0000000
    +    newTag: main-1a2b3c4
✓ Published and rolled out api and web. (1 min 23 s)
  What stands there now, and the way back: image-release status
`);
});

test('colours add nothing but colours', () => {
  const coloured = renderReport(releasedReport(), colourStyle);
  expect(coloured).toContain('\u001b[32m+    newTag: main-1a2b3c4\u001b[0m');
  expect(coloured.replaceAll(/\u001b\[\d+m/g, '')).toBe(renderReport(releasedReport(), plainStyle));
});

test('a problem is told with code and place, what happened, detail, and the way out', () => {
  expect(renderProblem(PROBLEM, plainStyle)).toBe(
    [
      'error [build/step-failed] api/Dockerfile:3',
      '  Image api: `RUN false` failed with exit code 1.',
      '       3 | >>> RUN false',
      '  → Read its last lines.',
    ].join('\n'),
  );
});

test('a failed release begins with its problems and ends with what has not changed', () => {
  const lines = renderReport(
    reportOf({ outcome: { status: 'failed', stage: 'build', problems: [PROBLEM] } }),
    plainStyle,
  ).split('\n');
  expect(lines[0]).toBe('error [build/step-failed] api/Dockerfile:3');
  expect(lines.at(-2)).toBe(
    '✗ The build failed. No moving tag was put and what is deployed has not changed. (1 min 23 s)',
  );
});

const skipped = {
  status: 'skip',
  target: { kustomization: 'k8s', mode: 'commit', pin: 'tag', missing: 'refuse' },
  reason: 'branch x does not deploy',
} as const;

test('why nothing is rolled out is told wherever it was to be expected', () => {
  const plan = { ...samplePlan(), deploy: [skipped] };
  const released = { ...releasedReport(), plan, deployments: [] };
  expect(renderReport(released, plainStyle)).toContain('  k8s: not rolled out, branch x does not deploy\n');
  expect(renderPlan({ ...released, outcome: { status: 'planned' } }, plainStyle)).toContain(
    'deploy  k8s: no, branch x does not deploy\n',
  );
});

test('what was only built says why it was not pushed', () => {
  const plan = {
    ...samplePlan(),
    publish: { mode: 'build-only', reason: 'push is off for this run' } as const,
  };
  expect(renderReport(reportOf({ outcome: { status: 'built' }, plan }), plainStyle)).toBe(
    '  not pushed: push is off for this run\n✓ Built api and web; nothing was pushed. (1 min 23 s)\n',
  );
});

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
