/** @programs docker */
import { jest } from '@jest/globals';
import type { JobResult } from '../../testing/runner.js';
import { viewRepository } from './registry-view.js';
import { lab, openShop, READ_TOKEN, type Shop } from './shop.js';
import { withoutDocker } from './without-docker.js';

jest.setTimeout(120_000);

const PLATFORMS = ['linux/amd64', 'linux/arm64'] as const;
/** Nothing in it is run, so that this machine builds it for any platform. */
const copying = (file: string) => `FROM scratch\nCOPY ${file} /${file}\nUSER 1000\nHEALTHCHECK NONE\n`;

interface Handed {
  digest: string;
  status: string;
  tags: string[];
  platforms: string[];
  commit: string;
}

let shop: Shop;
beforeAll(async () => {
  shop = await openShop({
    settings: { builder: { type: 'remote', endpoint: lab.buildkit } },
    images: { api: { platforms: PLATFORMS }, web: { platforms: PLATFORMS } },
    files: { 'api/Dockerfile': copying('greeting'), 'web/Dockerfile': copying('page') },
  });
});
afterAll(() => shop?.close());

const view = (key: string) => viewRepository(`${shop.prefix}/${key}`);
const images = ({ main }: JobResult) => JSON.parse(main.outputs['images'] ?? '{}') as Record<string, Handed>;
const main = () => shop.origin('rev-parse', 'main');
const tagOf = (commit: string) => `main-${commit.slice(0, 7)}`;

/** One of the jobs with a runner of that platform. */
const build = (platform: string, inputs: Record<string, string> = {}) =>
  shop.job({ token: READ_TOKEN, inputs: { push: 'digest', platforms: platform, ...inputs } });
const isJob = (job: JobResult | object): job is JobResult => 'main' in job;
const join = (...built: readonly (JobResult | object)[]) => {
  const outputs = built.map((job) => (isJob(job) ? job.main.outputs['images'] : JSON.stringify(job)));
  return withoutDocker((env) => shop.job({ env, inputs: { published: outputs.join('\n') } }));
};
const buildAll = () => Promise.all(PLATFORMS.map((platform) => build(platform)));

/** What an index holds: platforms, and for each the types of what is attested of it. */
async function contentsOf(key: string, reference: string): Promise<Record<string, string[]>> {
  const index = await view(key).manifest(reference);
  const statements = await view(key).statements(reference);
  return Object.fromEntries(
    (index?.manifests ?? [])
      .filter(({ annotations }) => annotations?.['vnd.docker.reference.type'] === undefined)
      .map(({ digest, platform }) => [
        `${platform?.os}/${platform?.architecture}`,
        statements.filter(({ of }) => of === digest).map(({ statement }) => statement.predicateType),
      ]),
  );
}

const PROVENANCE = [expect.stringMatching(/^https:\/\/slsa\.dev\/provenance\//)];
const BOTH = { 'linux/amd64': PROVENANCE, 'linux/arm64': PROVENANCE };

describe('platforms that jobs with runners of their own build', () => {
  let first: string;
  let apart: readonly JobResult[];
  let second: string;
  let next: readonly JobResult[];
  let api: string;

  test('are pushed by digest, with no tag and no deploy', async () => {
    first = await shop.git('rev-parse', 'HEAD');
    apart = await buildAll();
    for (const [index, job] of apart.entries()) {
      expect(job.main.log).not.toContain('##[error]');
      expect(job.main.outputs).toMatchObject({ released: 'true', 'deploy-commit': '' });
      expect(images(job)['api']).toMatchObject({
        ...{ status: 'built', tags: [], platforms: [PLATFORMS[index]], commit: first, pushed: 'by-digest' },
      });
      expect(job.main.log).toContain('the job that merges them deploys');
    }
    expect([await view('api').tags(), await view('web').tags(), await main()]).toEqual([[], [], first]);
    // Else two jobs that name an image there at the same moment would fail each other.
    expect(await shop.docker('images', '--quiet', `${shop.prefix}/*`)).toBe('');
  });

  test('become one index per image, verified, tagged and deployed by a job without Docker', async () => {
    const joined = await join(...apart);
    expect(joined.main.log).not.toContain('##[error]');
    expect(joined.main.exitCode).toBe(0);
    expect(joined.main.outputs).toMatchObject({ released: 'true', 'deploy-commit': await main() });
    expect(images(joined)['web']).toMatchObject({
      status: 'built',
      tags: [tagOf(first), 'latest'],
      platforms: PLATFORMS,
    });
    for (const key of ['api', 'web']) {
      expect(await view(key).tags()).toEqual(['latest', tagOf(first)]);
      expect(await contentsOf(key, 'latest')).toEqual(BOTH);
      const { digest, annotations } = (await view(key).manifest('latest')) ?? {};
      expect(digest).toBe(images(joined)[key]?.digest);
      expect(annotations).toMatchObject({
        'org.opencontainers.image.revision': first,
        'org.opencontainers.image.version': tagOf(first),
      });
    }
    expect(await shop.origin('show', 'main:k8s/kustomization.yaml')).toContain(tagOf(first));
    api = images(joined)['api']?.digest ?? '';
  });

  test('joined once more, in another order, they are the same bytes under the same tag', async () => {
    const before = await main();
    const again = await join(...[...apart].reverse());
    expect(again.main.exitCode).toBe(0);
    expect(images(again)['api']).toMatchObject({ digest: api, tags: [tagOf(first), 'latest'] });
    expect(await view('api').tags()).toEqual(['latest', tagOf(first)]);
    expect(await main()).toBe(before);
  });

  test('are not built again where their inputs did not change', async () => {
    second = await shop.push({ 'web/page': `second of ${shop.prefix}\n` });
    next = await buildAll();
    for (const [index, job] of next.entries())
      expect(images(job)).toMatchObject({
        api: { status: 'unchanged', digest: api, platforms: [PLATFORMS[index]] },
        web: { status: 'built' },
      });
  });

  test('that do not fit together are refused before any tag is put', async () => {
    const before = await main();
    const alone = await join(next[0]!);
    expect(alone.main.annotations).toMatchObject(
      ['api', 'web'].map((key) => ({
        title: 'registry/platform-missing',
        message: expect.stringContaining(`Image ${key} is configured for linux/amd64 and linux/arm64; no job`),
      })),
    );
    const stale = await join(...apart);
    expect(stale.main.annotations).toMatchObject([
      { title: 'plan/parts-conflict', message: expect.stringContaining(first.slice(0, 12)) },
    ]);
    const web = { ...images(apart[0]!)['web'], commit: second };
    const twice = await join(...next, { web });
    expect(twice.main.annotations).toMatchObject([
      { title: 'plan/parts-conflict', message: expect.stringContaining('linux/amd64') },
    ]);
    const blank = await shop.job({ inputs: { published: '\n\n' } });
    expect(blank.main.annotations).toMatchObject([
      { title: 'input/invalid', message: expect.stringContaining('is blank') },
    ]);
    expect([alone, stale, twice, blank].map((job) => job.main.exitCode)).toEqual([1, 2, 2, 2]);
    expect([await view('web').tags(), await main()]).toEqual([['latest', tagOf(first)], before]);
  });

  test('and did not change keep the digest that is deployed', async () => {
    const joined = await join(...next);
    expect(joined.main.exitCode).toBe(0);
    expect(images(joined)).toMatchObject({
      api: { status: 'unchanged', digest: api, tags: [tagOf(second), 'latest'] },
      web: { status: 'built', tags: [tagOf(second), 'latest'] },
    });
    expect(await contentsOf('web', 'latest')).toEqual(BOTH);
    const kustomization = await shop.origin('show', 'main:k8s/kustomization.yaml');
    expect(kustomization.match(/main-\w{7}/g)).toEqual([tagOf(first), tagOf(second)]);
  });

  test('one that is built anew is joined with the other as it stands', async () => {
    const before = await view('api').manifest('latest');
    const joined = await join(
      await build(PLATFORMS[0], { images: 'api' }),
      await build(PLATFORMS[1], { images: 'api', rebuild: 'true' }),
    );
    expect(joined.main.exitCode).toBe(0);
    expect(images(joined)['api']).toMatchObject({
      status: 'built',
      tags: [`${tagOf(second)}-r2`, 'latest'],
      platforms: PLATFORMS,
    });
    const after = await view('api').manifest('latest');
    expect(await contentsOf('api', 'latest')).toEqual(BOTH);
    const ofAmd64 = (index: typeof after) =>
      index?.manifests?.filter(
        ({ digest, annotations }) =>
          digest === index.manifests?.[0]?.digest ||
          annotations?.['vnd.docker.reference.digest'] === index.manifests?.[0]?.digest,
      );
    expect(ofAmd64(after)).toEqual(ofAmd64(before));
    expect(after?.digest).not.toBe(before?.digest);
  });
});
