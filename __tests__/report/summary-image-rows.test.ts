import { plannedImage, publishedImage, releasedReport, reusingReport, samplePlan } from './sample.js';
import { summarize } from './summary-text.js';

test('an image that did not change says since when, has its older digest, and no time or steps', () => {
  const summary = summarize(reusingReport('api'));
  expect(summary.split('\n')[0]).toBe('## Published and deployed web. api did not change.');
  expect(summary).toContain(
    `| ♻️ unchanged<br><sub>[since main-0c0c0c0 (3 commits)](https://github.com/acme/shop/compare/${'0c'.repeat(20)}...`,
  );
  expect(summary).toMatch(/^\| \*\*api\*\*.*sha256:<wbr>dddddd<wbr>dddddd.*\| – \|$/m);
  expect(summary).not.toContain('section api');
});

test('of many unchanged images only the names are shown, until one unfolds them', () => {
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
])('size is held against the release before, platform by platform: %j', (sizes, words) => {
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

test('a key with a pipe cannot break the table', () => {
  const plan = samplePlan([]);
  plan.images = [plannedImage('a|b')];
  const summary = summarize({
    ...releasedReport(),
    plan,
    outcome: { status: 'planned' },
    build: undefined,
    published: [],
    deployments: [],
  });
  expect(summary).toContain('**a\\|b**');
});
