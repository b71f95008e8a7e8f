import { readFileSync } from 'node:fs';
import { PROBLEM_CATALOGUE, type ProblemCode } from '../../src/lib/problem-catalogue.js';
import { errorPage } from '../../src/report/describe.js';
import { linksOf } from '../../src/report/summary/links.js';
import { VERSION } from '../../src/version.js';
import { releasedReport, samplePlan } from './sample.js';
import { summarize } from './summary-text.js';

test('links a problem in a Kustomization to its branch and repository, unless there are several repositories', () => {
  const plan = samplePlan();
  const target = { kustomization: 'k8s', mode: 'commit', pin: 'tag', missing: 'refuse' } as const;
  const at = { status: 'deploy', branch: 'live', channel: 'live', images: ['api'] } as const;
  const problem = {
    code: 'deploy/overridden' as const,
    severity: 'warning' as const,
    message: 'Something else is set.',
    fix: 'Remove it.',
    place: { file: 'k8s/app.yml', line: 12, column: 3 },
  };
  const summaryOf = (...repositories: (string | undefined)[]) =>
    summarize({
      ...releasedReport(),
      plan: {
        ...plan,
        deploy: repositories.map((repository) => ({
          ...at,
          images: [...at.images],
          target: { ...target, ...(repository !== undefined && { repository }) },
        })),
      },
      warnings: [problem],
    });
  expect(summaryOf(undefined)).toContain(
    '<br>[`k8s/app.yml:12:3`](https://github.com/acme/shop/blob/live/k8s/app.yml#L12)',
  );
  expect(summaryOf('acme/deploy')).toContain('(https://github.com/acme/deploy/blob/live/k8s/app.yml#L12)');
  expect(summaryOf(undefined, 'acme/deploy')).toContain('<br>`k8s/app.yml:12:3`\n');
});

test.each([
  ['ghcr.io/acme/api', 'https://github.com/acme/shop', 'https://github.com/acme/shop/pkgs/container/api'],
  ['ghcr.io/acme/shop/api', 'https://github.com/acme/shop', 'https://github.com/acme/shop/pkgs/container/shop%2Fapi'],
  ['ghcr.io/acme/api', 'https://github.com/acme/other', undefined],
  ['ghcr.io/others/api', 'https://github.com/acme/shop', undefined],
  ['quay.io/acme/api', undefined, 'https://quay.io/repository/acme/api'],
  ['registry.acme.example/api', 'https://github.com/acme/shop', undefined],
])('page of %s with source %s: %s', (image, label, page) => {
  const { source } = samplePlan();
  expect(linksOf(source).image(image, label)).toBe(page);
});

test('creates no links if the forge is unknown', () => {
  const { source } = samplePlan();
  const links = linksOf({ ...source, repository: undefined, url: '/srv/git/shop.git' });
  expect([links.commit('1'), links.branch('main'), links.file({ file: 'a' }, 'main'), links.run(1)]).toEqual(
    Array(4).fill(undefined),
  );
});

test('links every error code to its heading in docs/errors of this version', () => {
  for (const code of Object.keys(PROBLEM_CATALOGUE) as ProblemCode[]) {
    const [page, anchor] = errorPage(code).split('#');
    const path = `docs/errors/${code.split('/')[0]}.md`;
    expect(page).toBe(`https://github.com/ardenone/image-release/blob/v${VERSION}/${path}`);
    const headings = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8').match(/^## .*$/gm) ?? [];
    const anchors = headings.map((heading) =>
      heading
        .slice(3)
        .toLowerCase()
        .replaceAll(/[^\w -]/g, ''),
    );
    expect(anchors).toContain(anchor);
  }
});
