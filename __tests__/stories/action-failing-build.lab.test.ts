/** @programs docker kustomize */
import { viewRepository } from './registry-view.js';
import { dockerfile, lab, newName, openShop, type Shop } from './shop.js';

const BROKEN = dockerfile('COPY page /page', 'RUN cat /page', 'RUN echo no more paper >&2 && false');

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
  expect((await shop.job()).main.exitCode).toBe(0);
});
afterAll(() => shop.close());

async function tagsWithDigests(key: string): Promise<Record<string, string | undefined>> {
  const view = viewRepository(`${shop.prefix}/${key}`);
  const tags = await view.tags();
  return Object.fromEntries(
    await Promise.all(tags.map(async (tag) => [tag, (await view.manifest(tag))?.digest] as const)),
  );
}

const BUILDERS = [
  { builder: "Docker's built-in builder", mayLeave: (tag: string) => [tag] },
  { builder: 'a builder that pushes by digest', mayLeave: () => [] },
];

describe.each(BUILDERS)('a release with one image that fails to build, with $builder', ({ builder, mayLeave }) => {
  test('moves no existing tag, commits nothing, and reports the failing line, without a green mark', async () => {
    const env: Record<string, string> = {};
    if (builder !== BUILDERS[0]?.builder) {
      env['BUILDX_BUILDER'] = newName('remote');
      await shop.docker('buildx', 'create', '--driver', 'remote', '--name', env['BUILDX_BUILDER'], lab.buildkit);
    }
    const before = { api: await tagsWithDigests('api'), web: await tagsWithDigests('web') };
    expect(Object.keys(before.api)).toContain('latest');

    const commit = await shop.push({
      'web/Dockerfile': BROKEN,
      'api/greeting': `of ${builder} ${shop.prefix}\n`,
    });
    const { main, leftovers } = await shop.job({ env });

    expect(main.exitCode).toBe(1);
    expect(main.outputs).toMatchObject({ released: 'false', 'deploy-commit': '' });
    expect(main.annotations).toMatchObject([{ level: 'error', file: 'web/Dockerfile', line: 4 }]);
    expect(main.annotations[0]?.message).toContain('no more paper');
    expect(main.summary).toContain('## The build failed.');
    expect(main.summary).toContain('RUN echo no more paper >&2 && false');
    expect(main.summary).toContain('❌ failed');
    expect(await tagsWithDigests('web')).toEqual(before.web);
    const { api } = { api: await tagsWithDigests('api') };
    const added = Object.keys(api).filter((tag) => !(tag in before.api));
    expect(mayLeave(`main-${commit.slice(0, 7)}`)).toEqual(expect.arrayContaining(added));
    expect(api).toMatchObject(before.api);
    expect(await shop.origin('rev-parse', 'main')).toBe(commit);
    expect(leftovers).toEqual([]);
    const rows = main.summary.split('\n').filter((line) => line.startsWith('| **'));
    expect(rows).toHaveLength(2);
    for (const row of rows) {
      expect(row).not.toContain('✅');
      expect(
        row
          .split('|')
          .slice(1, -1)
          .every((cell) => cell.trim() !== ''),
      ).toBe(true);
    }
  });
});
