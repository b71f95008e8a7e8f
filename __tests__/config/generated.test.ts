import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import { INPUTS } from '../../src/config/inputs.generated.js';
import { loadConfig } from '../../src/config/load.js';
import { imageReleaseJsonSchema } from '../../src/config/schema.js';
import { ReleaseError } from '../../src/lib/errors.js';
import { PROBLEM_CATALOGUE } from '../../src/lib/problem-catalogue.js';
import { referenceEntries } from '../../scripts/generate/configuration-reference.js';
import { BAD_CONFIGS } from './config-cases.js';

const read = (path: string) => readFileSync(path, 'utf8');
const reference = read('docs/configuration.md');
const manifest = parse(read('action.yml')) as Record<'inputs' | 'outputs' | 'runs', Record<string, unknown>>;

test('generated files are up to date', () => {
  const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', 'scripts/generate.ts', '--check'], {
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

test('the program has the inputs of action.yml, and docs/action.md lists all inputs and outputs', () => {
  expect(INPUTS).toEqual(manifest.inputs);
  for (const name of [...Object.keys(manifest.inputs), ...Object.keys(manifest.outputs)])
    expect(read('docs/action.md')).toContain(`| \`${name}\` |`);
});

test('the action runs on Node.js 24 and always runs its post step', () => {
  expect(manifest.runs).toEqual({
    using: 'node24',
    main: 'dist/index.js',
    post: 'dist/post.js',
    'post-if': 'always()',
  });
});

test('no output name ends with -digest or -ref, like the outputs of an image', () => {
  expect(Object.keys(manifest.outputs).filter((name) => /-(digest|ref)$/.test(name))).toEqual([]);
});

test('the docs have a section for every schema key and every error code', () => {
  for (const { path } of referenceEntries(imageReleaseJsonSchema())) expect(reference).toContain(`### \`${path}\`\n`);
  for (const code of Object.keys(PROBLEM_CATALOGUE))
    expect(read(`docs/errors/${code.split('/')[0]}.md`)).toContain(`## \`${code}\`\n`);
});

const examples = referenceEntries(imageReleaseJsonSchema()).flatMap(({ path, examples }) =>
  examples.map((example) => [
    path,
    stringify({
      ...example,
      images: { base: null, api: null, frontend: null, ...(example.images as object) },
    }),
  ]),
);

test.each(examples)('the loader accepts the example of %s', (_, yaml) => {
  expect(loadConfig({ text: yaml, origin: 'example' }).images.length).toBeGreaterThan(0);
});

test('the loader accepts the example at the top of the reference', () => {
  const [, yaml] = /```yaml\n([^]*?)```/.exec(reference)!;
  expect(loadConfig({ text: yaml!, origin: 'example' }).images).toHaveLength(2);
});

test('every section of the reference that a message links to exists', () => {
  const headings = [...reference.matchAll(/^### `(.*)`$/gm)].map(([, path]) => path!.replaceAll(/[^a-z-]/g, ''));
  const referred = Object.values(BAD_CONFIGS).flatMap(([yaml]) => {
    try {
      loadConfig({ text: yaml, origin: 'x' });
    } catch (error) {
      if (error instanceof ReleaseError)
        return error.problems.flatMap(({ fix }) => /configuration\.md#(\S+)\.$/.exec(fix)?.[1] ?? []);
    }
    return [];
  });
  expect(referred.length).toBeGreaterThan(5);
  expect(headings).toEqual(expect.arrayContaining(referred));
});
