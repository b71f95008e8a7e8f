import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { formatPlace } from '../../src/lib/errors.js';
import { PROBLEM_CATALOGUE } from '../../src/lib/problem-catalogue.js';
import { configOf } from '../plan/fixtures.js';
import { CASES } from './cases.js';
import { baseImage, layTenFaults, lookAt, problemsIn, TEN_FAULTS } from './fixtures.js';
import { NODE_CASES } from './node-cases.js';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

test.each([...NODE_CASES, ...CASES].map((sample) => [sample.name, sample] as const))(
  'reports the expected problems for %s',
  async (_, sample) => {
    const { files, config = 'images: { api: }', look, told, message = /./ } = sample;
    const problems = await problemsIn(files, config, look);
    expect(problems.map(({ code, place }) => `${code} ${formatPlace(place ?? { file: '?' })}`)).toEqual(told);
    for (const problem of problems) expect(problem.fix).toMatch(/\S.*\.$/s);
    if (told.length > 0) expect(problems[0]!.message).toMatch(message);
  },
);

test('every preflight problem except preflight/dockerfile-check has a test', async () => {
  const codes = Object.keys(PROBLEM_CATALOGUE).filter(
    (code) => code.startsWith('preflight/') && code !== 'preflight/dockerfile-check',
  );
  const folder = new URL('.', import.meta.url);
  const texts = await Promise.all((await readdir(folder)).map((file) => readFile(new URL(file, folder), 'utf8')));
  const tested = texts.join('\n');
  const isTested = (code: string) => new RegExp(`['\\s]${code}['\\s]`).test(tested);
  expect(codes.filter((code) => !isTested(code))).toEqual([]);
});

test('reports no problem in examples/acme', async () => {
  const root = 'examples/acme';
  const config = configOf(await readFile(`${root}/image-release.yml`, 'utf8'));
  const bases = { 'node:24-alpine': baseImage({ env: { NODE_VERSION: '24.11.0' } }) };
  const problems = lookAt(root, config, { bases });
  expect(problems).toEqual([]);
});

test('reports ten problems at once for a repository with ten faults, each with place and fix', async () => {
  const root = await mkdtemp(join(tmpdir(), 'ten-faults-'));
  try {
    await layTenFaults(root, 'registry.example');
    const problems = lookAt(root, configOf(await readFile(join(root, 'image-release.yml'), 'utf8')));
    const told = problems.map(({ code, place }) => `${code} ${formatPlace(place ?? { file: 'nowhere' })}`);
    expect(told.sort()).toEqual([...TEN_FAULTS].sort());
    for (const { fix, message } of problems) {
      expect(fix).toMatch(/^\S.*\.$/s);
      expect(message).toMatch(/\S.*\.$/s);
    }
    expect(problems.find(({ code }) => code === 'preflight/node-too-old')).toMatchObject({
      severity: 'error',
      image: 'web',
      message: 'next@16.0.1 needs node >=20.9.0, web/Dockerfile:1 says registry.example/node:18-alpine.',
    });
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});
