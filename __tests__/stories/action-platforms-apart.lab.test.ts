/** @programs docker */
import type { JobResult } from '../../testing/runner.js';
import { viewRepository } from './registry-view.js';
import { imagesOf, lab, openShop, READ_TOKEN, tagOf, type Shop } from './shop.js';
import { withoutDocker } from './without-docker.js';

const PLATFORMS = ['linux/amd64', 'linux/arm64'] as const;
/** Has no `RUN`, so this machine can build it for any platform. */
const copying = (file: string) => `FROM scratch\nCOPY ${file} /${file}\nUSER 1000\nHEALTHCHECK NONE\n`;

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
const main = () => shop.origin('rev-parse', 'main');

/** Runs the job that builds one platform. */
const build = (platform: string, inputs: Record<string, string> = {}) =>
  shop.job({ token: READ_TOKEN, inputs: { push: 'digest', platforms: platform, ...inputs } });
const join = (...built: readonly JobResult[]) => {
  const outputs = built.map((job) => job.main.outputs['images']);
  return withoutDocker((env) => shop.job({ env, inputs: { published: outputs.join('\n') } }));
};
const buildAll = () => Promise.all(PLATFORMS.map((platform) => build(platform)));

/** Platforms of an index, each with the predicate types of its attestations. */
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

describe('platforms that separate jobs build', () => {
  let first: string;
  let apart: readonly JobResult[];
  let second: string;
  let next: readonly JobResult[];
  let api: string;

  test('are pushed by digest, without tags or a deploy commit', async () => {
    first = await shop.git('rev-parse', 'HEAD');
    apart = await buildAll();
    for (const [index, job] of apart.entries()) {
      expect(job.main.log).not.toContain('##[error]');
      expect(job.main.outputs).toMatchObject({ released: 'true', 'deploy-commit': '' });
      expect(imagesOf(job)['api']).toMatchObject({
        ...{ status: 'built', tags: [], platforms: [PLATFORMS[index]], commit: first, pushed: 'by-digest' },
      });
      expect(job.main.log).toContain('the job that merges them deploys');
    }
    expect([await view('api').tags(), await view('web').tags(), await main()]).toEqual([[], [], first]);
    // If jobs named images in the daemon, two jobs with the same name at the same moment could fail.
    expect(await shop.docker('images', '--quiet', `${shop.prefix}/*`)).toBe('');
  });

  test('are merged by a job without Docker into one attested index per image, which it tags and deploys', async () => {
    const joined = await join(...apart);
    expect(joined.main.log).not.toContain('##[error]');
    expect(joined.main.exitCode).toBe(0);
    expect(joined.main.outputs).toMatchObject({ released: 'true', 'deploy-commit': await main() });
    expect(imagesOf(joined)['web']).toMatchObject({
      status: 'built',
      tags: [tagOf(first), 'latest'],
      platforms: PLATFORMS,
    });
    for (const key of ['api', 'web']) {
      expect(await view(key).tags()).toEqual(['latest', tagOf(first)]);
      expect(await contentsOf(key, 'latest')).toEqual(BOTH);
      const { digest, annotations } = (await view(key).manifest('latest')) ?? {};
      expect(digest).toBe(imagesOf(joined)[key]?.digest);
      expect(annotations).toMatchObject({
        'org.opencontainers.image.revision': first,
        'org.opencontainers.image.version': tagOf(first),
      });
    }
    expect(await shop.origin('show', 'main:k8s/kustomization.yaml')).toContain(tagOf(first));
    api = imagesOf(joined)['api']?.digest ?? '';
  });

  test('are not rebuilt if the image is unchanged', async () => {
    second = await shop.push({ 'web/page': `second of ${shop.prefix}\n` });
    next = await buildAll();
    for (const [index, job] of next.entries())
      expect(imagesOf(job)).toMatchObject({
        api: { status: 'unchanged', digest: api, platforms: [PLATFORMS[index]] },
        web: { status: 'built' },
      });
  });

  test('are refused without creating a tag if a configured platform is missing', async () => {
    const before = await main();
    const alone = await join(next[0]!);
    expect(alone.main.exitCode).toBe(1);
    expect(alone.main.annotations).toMatchObject(
      ['api', 'web'].map((key) => ({
        title: 'registry/platform-missing',
        message: expect.stringContaining(`Image ${key} is configured for linux/amd64 and linux/arm64; no job`),
      })),
    );
    expect([await view('web').tags(), await main()]).toEqual([['latest', tagOf(first)], before]);
  });

  test('are merged so that an unchanged image keeps its digest and its deployed tag', async () => {
    const joined = await join(...next);
    expect(joined.main.exitCode).toBe(0);
    expect(imagesOf(joined)).toMatchObject({
      api: { status: 'unchanged', digest: api, tags: [tagOf(second), 'latest'] },
      web: { status: 'built', tags: [tagOf(second), 'latest'] },
    });
    expect(await contentsOf('web', 'latest')).toEqual(BOTH);
    const kustomization = await shop.origin('show', 'main:k8s/kustomization.yaml');
    expect(kustomization.match(/main-\w{7}/g)).toEqual([tagOf(first), tagOf(second)]);
  });
});
