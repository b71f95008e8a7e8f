import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { copyRepository, installFromGit } from '../stories/git-install.js';
import { ROOT, textOf } from './repository-files.js';

const manifest = JSON.parse(textOf('package.json')) as {
  version: string;
  license: string;
  bin: Record<string, string>;
  engines: { node: string };
  scripts: Record<string, string>;
  dependencies?: Record<string, string>;
};

let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'image-release-package-'));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function npm(cwd: string, ...args: string[]): string {
  return execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function emptyProject(name: string): string {
  const folder = join(scratch, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{}\n');
  return folder;
}

describe('the package', () => {
  let clone: string;
  beforeAll(() => {
    const { jobs } = parse(textOf('.github/workflows/publish.yml')) as {
      jobs: { publish: { steps: { name?: string; run?: string }[] } };
    };
    const step = jobs.publish.steps.find(({ run }) => run?.includes('npm pack'));
    clone = copyRepository(join(scratch, 'clone'));
    execFileSync('bash', ['-e', '-c', step!.run!], { cwd: clone, stdio: 'pipe' });
  }, 120_000);

  test('contains the command line, schema, README and licence, but no files of the Action, tests or lab', () => {
    const listed = execFileSync('tar', ['-tvzf', 'image-release.tgz'], { cwd: clone, encoding: 'utf8' });
    const modes = new Map(
      [...listed.matchAll(/^(\S+) .* package\/(.+)$/gm)].map(([, mode = '', path = '']) => [path, mode]),
    );
    const paths = [...modes.keys()];
    for (const path of ['dist/cli/index.js', 'dist/licenses.txt']) expect(paths).toContain(path);
    for (const path of ['dist/index.js', 'dist/post.js', 'dist/actions-cache.js']) expect(paths).not.toContain(path);
    const others = paths.filter((path) => !path.startsWith('dist/')).sort();
    expect(others).toEqual(['LICENSE', 'README.md', 'package.json', 'schema/image-release.schema.json']);
    expect(modes.get('dist/cli/index.js')).toBe('-rwxr-xr-x');
  });

  test('installs offline from the tarball of a release, without any other package', () => {
    const project = emptyProject('project');
    npm(project, 'install', '--offline', '--no-audit', '--no-fund', join(clone, 'image-release.tgz'));
    expectAlone(project);
    const program = join(project, 'node_modules/.bin/image-release');
    expect(execFileSync(program, ['--version'], { encoding: 'utf8' })).toBe(`${manifest.version}\n`);
  }, 120_000);

  test('has a program that can be started directly', () => {
    expect(manifest.bin).toEqual({ 'image-release': 'dist/cli/index.js' });
    expect(textOf('dist/cli/index.js').split('\n', 1)).toEqual(['#!/usr/bin/env node']);
    expect(statSync(join(ROOT, 'dist/cli/index.js')).mode & 0o111).toBe(0o111);
    expect(execFileSync(join(ROOT, 'dist/cli/index.js'), ['--version'], { encoding: 'utf8' })).toBe(
      `${manifest.version}\n`,
    );
  });

  // If a script has one of these names, npm installs all development dependencies before it packs a git clone:
  // https://github.com/npm/pacote/blob/main/lib/git.js (prepareDir). So the script that bundles isn't called `build`.
  test('has no script that npm runs on installation, and no dependencies', () => {
    const run = ['preinstall', 'install', 'postinstall', 'build', 'prepare', 'prepack'];
    expect(Object.keys(manifest.scripts).filter((name) => run.includes(name))).toEqual([]);
    expect(manifest.dependencies).toBeUndefined();
  });

  test('requires Node.js 20, which CI tests', () => {
    expect(manifest.engines.node).toMatch(/^>=20\./);
    expect(textOf('.github/workflows/ci.yml')).toContain('image: node:20-');
  });
});

/** Expects image-release to be the only installed package, with less than 3 MB. */
function expectAlone(project: string): void {
  const modules = join(project, 'node_modules');
  expect(readdirSync(modules).filter((name) => !name.startsWith('.'))).toEqual(['image-release']);
  const files = readdirSync(modules, { recursive: true, encoding: 'utf8' }).map((path) => join(modules, path));
  const size = files.reduce((sum, file) => sum + lstatSync(file).size, 0);
  expect(size).toBeLessThan(3_000_000);
}

test('installed from git, it runs offline, without a build or another package', () => {
  const project = installFromGit(join(scratch, 'git'));
  expectAlone(project);
  expect(npm(project, 'exec', '--offline', '--', 'image-release', '--version')).toBe(`${manifest.version}\n`);
}, 120_000);

/** Text that survives minification, by the package whose code contains it. */
const TELLTALES: Record<string, string> = {
  '@actions/cache': 'Lookup only - skipping download',
  '@azure/storage-blob': 'x-ms-blob-type',
  '@octokit/core': 'octokit-core.js',
  '@octokit/endpoint': 'octokit-endpoint.js',
  '@octokit/request': 'octokit-request.js',
  semver: 'Invalid Version: ',
  tunnel: 'tunneling socket',
  undici: 'UndiciError',
  yaml: 'YAMLParseError',
  zod: '$ZodError',
};

describe('dist/licenses.txt', () => {
  const entries = textOf('dist/licenses.txt')
    .split(/\n\n\n(?=\S+ \d\S*: .+\n-{5,}\n)/)
    .map((entry) => {
      const [, name = '', license = '', text = ''] = /^(\S+) \S+: (.+)\n-+\n([^]*)$/.exec(entry) ?? [];
      return { name, license, text };
    });

  test('contains only permissive licences, each with its text if its package has one', () => {
    const permissive = ['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', '0BSD', 'BlueOak-1.0.0'];
    const all = (license: string) => license.replace(/^\((.*)\)$/, '$1').split(' AND ');
    const others = entries.filter(({ license }) => !all(license).every((name) => permissive.includes(name)));
    expect(others.map(({ name, license }) => `${name}: ${license}`)).toEqual([]);
    const silent = entries.filter(({ text }) => text.length < 200).map(({ name }) => name);
    // These packages contain no licence text.
    expect(silent).toEqual(['@nodable/entities', '@sigstore/verify', 'proxy-agent-negotiate']);
  });

  test('names each package whose code is in the bundle', () => {
    const bundle = join(ROOT, 'dist');
    const code = readdirSync(bundle, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.js'))
      .map((name) => readFileSync(join(bundle, name), 'utf8'))
      .join('\n');
    const names = entries.map(({ name }) => name);
    for (const [name, words] of Object.entries(TELLTALES)) {
      expect({ name, bundled: code.includes(words) }).toEqual({ name, bundled: names.includes(name) });
    }
  });
});
