import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseDocument } from 'yaml';
import { ERROR_CAUSES } from '../../scripts/generate/error-causes.js';
import { readErrorSamples } from '../../scripts/generate/error-samples.js';
import { PROBLEM_CATALOGUE, type ProblemCode } from '../../src/lib/problem-catalogue.js';
import type { OutOfReach, ProvenElsewhere } from './followed-fix.js';

const FOLDER = new URL('./followed/', import.meta.url);
const CODES = Object.keys(PROBLEM_CATALOGUE) as ProblemCode[];
const SAMPLES = readErrorSamples('.');

const sources = readdirSync(FOLDER).map((file) => readFileSync(new URL(file, FOLDER), 'utf8'));

type Entry = Partial<ProvenElsewhere> & Partial<OutOfReach>;

/** Entries of all lists in `followed/`. */
const ENTRIES: Entry[] = [];
beforeAll(async () => {
  const modules = readdirSync(FOLDER).map((file) => import(`./followed/${file}`) as Promise<Record<string, unknown>>);
  for (const module of await Promise.all(modules)) ENTRIES.push(...Object.values(module).filter(Array.isArray).flat());
});

const proven = () => ENTRIES.filter((entry): entry is ProvenElsewhere => entry.provenBy !== undefined);

test('every error code has a sample or names the test that proves it', () => {
  // Only a test that provoked the error can write its sample.
  const elsewhere = proven().map(({ code }) => code);
  expect(CODES.filter((code) => !SAMPLES.has(code) && !elsewhere.includes(code))).toEqual([]);
});

test('every sample belongs to an error code that a file in `followed/` names', () => {
  const met = (code: string) => sources.some((text) => text.includes(`'${code}'`));
  expect([...SAMPLES.keys()].filter((code) => !(code in PROBLEM_CATALOGUE) || !met(code))).toEqual([]);
});

/** The text of a test file and of the test helpers that it imports. */
function textOf(path: string): string {
  const text = readFileSync(path, 'utf8');
  const beside = [...text.matchAll(/from '(\.{1,2}\/(?!.*\/src\/)[^']*)\.js'/g)]
    .map(([, file]) => join(dirname(path), `${file}.ts`))
    .filter((file) => file.startsWith('__tests__/') && existsSync(file));
  const texts = [text, ...beside.map((file) => readFileSync(file, 'utf8'))];
  // Removes the escapes of strings and regular expressions.
  return texts.join('\n').replaceAll(/\\(?=['/])/g, '');
}

test('every test that `provenBy` or `followedBy` names exists, and the proof contains the error code', () => {
  const wrong = proven().flatMap(({ code, provenBy, followedBy = provenBy }) =>
    [provenBy, followedBy].flatMap((reference) => {
      const [path = '', name = ''] = reference.split(' › ');
      if (!existsSync(path)) return [`${code}: there is no ${path}`];
      const text = textOf(path);
      if (name === '' || !text.includes(name)) return [`${code}: ${path} has no "${name}"`];
      return reference === provenBy && !text.includes(code) ? [`${code}: ${path} does not speak of it`] : [];
    }),
  );
  expect(wrong).toEqual([]);
});

test('fewer than a tenth of the errors have a fix that no test follows, each with a reason', () => {
  const reasons = ENTRIES.flatMap(({ code, outOfReach }) =>
    outOfReach === undefined ? [] : [[code, outOfReach] as const],
  );
  for (const [, reason] of reasons) expect(reason).toMatch(/\w+ \w+ \w+/);
  expect(reasons.length).toBeLessThan(CODES.length / 10);
});

const TEXTS = [
  ...CODES.map((code) => ({ code, cause: ERROR_CAUSES[code], fix: PROBLEM_CATALOGUE[code].fix })),
  ...[...SAMPLES.values()].map(({ code, message, fix }) => ({ code, cause: message, fix })),
];

test('every cause and every fix is a complete sentence', () => {
  const broken = TEXTS.filter(({ cause, fix }) =>
    [cause, fix].some((text) => !/\S.*(?:[.?]|https?:\/\/\S+)$/s.test(text) || /undefined|\[object|NaN/.test(text)),
  );
  // Node.js and BuildKit write these texts.
  const foreign: ProblemCode[] = ['internal/unexpected', 'preflight/dockerfile-check'];
  expect(broken.filter(({ code }) => !foreign.includes(code))).toEqual([]);
});

test('YAML in a fix is valid', () => {
  const snippets = TEXTS.flatMap(({ code, fix }) =>
    [...fix.matchAll(/`((?:- )?[\w.-]+: [^`]+)`/g)].map(([, text = '']) => ({ code, text })),
  );
  expect(snippets.length).toBeGreaterThan(20);
  // The reader replaces `…`.
  const broken = snippets.filter(({ text }) => parseDocument(text.replaceAll('…', 'x')).errors.length > 0);
  expect(broken).toEqual([]);
});
