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

  test('holds the command line, schema, README and licence, and nothing of the Action, tests or lab', () => {
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

  test('that a release carries installs without network and without another package', () => {
    const project = emptyProject('project');
    npm(project, 'install', '--offline', '--no-audit', '--no-fund', join(clone, 'image-release.tgz'));
    expectAlone(project);
    const program = join(project, 'node_modules/.bin/image-release');
    expect(execFileSync(program, ['--version'], { encoding: 'utf8' })).toBe(`${manifest.version}\n`);
  }, 120_000);

  test('names a program that can be started as it is', () => {
    expect(manifest.bin).toEqual({ 'image-release': 'dist/cli/index.js' });
    expect(textOf('dist/cli/index.js').split('\n', 1)).toEqual(['#!/usr/bin/env node']);
    expect(statSync(join(ROOT, 'dist/cli/index.js')).mode & 0o111).toBe(0o111);
    expect(execFileSync(join(ROOT, 'dist/cli/index.js'), ['--version'], { encoding: 'utf8' })).toBe(
      `${manifest.version}\n`,
    );
  });

  // With a script of one of these names npm would install all that development needs before it packs a git clone:
  // https://github.com/npm/pacote/blob/main/lib/git.js (prepareDir). So ours that bundles is not called `build`.
  test('is built by nobody who installs it, and installs nothing beside', () => {
    const run = ['preinstall', 'install', 'postinstall', 'build', 'prepare', 'prepack'];
    expect(Object.keys(manifest.scripts).filter((name) => run.includes(name))).toEqual([]);
    expect(manifest.dependencies).toBeUndefined();
  });

  test('runs on the oldest node that is tested', () => {
    expect(manifest.engines.node).toMatch(/^>=20\./);
    expect(textOf('.github/workflows/ci.yml')).toContain('image: node:20-');
  });
});

/** The one package that was installed takes 3 MB at most. */
function expectAlone(project: string): void {
  const modules = join(project, 'node_modules');
  expect(readdirSync(modules).filter((name) => !name.startsWith('.'))).toEqual(['image-release']);
  const files = readdirSync(modules, { recursive: true, encoding: 'utf8' }).map((path) => join(modules, path));
  const size = files.reduce((sum, file) => sum + lstatSync(file).size, 0);
  expect(size).toBeLessThan(3_000_000);
}

test('installed from git it works without a build, a network and another package', () => {
  const project = installFromGit(join(scratch, 'git'));
  expectAlone(project);
  expect(npm(project, 'exec', '--offline', '--', 'image-release', '--version')).toBe(`${manifest.version}\n`);
}, 120_000);

/** Words that survive minification, by the package whose code holds them. */
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

  test('holds permissive licences only, each with its text', () => {
    const permissive = ['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', '0BSD', 'BlueOak-1.0.0'];
    const all = (license: string) => license.replace(/^\((.*)\)$/, '$1').split(' AND ');
    const others = entries.filter(({ license }) => !all(license).every((name) => permissive.includes(name)));
    expect(others.map(({ name, license }) => `${name}: ${license}`)).toEqual([]);
    const silent = entries.filter(({ text }) => text.length < 200).map(({ name }) => name);
    // Their authors put no text into the packages.
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
