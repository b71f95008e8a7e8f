import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { claimsOf } from './claims.js';
import { ROOT, textOf, trackedFiles } from './repository-files.js';
import { PROMISES } from './security-promises/promises.js';

const PAGE = textOf('SECURITY.md');

/** By `section › subject › claim`: the tests that prove it, or the reason why none can. */
const proofs = Object.entries(PROMISES).flatMap(([section, subjects]) =>
  Object.entries(subjects).flatMap(([subject, claims]) =>
    Object.entries(claims).map(([claim, proof]) => [`${section} › ${subject} › ${claim}`, proof] as const),
  ),
);
const tests = proofs.flatMap(([claim, proof]) =>
  typeof proof === 'string' ? [] : proof.map((named) => ({ claim, named })),
);

/** What is wrong with a reference `file: title`, where `file` is a path below `__tests__` without `.test.ts`. */
function faultOf(named: string): string | undefined {
  const [, file, title] = /^(\S+): ([^]+)$/.exec(named) ?? [];
  if (file === undefined || title === undefined) return 'is not written as `file: title`';
  const path = `__tests__/${file}.test.ts`;
  if (!existsSync(join(ROOT, path))) return 'is in no file';
  const text = textOf(path);
  if (!["'", '"', '`'].some((quote) => text.includes(quote + title))) return 'is not in that file';
  if (/\b(?:x(?:test|it|describe)\(|(?:test|it|describe)\.(?:skip|todo|failing))/.test(text)) return 'may be skipped';
  return undefined;
}

test('every claim in SECURITY.md has an entry, and every entry belongs to a claim', () => {
  const claims = claimsOf(PAGE);
  expect(claims.length).toBeGreaterThan(120);
  const known = new Set<string>(proofs.map(([claim]) => claim));
  expect({
    withoutProof: claims.filter((claim) => !known.has(claim)),
    noLongerThere: [...known].filter((claim) => !claims.includes(claim)),
  }).toEqual({ withoutProof: [], noLongerThere: [] });
});

test('every named test exists, and its file skips no test', () => {
  expect(tests.length).toBeGreaterThan(120);
  const faults = tests.flatMap(({ claim, named }) => {
    const fault = faultOf(named);
    return fault === undefined ? [] : [`${claim}\n  "${named}" ${fault}`];
  });
  expect(faults).toEqual([]);
});

test('every reason is a sentence, and every claim without a reason names a test', () => {
  const wrong = proofs.filter(([, proof]) =>
    typeof proof === 'string' ? !/^[A-Z`].{20,}\.$/.test(proof) : proof.length === 0,
  );
  expect(wrong).toEqual([]);
});

test('detects a changed claim, a missing test, and a skipped test', () => {
  const page = '## Secrets\n| secret | use |\n|---|---|\n| token | it is [kept](a.md). Never shown; or `x` |\n';
  expect(claimsOf(page)).toEqual([
    'Secrets › token › it is kept.',
    'Secrets › token › Never shown;',
    'Secrets › token › or `x`',
  ]);
  expect(claimsOf(page.replace('kept', 'held'))[0]).toBe('Secrets › token › it is held.');
  expect(faultOf('repository/security-promises: every named test exists, and its file skips no test')).toBeUndefined();
  expect(faultOf('repository/security-promises: a sentence of another page')).toBe('is not in that file');
  expect(faultOf('repository/none: a sentence')).toBe('is in no file');
  expect(faultOf('stories/newer-docker.lab: in Actions')).toBe('may be skipped');
});

test('SECURITY.md names every program that image-release calls', () => {
  const called = trackedFiles('src/*.ts').flatMap((path) =>
    [...textOf(path).matchAll(/\brun\(\s*'([\w-]+)'/g)].map(([, program]) => program!),
  );
  expect(new Set(called)).toEqual(new Set(['cosign', 'docker', 'gh', 'git', 'kubectl', 'unshare']));
  const [, what = ''] = PAGE.split('\n## What runs\n');
  expect([...new Set(called)].filter((program) => !what.includes(`\`${program}`))).toEqual([]);
});

test('image-release calls no program through a shell', () => {
  const starting = trackedFiles('src/*.ts').filter((path) => textOf(path).includes("'node:child_process'"));
  expect(starting).toEqual(['src/lib/process.ts']);
  const text = textOf('src/lib/process.ts');
  expect(text).toMatch(/import \{ spawn \} from 'node:child_process'/);
  expect(text).not.toMatch(/\bshell\s*:/);
});

test('the private key is only used to sign and never exported', () => {
  const lines = trackedFiles('src/*.ts').flatMap((path) => textOf(path).split('\n'));
  expect(lines.filter((line) => line.includes('privateKey')).map((line) => line.trim())).toEqual([
    "const signWith = (data: Buffer) => sign('sha256', data, keys.privateKey);",
  ]);
});

test('docs/recipes.md lists the permissions of a job', () => {
  const named = [...PAGE.matchAll(/^\| (`[\w-]+: write`.*?) \|/gm)].flatMap(([, cell]) => cell!.split(', '));
  expect(named.length).toBeGreaterThan(5);
  const explained = textOf('docs/recipes.md');
  const missing = named.filter((permission) => !new RegExp(`^\\| .*${permission}`, 'm').test(explained));
  // Jobs don't need it, only the user's token.
  expect(missing).toEqual(['`actions: write`']);
});

test('action.yml runs dist/index.js and dist/post.js', () => {
  expect(textOf('action.yml')).toMatch(/\n {2}main: dist\/index\.js\n {2}post: dist\/post\.js\n/);
});

test('CI compares dist/ with the source', () => {
  expect(textOf('.github/workflows/ci.yml')).toMatch(/run: \.ci\/run$/m);
  expect(textOf('.ci/run')).toMatch(/^npm test$/m);
  expect(textOf('scripts/test.ts')).toContain("program: 'scripts/check-dist.ts'");
});
