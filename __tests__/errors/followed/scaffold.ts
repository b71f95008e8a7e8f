import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { git } from '../../../testing/acme.js';
import { parseArguments } from '../../../src/cli/arguments.js';
import { initialise } from '../../../src/cli/init.js';
import { loadConfig } from '../../../src/config/load.js';
import { plainStyle } from '../../../src/report/terminal.js';
import { planRunner } from '../../../src/templates/kaniko-runner/runner.js';
import { writeFiles } from '../../../src/templates/write-files.js';
import { told, type FollowedFix, type Told } from '../followed-fix.js';

const runner = (yaml: string, repository?: string): Promise<Told> =>
  told(() =>
    planRunner({
      config: loadConfig({ text: yaml, origin: 'image-release.yml' }),
      source: { repository: 'acme/shop' },
      cache: 'emptyDir',
      ...(repository !== undefined && { repository }),
    }),
  );

let root: string;
const written = (text: string, existing: Parameters<typeof writeFiles>[1]['existing']): Promise<Told> =>
  told(() => writeFiles([{ path: 'k8s/kaniko/runner.yml', text }], { root, existing, mode: 'write' }));

/** Problems of `image-release init` in a new repository with these files. */
async function init(files: Record<string, string>, ...words: string[]): Promise<Told> {
  const directory = await mkdtemp(join(tmpdir(), 'scaffold-'));
  await git(directory, ['init', '--quiet', '--initial-branch=main']);
  for (const [path, text] of Object.entries(files)) await writeFile(join(directory, path), text);
  const invocation = parseArguments(['init', ...words]);
  if (invocation.type !== 'command') throw new Error(invocation.type);
  const problems = await told(() =>
    initialise(invocation, {
      directory,
      env: { PATH: process.env.PATH, HOME: directory, GIT_CONFIG_NOSYSTEM: '1' },
      config: { from: 'repository' },
      style: plainStyle,
      write: () => {},
      plan: () => Promise.reject(new Error('without a commit there is no plan')),
      writeScripts: async () => '',
    }),
  );
  await rm(directory, { recursive: true });
  return problems;
}
const DOCKERFILE = { Dockerfile: 'FROM scratch\nCOPY . /\n' };
const REGISTRY = ['--registry', 'ghcr.io/acme'];

export const scaffoldFixes: FollowedFix[] = [
  {
    code: 'scaffold/no-image',
    provoke: () => init({ 'README.md': 'Acme\n' }, '--yes', ...REGISTRY),
    follow({ fix }) {
      expect(fix).toMatch(/^Write a Dockerfile first/);
      return init(DOCKERFILE, '--yes', ...REGISTRY);
    },
  },
  {
    code: 'scaffold/registry-unknown',
    provoke: () => init(DOCKERFILE, '--yes'),
    follow({ fix }) {
      const [, option = '', value = ''] = /image-release init (--registry) ([^\s`]+?)`?\.$/.exec(fix) ?? [];
      return init(DOCKERFILE, '--yes', option, value.replace('OWNER', 'acme'));
    },
  },
  {
    code: 'scaffold/not-confirmed',
    provoke: () => init(DOCKERFILE, ...REGISTRY),
    follow({ fix }) {
      const [, option = ''] = /^Give (--yes) to write the files/.exec(fix) ?? [];
      return init(DOCKERFILE, option, ...REGISTRY);
    },
  },
  {
    code: 'scaffold/file-exists',
    async provoke() {
      root = await mkdtemp(join(tmpdir(), 'scaffold-'));
      await written('mine\n', 'keep');
      return written('new\n', 'keep');
    },
    async follow({ fix }) {
      expect(fix).toMatch(/^Give --force/);
      const after = await written('new\n', 'overwrite');
      await rm(root, { recursive: true });
      return after;
    },
  },
  {
    code: 'scaffold/repository-unknown',
    provoke: () => runner('images: { api: }'),
    follow({ fix }) {
      const [, example = ''] = /--repository (\S+)\.$/.exec(fix) ?? [];
      return runner('images: { api: }', example.replace('OWNER/NAME', 'acme/shop'));
    },
  },
];
