import { existsSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { PROBLEM_CATALOGUE } from '../../src/lib/problem-catalogue.js';
import { anchors, linkTargets } from './markdown.js';
import { MARKDOWN, ROOT, textOf, trackedFiles } from './repository-files.js';

const TRACKED = trackedFiles();

/** Whether git tracks a file or folder; `*` matches anything. */
function isTracked(path: string): boolean {
  if (path.includes('*')) return trackedFiles(path).length > 0;
  const folder = path.replace(/\/?$/, '/');
  return path === '.' || TRACKED.some((file) => file === path || file.startsWith(folder));
}

const isExternal = (target: string) => /^[a-z][a-z0-9+.-]*:/i.test(target);

/** Why a link is broken; undefined if it is valid. */
function objection(from: string, target: string): string | undefined {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? from : posix.join(posix.dirname(from), decodeURIComponent(path));
  if (file.startsWith('..') || !existsSync(join(ROOT, file))) return `${target}: there is no ${file}`;
  if (!isTracked(file)) return `${target}: ${file} is not part of the repository`;
  if (anchor === undefined) return undefined;
  if (statSync(join(ROOT, file)).isDirectory()) return `${target}: a folder has no anchors`;
  return anchors(textOf(file)).includes(anchor) ? undefined : `${target}: ${file} has no heading #${anchor}`;
}

test.each(MARKDOWN)('every relative link and anchor in %s is valid', (file) => {
  const targets = linkTargets(textOf(file)).filter((target) => !isExternal(target));
  expect(targets.flatMap((target) => objection(file, target) ?? [])).toEqual([]);
});

test('docs/README.md links to every page in docs', () => {
  const linked = linkTargets(textOf('docs/README.md')).map((target) => posix.normalize(`docs/${target}`));
  const pages = MARKDOWN.filter((path) => /^docs\/[^/]+\.md$/.test(path) && path !== 'docs/README.md');
  expect(pages.filter((path) => !linked.includes(path))).toEqual([]);
});

test('README begins with what image-release is and the first command, and links to the main pages', () => {
  const readme = textOf('README.md');
  const [, sentence = ''] = /\n\n(A GitHub Action and CLI [^]*?)\n\n/.exec(readme) ?? [];
  expect(sentence).toMatch(/several images[^]*Kustomization[^]*Argo CD or Flux/);
  const [start = ''] = readme.split('\n## What a push does');
  expect(start.split('\n').length).toBeLessThanOrEqual(70);
  expect(start).toMatch(/^image-release init$/m);
  for (const page of ['get-started', 'troubleshoot', 'errors/README', 'configuration', 'action', 'cli', 'README'])
    expect(linkTargets(readme)).toContain(`docs/${page}.md`);
});

test('finds links and anchors outside code, and detects broken links', () => {
  const page =
    '# A `b`, c!\n[x](docs/a.md#a-b-c) `[no](code)`\n\n```md\n# not [this](one)\n```\n## A b c\n<source srcset="d.png"><img src="i.png">';
  expect(linkTargets(page)).toEqual(['docs/a.md#a-b-c', 'd.png', 'i.png']);
  expect(anchors(page)).toEqual(['a-b-c', 'a-b-c-1']);
  expect(objection('README.md', 'docs/none.md')).toContain('there is no docs/none.md');
  expect(objection('README.md', 'docs/deploy.md#none')).toContain('has no heading #none');
  expect(objection('docs/deploy.md', '../../x')).toContain('there is no');
});

const NAMED = /`((?:\.ci|\.github|docs|examples|lab|schema|scripts|src|__tests__)\/[\w./*-]*)`/g;

test.each(MARKDOWN)('every file that %s names exists', (file) => {
  const named = [...textOf(file).matchAll(NAMED)].map(([, path]) => path!);
  // Paths in an example are relative to its root.
  const isThere = (path: string) => isTracked(path) || isTracked(posix.join(posix.dirname(file), path));
  expect(named.filter((path) => !isThere(path))).toEqual([]);
});

test.each(MARKDOWN)('GitHub links in %s to this repository name existing files', (file) => {
  const own =
    /https:\/\/(?:raw\.githubusercontent\.com\/ardenone\/image-release\/v1|github\.com\/ardenone\/image-release\/(?:blob|tree)\/\w+)\/([\w./-]+)/g;
  // A period after a link ends the sentence.
  const paths = [...textOf(file).matchAll(own)].map(([, path]) => path!.replace(/\.$/, ''));
  expect(paths.filter((path) => !isTracked(path))).toEqual([]);
});

test.each(MARKDOWN)('every error code that %s names exists', (file) => {
  const areas = [...new Set(Object.keys(PROBLEM_CATALOGUE).map((code) => code.split('/')[0]))].join('|');
  const named = [...textOf(file).matchAll(new RegExp(`\`((?:${areas})/[a-z-]+)\``, 'g'))].map(([, code]) => code!);
  expect(named.filter((code) => !(code in PROBLEM_CATALOGUE))).toEqual([]);
});
