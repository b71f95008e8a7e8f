/** @programs docker kustomize */
import type { JobResult } from '../../testing/runner.js';
import type { ImageOutput } from '../../src/report/outputs.js';
import { DONE, endOf, imagesOf, openShop, tagOf, type Shop } from './shop.js';
import { withoutDocker } from './without-docker.js';

let shop: Shop;
let first: string;
let second: string;
let before: Record<'api' | 'web', ImageOutput>;
let job: JobResult;

const kustomization = (revision: string) => shop.origin('show', `${revision}:k8s/kustomization.yaml`);
const digestsOf = (key: string, ...tags: string[]) => Promise.all(tags.map((tag) => shop.digest(key, tag)));

beforeAll(async () => {
  shop = await openShop();
  first = await shop.git('rev-parse', 'HEAD');
  const begin = await shop.job();
  if (begin.main.exitCode !== 0) throw new Error(begin.main.log);
  before = imagesOf(begin);
  second = await shop.push({ 'web/page': `second of ${shop.prefix}\n` });
  job = await shop.job({ runId: '7000000002' });
});
afterAll(() => shop?.close());

describe('a push that changes only the page of web', () => {
  test('builds only web, and reports a reason for each image', () => {
    const { summary } = job.main;
    expect(endOf(job)).toEqual(DONE);
    expect(imagesOf(job)).toMatchObject({
      api: {
        status: 'unchanged',
        reason: `since ${tagOf(first)} (2 commits)`,
        builtFrom: first,
        fingerprint: before.api.fingerprint,
        releaseTag: tagOf(second),
        tags: [tagOf(second), 'latest'],
        ref: `${shop.prefix}/api:${tagOf(second)}@${before.api.digest}`,
        platforms: before.api.platforms,
      },
      web: { status: 'built', reason: 'web/page changed', tags: [tagOf(second), 'latest'] },
    });
    expect(before.api.fingerprint).toMatch(/^v1:[0-9a-f]{64}$/);
    expect(imagesOf(job)['web']?.fingerprint).not.toBe(before.web.fingerprint);
    expect(summary).toContain('## Published and deployed web. api did not change.');
    expect(summary).toMatch(
      /\*\*api\*\*.*♻️ unchanged<br><sub>\[since main-[0-9a-f]{7} \(2 commits\)\]\(http.*\/compare\//,
    );
    expect(summary).toMatch(
      /\*\*web\*\*.*✅ built<br><sub>\[web\/<wbr>page changed\]\(http.*\/compare\/.*<sub>(same\u00a0size|[+−])/,
    );
  });

  test('runs no step of api', () => {
    expect(job.main.log).toContain('COPY page /printed');
    expect(job.main.log).not.toContain('/greeting');
  });

  test('points the tags of this commit at the unchanged digest of api and the new digest of web', async () => {
    expect(await digestsOf('api', tagOf(first), tagOf(second), 'latest')).toEqual(
      Array.from({ length: 3 }, () => before.api.digest),
    );
    const digest = imagesOf(job)['web']?.digest;
    expect(digest).not.toBe(before.web.digest);
    expect(await digestsOf('web', tagOf(first), tagOf(second), 'latest')).toEqual([before.web.digest, digest, digest]);
  });

  test('leaves the Kustomization entry of api unchanged, byte for byte', async () => {
    expect(await kustomization('main')).toBe(
      (await kustomization('main^')).replace(`newTag: '${tagOf(first)}'`, `newTag: '${tagOf(second)}'`),
    );
    expect(await kustomization('main')).toContain(`newTag: ${tagOf(first)}   # set by the release`);
  });
});

test('a push that reverts the page deploys the earlier image, without a build', async () => {
  const reverted = await shop.push({ 'web/page': `web of ${shop.prefix}\n` });
  const back = await shop.job({ runId: '7000000003' });
  expect(endOf(back)).toEqual(DONE);
  expect(imagesOf(back)).toMatchObject({
    api: { status: 'unchanged', digest: before.api.digest },
    web: { status: 'unchanged', digest: before.web.digest, builtFrom: first, releaseTag: tagOf(reverted) },
  });
  expect(back.main.summary).toContain('## Deployed web. Nothing had to be built.');
  expect(await digestsOf('web', tagOf(reverted), 'latest')).toEqual([before.web.digest, before.web.digest]);
  expect(await kustomization('main')).toBe(
    (await kustomization('main^')).replace(`newTag: '${tagOf(second)}'`, `newTag: '${tagOf(reverted)}'`),
  );
});

test('a push that changes no image needs no Docker, tags both images for the commit, and deploys nothing', async () => {
  const commit = await shop.push({ 'README.md': 'What the shop sells.\n' });
  const deployed = await shop.origin('rev-parse', 'main');
  const idle = await withoutDocker((env) => shop.job({ runId: '7000000004', env }));
  expect(endOf(idle)).toEqual(DONE);
  expect(idle.main.summary).toContain('## Nothing to do: api and web did not change.');
  expect(idle.main.outputs).toMatchObject({ released: 'true', 'deploy-commit': '' });
  for (const key of ['api', 'web'] as const) {
    const { digest } = before[key];
    expect(imagesOf(idle)[key]).toMatchObject({
      ...{ status: 'unchanged', digest, builtFrom: first, releaseTag: tagOf(commit) },
    });
    expect(await digestsOf(key, tagOf(commit), 'latest')).toEqual([digest, digest]);
  }
  expect(await shop.origin('rev-parse', 'main')).toBe(deployed);
});
