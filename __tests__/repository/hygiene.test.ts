import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MARKDOWN, ROOT, textOf, trackedFiles, WORKFLOWS } from './repository-files.js';

/** What no file of a public repository should contain, with exceptions. */
const UNWANTED: { what: string; pattern: RegExp; except?: RegExp }[] = [
  {
    what: 'a path of one machine',
    pattern: /(?<![\w.-])\/(?:work|root|farm|home\/(?!runner\b|node\b)\w+|Users\/\w+)\/|\/tmp\/(?:spike|e2e)\b/,
  },
  {
    // A sample of npm's output names the public registry.
    what: 'the host of a package registry',
    pattern:
      /\b(?:registry\.(?!example\.)[\w-]+\.(?:org|com|dev)|[\w.-]*(?:artifactory|nexus|verdaccio)[\w-]*\.\w+\.\w+)/i,
    except: /^__tests__\/build\/failure-samples\.ts$/,
  },
  {
    what: 'a private key or a token',
    pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----|\bghp_[A-Za-z0-9]{36}\b|\bgithub_pat_\w{60,}/,
  },
  { what: 'an unresolved merge conflict', pattern: /^(?:<{7}|>{7}) /m, except: /kustomization/ },
  {
    // Write `import * as z`: a named import bundles zod's messages in forty languages, 0.35 MB.
    what: 'a named import from zod',
    pattern: /\bimport\s[^;]*\{[^;]*\}\s*from\s*'zod'/,
  },
  { what: 'an authorship note', pattern: /^(?:co-authored-by|generated (?:by|with) (?!`))/im },
];

const texts = trackedFiles()
  .filter((path) => !path.startsWith('dist/'))
  .map((path) => ({ path, bytes: readFileSync(join(ROOT, path)) }))
  .filter(({ bytes }) => !bytes.includes(0))
  .map(({ path, bytes }) => ({ path, text: bytes.toString('utf8') }));

test.each(UNWANTED)('no file contains $what', ({ pattern, except }) => {
  const found = texts
    .filter(({ path }) => !except?.test(path))
    .flatMap(({ path, text }) => {
      const match = pattern.exec(text);
      return match ? [`${path}: ${match[0]}`] : [];
    });
  expect(found).toEqual([]);
});

test('no module of the bundle imports node:http, which would make node 24 load its WebSocket client', () => {
  const bundle = trackedFiles('dist/*.js');
  expect(bundle.length).toBeGreaterThan(10);
  expect(bundle.filter((path) => /(?:from|import) ?"(?:node:)?http"/.test(textOf(path)))).toEqual([]);
});

test('workflows and pages pin third-party actions to a commit, with the version in a comment', () => {
  // Errors name a step within a sentence; the migration page shows workflows before the migration.
  const notToCopy = ['docs/errors/build.md', 'docs/errors/preflight.md', 'docs/migrate.md'];
  const shown = [...WORKFLOWS, ...MARKDOWN].filter((path) => !notToCopy.includes(path));
  const used = shown.flatMap((path) =>
    [...textOf(path).matchAll(/^[+\s]*(?:- )?uses: (\S+)(.*)$/gm)].map(([, action = '', remark = '']) => ({
      where: `${path}: ${action}${remark}`,
      foreign: !/^(?:\.\/|ardenone\/image-release[@/])/.test(action),
      pinned: /@[0-9a-f]{40}$/.test(action) && /^ # v\d/.test(remark),
    })),
  );
  const foreign = used.filter((use) => use.foreign);
  expect(foreign.length).toBeGreaterThan(20);
  expect(foreign.filter(({ pinned }) => !pinned).map(({ where }) => where)).toEqual([]);
});

test.each(trackedFiles('package-lock.json', '*/package-lock.json'))(
  '%s contains no download URL of a package',
  (path) => {
    expect(textOf(path)).not.toContain('"resolved"');
  },
);

test.each([
  ['a path of one machine', ['see ', 'home/someone/project'].join('/'), true],
  ['a path of one machine', '/home/runner/work/x and /homework/', false],
  ['the host of a package registry', ['registry', 'corp', 'com'].join('.'), true],
  ['the host of a package registry', 'registry.example.com and ghcr.io', false],
  ['a named import from zod', ['import { z } from', "'zod';"].join(' '), true],
  ['a named import from zod', "import { a } from './a.js';\nimport * as z from 'zod';", false],
])('finds %s in %j: %s', (what, text, isFound) => {
  expect(UNWANTED.find((entry) => entry.what === what)!.pattern.test(text)).toBe(isFound);
});
