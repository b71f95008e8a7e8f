import { releasedReport, samplePlan } from './sample.js';
import { summarize } from './summary-text.js';

describe('the summary of a release', () => {
  const summary = summarize(releasedReport());

  test('answers in its first line what was done', () => {
    expect(summary.split('\n')[0]).toBe('## Published and deployed api and web.');
  });

  test('has one row per image with tag, digest, why, size, SBOM, time and cached steps', () => {
    expect(summary).toContain(
      [
        '| **api**<br><sub><code>sha256:<wbr>aaaaaa<wbr>aaaaaa</code></sub>',
        '✅ built<br><sub>api/<wbr>server.<wbr>js changed</sub>',
        '51.3 MB<br><sub>68 packages</sub>',
        '12 s<br><sub>3 of 8 steps cached</sub> |',
      ].join(' | '),
    );
    expect(summary.match(/^\| \*\*/gm)).toHaveLength(2);
  });

  test('shows the diff of the deploy commit and links the commit', () => {
    expect(summary).toContain(
      'on [`main`](https://github.com/acme/shop/tree/main) by [`c0ffee0`](https://github.com/acme/shop/commit/c0ffee0)',
    );
    expect(summary).toContain('```diff\n--- a/k8s/kustomization.yml\n');
  });

  test('draws steps that took time, with names that mermaid can parse, on an axis that no time zone shifts', () => {
    const chart = /```mermaid\n([\s\S]*?)\n```/.exec(summary)?.[1] ?? '';
    expect(chart).toContain('section api\n');
    expect(chart).toContain('[deps 2/5] RUN npm ci echo a∶b c :0, 8000');
    expect(chart).toContain('axisFormat %s s\n');
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
  const summary = summarize({
    ...releasedReport(),
    plan,
    outcome: { status: 'planned' },
    build: undefined,
    published: [],
    deployments: [],
  });
  expect(summary).toContain('## Dry run: would release api and web. Nothing was changed.');
  expect(summary).toContain('### Would deploy: `k8s` on `main`');
});

test.each([
  ['outputs', 1, 200_000],
  ['problems', 40, 70_000],
  ['tiny problems', 20_000, 400],
])('however much there is of %s, a summary stays below GitHub’s 1 MiB and keeps what matters', (_, count, length) => {
  const problems = Array.from({ length: count }, () => ({
    code: 'build/step-failed' as const,
    severity: 'error' as const,
    message: 'RUN false failed',
    fix: 'Read the output.',
    detail: '€'.repeat(length),
  }));
  const summary = summarize({
    ...releasedReport(),
    outcome: { status: 'failed', stage: 'build', problems },
  });
  expect(Buffer.byteLength(summary)).toBeLessThan(1_010_000);
  expect(summary).toMatch(/cut here|and 19950 more/);
  expect(summary).toContain('RUN false failed');
  expect(summary).toContain('| **api**');
  expect(summary.match(/^```/gm)!.length % 2).toBe(0);
});
