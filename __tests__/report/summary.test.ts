import { plannedImage, publishedImage, releasedReport, reusingReport, samplePlan } from './sample.js';
import { summarize } from './summary-text.js';

describe('the summary of a release', () => {
  const summary = summarize(releasedReport());

  test('begins with the outcome', () => {
    expect(summary.split('\n')[0]).toBe('## Published and deployed api and web.');
  });

  test('has one row per image with digest, reason, size, SBOM, time and cached steps', () => {
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

  test('draws steps that took time, with names that mermaid can parse, on an axis of seconds', () => {
    const chart = /```mermaid\n([\s\S]*?)\n```/.exec(summary)?.[1] ?? '';
    expect(chart).toContain('section api\n');
    expect(chart).toContain('[deps 2/5] RUN npm ci echo a∶b c :0, 8000');
    expect(chart).toContain('axisFormat %s s\n');
    expect(chart).not.toContain('load metadata');
    const bars = chart.split('\n').filter((line) => line.includes(' :'));
    expect(bars).toHaveLength(2);
    for (const bar of bars) expect(bar.split(':')).toHaveLength(2);
  });

  test('shows the commands that inspect an image and roll back', () => {
    expect(summary).toContain(`docker buildx imagetools inspect ghcr.io/acme/web@sha256:${'b'.repeat(64)}`);
    expect(summary).toContain('\nimage-release rollback api --channel main\n');
  });
});

test('the summary of a dry run names what would be deployed and escapes a pipe in an image key', () => {
  const plan = samplePlan();
  plan.images.push(plannedImage('a|b'));
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
  expect(summary).toContain('## Dry run: would release api, web and a|b. Nothing was changed.');
  expect(summary).toContain('**a\\|b**');
  expect(summary).toContain('### Would deploy: `k8s` on `main`');
});

test.each([
  ['one long detail', 1, 200_000],
  ['40 long problems', 40, 70_000],
  ['20,000 short problems', 20_000, 400],
])("a summary with %s stays below GitHub's 1 MiB and keeps the problem and the images", (_, count, length) => {
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

describe('the summary of a failure', () => {
  const summary = summarize({
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

  test('shows no success mark and no empty cell', () => {
    expect(summary.split('\n')[0]).toBe('## The build failed. No tag was moved, and the deployment did not change.');
    expect(summary).toContain('❌ failed');
    expect(summary).not.toContain('✅');
    expect(summary).not.toMatch(/\|[ \t]*\|/);
  });

  test("names place, fix and code, and shows the detail in a block that its text can't close", () => {
    expect(summary).toContain('> **RUN &lt;script> | exit 1 failed**<br>[`web/Dockerfile:7`]');
    expect(summary).toContain(
      '(https://github.com/acme/shop/blob/1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d/web/Dockerfile#L7)',
    );
    expect(summary).toMatch(/> Read the output. <sub>\[build\/step-failed\]\(https:.*#buildstep-failed\)<\/sub>/);
    expect(summary).toContain('````text\n>>> RUN exit 1\n```\nnot the end\n````');
  });
});

test('shows since when an image is unchanged, its digest, and no time or steps', () => {
  const summary = summarize(reusingReport('api'));
  expect(summary.split('\n')[0]).toBe('## Published and deployed web. api did not change.');
  expect(summary).toContain(
    `| ♻️ unchanged<br><sub>[since main-0c0c0c0 (3 commits)](https://github.com/acme/shop/compare/${'0c'.repeat(20)}...`,
  );
  expect(summary).toMatch(/^\| \*\*api\*\*.*sha256:<wbr>dddddd<wbr>dddddd.*\| – \|$/m);
  expect(summary).not.toContain('section api');
});

test('folds many unchanged images into a list of their names', () => {
  const keys = ['a', 'b', 'c', 'd', 'e'];
  const unchanged = { status: 'unchanged', digest: `sha256:${'d'.repeat(64)}`, reason: 'since v1' } as const;
  const plan = samplePlan(keys);
  plan.images = plan.images.map((image) =>
    image.key === 'c' ? image : { ...image, ...unchanged, since: { tag: 'v1' } },
  );
  const published = keys.map((key) => publishedImage(key, 'd'));
  const summary = summarize({ ...releasedReport(), plan, published });
  const [shown, folded] = summary.split('<details><summary>♻️ 4 unchanged: a, b, d and e</summary>');
  expect(shown!.match(/^\| \*\*/gm)).toHaveLength(1);
  expect(folded!.match(/^\| \*\*/gm)).toHaveLength(4);
});

test.each([
  [{ 'linux/amd64': 50_000_000 }, '+1.3 MB (+2.6 %)'],
  [{ 'linux/amd64': 51_300_000, 'linux/arm64': 9 }, 'same size'],
  [{ 'linux/amd64': 102_600_000 }, '−51.3 MB (−50 %)'],
])('compares sizes with the previous release, platform by platform: %j', (sizes, words) => {
  const report = releasedReport();
  const previous = { tag: 'main-0000000', digest: `sha256:${'0'.repeat(64)}`, commit: '0'.repeat(40), sizes };
  report.comparison = {
    bases: {},
    inputs: {},
    baselines: { api: { candidates: [], previous, problems: [] } },
  };
  const summary = summarize(report);
  expect(summary).toContain(`51.3 MB<br><sub>${words}</sub>`);
  expect(summary).toContain(
    `[api/<wbr>server.<wbr>js changed](https://github.com/acme/shop/compare/${'0'.repeat(40)}...`,
  );
});
