import { execFileSync } from 'node:child_process';
import { at, fingerprints, flippedBy, image, inNewFolder, write } from './input-folder.js';

inNewFolder();

describe('`paths` limits the files that count', () => {
  const narrowed = (...paths: string[]) => [image('web', { paths }), image('whole')];
  beforeEach(() => {
    write({ Dockerfile: 'FROM scratch\nCOPY . /\n', 'package.json': '{}', 'a.test.js': '' });
    write({ 'src/page.js': '1', 'src/docs/guide.md': '1', 'src/lib/(app)/x.js': '1' });
  });

  test.each<[string[], string, boolean]>([
    [['src', 'package*.json'], 'src/page.js', true],
    [['src', 'package*.json'], 'src/new/file.js', true],
    [['src', 'package*.json'], 'package.json', true],
    [['src', 'package*.json'], 'README.md', false],
    [['src', '!src/docs'], 'src/docs/guide.md', false],
    [['!src/docs', 'src'], 'src/docs/guide.md', true],
    [['!src/docs', '!**/*.test.js'], 'a.test.js', false],
    [['!src/docs', '!**/*.test.js'], 'other/file', true],
    [['**/*.js'], 'src/page.js', true],
    [['**/*.js'], 'src/docs/guide.md', false],
    [['/src/', './package.json'], 'src/page.js', true],
    [['src/lib/(app)'], 'src/lib/(app)/x.js', true],
    [['src/lib/(app)'], 'src/page.js', false],
    [['src'], 'SRC/page.js', false],
  ])('%j: a change of %s counts: %s', async (paths, path, counts) => {
    const flipped = await flippedBy(narrowed(...paths), () => write({ [path]: 'changed' }));
    expect(flipped).toEqual(counts ? ['web', 'whole'] : ['whole']);
  });

  test('the Dockerfile and the settings always count', async () => {
    const before = await fingerprints(...narrowed('src'));
    expect(await fingerprints(image('web', { paths: ['src'], platforms: ['linux/arm64'] }))).not.toEqual({
      web: before['web'],
    });
    const change = () => write({ Dockerfile: 'FROM scratch\nCOPY . /app\n' });
    expect(await flippedBy(narrowed('src'), change)).toEqual(['web', 'whole']);
  });

  test('reports a pattern that matches no file, and computes no fingerprint', async () => {
    expect(await fingerprints(...narrowed('src', 'srv'))).toMatchObject({
      web: 'in the context ., `paths` names srv, but no copied file matches it',
    });
  });

  test('reports an ambiguous pattern, and computes no fingerprint', async () => {
    expect(await fingerprints(...narrowed('src/{a,b}*'))).toMatchObject({
      web: "in the context ., `paths` can't be relied on: it has one of `{ | } ^` next to a wildcard",
    });
  });

  test("a file that doesn't count need not be readable", async () => {
    execFileSync('mkfifo', [at('pipe')]);
    const { web, whole } = await fingerprints(...narrowed('src'));
    expect(web).toMatch(/^v1:/);
    expect(whole).toMatch(/pipe is neither/);
  });
});
