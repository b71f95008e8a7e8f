import { renderSummary } from '../../src/report/summary.js';
import { plannedImage, releasedReport, reusingReport, samplePlan } from './sample.js';

describe('the summary of a release', () => {
  const summary = renderSummary(releasedReport());

  test('answers in its first line what was done', () => {
    expect(summary.split('\n')[0]).toBe('## Published and rolled out api and web.');
  });

  test('has one row per image with tags, digest, size, time, cached steps and SBOM, and says why it was built', () => {
    expect(summary).toContain(
      '| **api**<br>`ghcr.io/acme/api` | ✅ built | api/server.js changed | `main-1a2b3c4`<br>`latest` | `sha256:aaaaaaaaaaaa` | `linux/amd64` | 51.3 MB | 12 s | 3 of 8 | 68 packages |',
    );
    expect(summary.match(/^\| \*\*/gm)).toHaveLength(2);
  });

  test('shows the diff of the deploy commit and links the commit', () => {
    expect(summary).toContain('on `main` by [`c0ffee0`](https://github.com/acme/shop/commit/c0ffee0)');
    expect(summary).toContain('```diff\n--- a/k8s/kustomization.yml\n');
  });

  test('draws steps that took time, with names that mermaid can parse', () => {
    const chart = /```mermaid\n([\s\S]*?)\n```/.exec(summary)?.[1] ?? '';
    expect(chart).toContain('section api\n');
    expect(chart).toContain('[deps 2/5] RUN npm ci echo a b c :0, 8000');
    expect(chart).not.toContain('load metadata');
    const bars = chart.split('\n').filter((line) => line.includes(' :'));
    expect(bars).toHaveLength(2);
    for (const bar of bars) expect(bar.split(':')).toHaveLength(2);
  });

  test('says how to verify every image and how to go back', () => {
    expect(summary).toContain(`docker buildx imagetools inspect ghcr.io/acme/web@sha256:${'b'.repeat(64)}`);
    expect(summary).toContain('\nimage-release rollback api --channel main\n');
  });
});

test('an image that did not change says since when, has its older digest, and no time or steps', () => {
  const summary = renderSummary(reusingReport('api'));
  expect(summary.split('\n')[0]).toBe('## Published and rolled out web. api did not change.');
  expect(summary).toContain(
    '| **api**<br>`ghcr.io/acme/api` | ♻️ unchanged | since main-0c0c0c0 (3 commits) | `main-1a2b3c4`<br>`latest` | `sha256:dddddddddddd` | `linux/amd64` | 51.3 MB | – | – | 68 packages |',
  );
  expect(summary).not.toContain('section api');
});

describe('the summary of a failure', () => {
  const summary = renderSummary({
    ...releasedReport(),
    outcome: {
      status: 'failed',
      stage: 'build',
      problems: [
        {
          code: 'build/step-failed',
          severity: 'error',
          message: 'RUN <script> | exit 1 failed',
          fix: 'Read the output.',
          place: { file: 'web/Dockerfile', line: 7 },
          image: 'web',
          detail: '>>> RUN exit 1\n```\nnot the end\n',
        },
      ],
    },
    build: undefined,
    published: [],
    deployments: [],
  });

  test('lesson 13: a failed build has no green line and no empty cells', () => {
    expect(summary.split('\n')[0]).toBe(
      '## The build failed. No moving tag was put and what is deployed has not changed.',
    );
    expect(summary).toContain('❌ failed');
    expect(summary).not.toContain('✅');
    expect(summary).not.toMatch(/\|[ \t]*\|/);
  });

  test('names place, fix and code, and shows the detail in a block that its text cannot close', () => {
    expect(summary).toContain('> **RUN &lt;script> | exit 1 failed** `web/Dockerfile:7`');
    expect(summary).toContain('> Read the output. <sub>build/step-failed</sub>');
    expect(summary).toContain('````text\n>>> RUN exit 1\n```\nnot the end\n````');
  });
});

test('a dry run says that nothing was done and what would be rolled out', () => {
  const plan = samplePlan();
  plan.deploy = [
    {
      status: 'deploy',
      target: { kustomization: 'k8s', mode: 'commit', pin: 'tag', missing: 'refuse' },
      branch: 'main',
      channel: 'main',
      images: ['api', 'web'],
    },
  ];
  const summary = renderSummary({
    ...releasedReport(),
    plan,
    outcome: { status: 'planned' },
    build: undefined,
    published: [],
    deployments: [],
  });
  expect(summary).toContain('## Would release api and web; nothing was done (dry run).');
  expect(summary).toContain('### Would roll out: `k8s` on `main`');
});

test('a key with a pipe cannot break the table', () => {
  const plan = samplePlan([]);
  plan.images = [plannedImage('a|b')];
  const summary = renderSummary({
    ...releasedReport(),
    plan,
    outcome: { status: 'planned' },
    build: undefined,
    published: [],
    deployments: [],
  });
  expect(summary).toContain('**a\\|b**');
});
