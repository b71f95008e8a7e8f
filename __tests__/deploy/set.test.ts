import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImages, type SetRequest } from '../../src/deploy/set.js';
import { ReleaseError } from '../../src/lib/errors.js';

const TEXT = '# top\r\nimages:\r\n- name: api # c\r\n  newTag: v1';

describe('set on disk', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'set-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const write = (name: string, text = TEXT) => writeFileSync(join(folder, name), text);
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  const set = (path: string, specs: string[], options: Partial<SetRequest> = {}) =>
    setImages({ path, cwd: folder, specs, missing: 'refuse', mode: 'write', ...options });
  const refusal = async (path: string, specs: string[], options: Partial<SetRequest> = {}) => {
    const error: unknown = await set(path, specs, options).catch((thrown: unknown) => thrown);
    if (!(error instanceof ReleaseError)) throw new Error('expected a ReleaseError');
    return error.problems.map(({ code }) => code);
  };

  test('changes only the value, keeps the file mode, leaves no temporary file and returns the diff', async () => {
    write('kustomization.yaml');
    chmodSync(join(folder, 'kustomization.yaml'), 0o750);
    const result = await set('kustomization.yaml', ['api=:v2']);
    expect(read('kustomization.yaml')).toBe(TEXT.replace('v1', 'v2'));
    expect(statSync(join(folder, 'kustomization.yaml')).mode & 0o777).toBe(0o750);
    expect(readdirSync(folder)).toEqual(['kustomization.yaml']);
    expect(result).toEqual({
      status: 'changed',
      path: 'kustomization.yaml',
      changes: [{ name: 'api', before: 'api:v1', after: 'api:v2', line: 3 }],
      diff: [
        '--- a/kustomization.yaml',
        '+++ b/kustomization.yaml',
        '@@ -1,4 +1,4 @@',
        ' # top\r',
        ' images:\r',
        ' - name: api # c\r',
        '-  newTag: v1',
        '\\ No newline at end of file',
        '+  newTag: v2',
        '\\ No newline at end of file',
        '',
      ].join('\n'),
    });
  });

  test('a preview returns the same result and writes nothing', async () => {
    write('kustomization.yaml');
    const preview = await set('kustomization.yaml', ['api=:v2'], { mode: 'preview' });
    expect(read('kustomization.yaml')).toBe(TEXT);
    expect(await set('kustomization.yaml', ['api=:v2'])).toEqual(preview);
  });

  test("doesn't write the file if the value is already set", async () => {
    write('kustomization.yaml');
    utimesSync(join(folder, 'kustomization.yaml'), 1, 1);
    expect(await set('kustomization.yaml', ['api=:v1'])).toEqual({
      status: 'unchanged',
      path: 'kustomization.yaml',
    });
    expect(statSync(join(folder, 'kustomization.yaml')).mtimeMs).toBe(1000);
  });

  test.each(['kustomization.yaml', 'kustomization.yml', 'Kustomization'])('finds the %s of a folder', async (name) => {
    mkdirSync(join(folder, 'k8s'));
    write(`k8s/${name}`);
    write('k8s/other.yaml');
    expect(await set('k8s', ['api=:v2'])).toMatchObject({ status: 'changed', path: `k8s/${name}` });
    expect(read(`k8s/${name}`)).toContain('v2');
    expect(read('k8s/other.yaml')).toBe(TEXT);
  });

  test('refuses a folder with two Kustomizations, but accepts the path of one', async () => {
    write('kustomization.yaml');
    write('Kustomization');
    expect(await refusal('.', ['api=:v2'])).toEqual(['deploy/kustomize-rejects']);
    expect(await set('Kustomization', ['api=:v2'])).toMatchObject({ status: 'changed' });
    expect(read('kustomization.yaml')).toBe(TEXT);
  });

  test('keeps a byte order mark', async () => {
    write('kustomization.yaml', `\ufeff${TEXT}`);
    const result = await set('kustomization.yaml', ['api=:v2']);
    expect(read('kustomization.yaml')).toBe(`\ufeff${TEXT.replace('v1', 'v2')}`);
    expect(result).toMatchObject({ diff: expect.stringContaining('\n \ufeff# top\r\n') as string });
  });

  test('adds a missing entry only with `missing: add`', async () => {
    write('kustomization.yaml');
    expect(await refusal('.', ['web=:v2'])).toEqual(['deploy/entry-missing']);
    await set('.', ['web=:v2'], { missing: 'add' });
    expect(read('kustomization.yaml')).toBe(`${TEXT}\r\n- name: web\r\n  newTag: v2`);
  });

  test('reports problems of the image arguments and of the file together, and writes nothing', async () => {
    write('kustomization.yaml');
    expect(await refusal('.', ['api=:v2', 'api', 'web=:v2', 'x=:-'])).toEqual([
      'image/invalid-reference',
      'image/invalid-reference',
      'deploy/entry-missing',
    ]);
    expect(read('kustomization.yaml')).toBe(TEXT);
    expect(await refusal('.', [])).toEqual(['image/invalid-reference']);
  });

  test.each([
    ['a missing file', 'none.yaml', ['deploy/kustomization-missing']],
    ['a folder without a Kustomization', '.', ['deploy/kustomization-missing']],
    ['a path below a file', 'file/x', ['deploy/kustomization-missing']],
  ])('reports a missing Kustomization for %s', async (_, path, codes) => {
    write('file');
    expect(await refusal(path, ['api=:v2'])).toEqual(codes);
  });

  test("doesn't replace a symbolic link with a file", async () => {
    write('real.yaml');
    symlinkSync('real.yaml', join(folder, 'kustomization.yaml'));
    expect(await refusal('kustomization.yaml', ['api=:v2'])).toEqual(['deploy/kustomization-missing']);
    expect(await refusal('.', ['api=:v2'])).toEqual(['deploy/kustomization-missing']);
    expect(read('real.yaml')).toBe(TEXT);
  });

  test("reports an error and keeps the old text if it can't create a temporary file", async () => {
    const name = `${'k'.repeat(250)}.yml`;
    write(name);
    expect(await refusal(name, ['api=:v2'])).toEqual(['deploy/write-failed']);
    expect(read(name)).toBe(TEXT);
    expect(readdirSync(folder)).toEqual([name]);
  });
});
