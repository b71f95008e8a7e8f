/** @programs docker kustomize */
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { git } from '../../testing/acme.js';
import { showLedger } from '../../testing/ledger-json.js';
import { findProgram } from '../../lab/root-filesystem.js';
import { openCliSite, type CliSite } from './cli-site.js';
import { newName } from './shop.js';

const LEDGER = 'refs/image-release/main';
const NOBODYS_DIGEST = `sha256:${'5'.repeat(64)}`;

/** Its images are published by `build` but not deployed. */
let site: CliSite;
let tag: string;
beforeAll(async () => {
  site = await openCliSite();
  expect((await site.cli(['build'])).exitCode).toBe(0);
  tag = (await site.tags('api')).find((name) => name.startsWith('main-'))!;
});
afterEach(async () => {
  expect(await site.traces()).toMatchObject({ temp: [], builders: [], status: '' });
  await git(site.bare, ['update-ref', 'refs/heads/main', await site.git('rev-parse', 'HEAD')]);
  await git(site.bare, ['update-ref', '-d', LEDGER]);
});
afterAll(() => site.close());

/** Creates a folder for PATH that contains only these programs; @returns its path */
async function programsOnly({ home }: CliSite, names: readonly string[]): Promise<string> {
  const bin = join(home, newName('bin'));
  await mkdir(bin);
  for (const name of names) await symlink(await findProgram(name), join(bin, name));
  return bin;
}

const head = async () => (await site.traces()).head;
const reference = (key: string, rest = tag) => `${key}=${site.prefix}/${key}:${rest}`;

describe('deploy', () => {
  test('commits the tags of both images, and records run and full commit of an abbreviated --source', async () => {
    const before = await head();
    const source = await site.git('rev-parse', 'HEAD');
    const images = [
      '--image',
      reference('api'),
      '--image',
      reference('web', `${tag}@${await site.digest('web', tag)}`),
    ];
    const args = ['deploy', ...images, '--source', source.slice(0, 9), '--run', '4711'];
    const { exitCode, stdout } = await site.cli(args);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('✓ Deployed api and web.');
    expect(await site.changedLines(before)).toEqual([
      '-    newTag: main-0000000',
      `+    newTag: ${tag}`,
      "-    newTag: 'main-0000000'   # shows",
      `+    newTag: '${tag}'   # shows`,
    ]);
    const message = await git(site.bare, ['log', '-1', '--format=%B', 'main']);
    expect(message).toMatch(new RegExp(`^Image-Release-Source: ${source}$`, 'm'));
    expect(message).toMatch(/^Image-Release-Run: 4711$/m);
    const { images: recorded } = await showLedger((...args) => git(site.bare, args));
    const entry = (key: string) => ({
      [`${site.prefix}/${key}`]: {
        status: 'deployed',
        newest: { commit: source, run: 4711 },
        current: { tag },
      },
    });
    expect(recorded).toMatchObject({ ...entry('api'), ...entry('web') });
  });

  test('deploys and warns once if neither kustomize nor kubectl is on PATH', async () => {
    const before = await head();
    const env = { PATH: await programsOnly(site, ['git', 'docker']) };
    const images = ['--image', reference('api'), '--image', reference('web')];
    const { exitCode, stdout, stderr } = await site.cli(['deploy', ...images], { env });
    expect({ exitCode, moved: (await head()) !== before }).toEqual({ exitCode: 0, moved: true });
    expect((stdout + stderr).match(/\[deploy\/\S+\]/g)).toEqual(['[deploy/kustomize-unproved]']);
    expect(stdout).toContain('Neither kustomize nor kubectl is on PATH');
  });

  test('--dry-run commits nothing', async () => {
    const before = await head();
    const { exitCode, stdout } = await site.cli(['deploy', '--image', reference('api'), '--dry-run']);
    expect({ exitCode, head: await head() }).toEqual({ exitCode: 0, head: before });
    expect(stdout).toContain('deploy  k8s on main: api');
    expect(stdout).toContain('✓ Dry run: would deploy api. Nothing was changed.');
  });
});

test('deploy refuses an image without an entry in the Kustomization, and commits nothing', async () => {
  const before = await head();
  const args = ['--image', `api=${site.prefix}/other:${tag}`, '--no-registry-check'];
  const { exitCode, stdout, stderr } = await site.cli(['deploy', ...args]);
  expect({ exitCode, stdout, head: await head() }).toEqual({ exitCode: 2, stdout: '', head: before });
  expect(stderr).toMatch(
    /^error \[deploy\/entry-missing\].*\n {2}.*no entry for \S+\/other.*\n {2}→ .*[Aa]dd an entry/m,
  );
});

test('deploy reports a missing tag and a wrong digest together, each with a fix, and commits nothing', async () => {
  const before = await head();
  const moved = reference('web', `${tag}@${NOBODYS_DIGEST}`);
  const args = ['--image', reference('api', 'v9.9.9'), '--image', moved];
  const { exitCode, stdout, stderr } = await site.cli(['deploy', ...args]);
  expect({ exitCode, stdout, head: await head() }).toEqual({ exitCode: 1, stdout: '', head: before });
  const told = [...stderr.matchAll(/^error \[(\S+)\].*\n {2}(.*)\n {2}→ (.*)$/gm)];
  expect(told.map(([, ...words]) => words)).toEqual([
    [
      'deploy/not-pullable',
      expect.stringMatching(/does not serve \S+\/api:v9\.9\.9/),
      expect.stringMatching(/Publish the image under this tag first/),
    ],
    [
      'deploy/not-pullable',
      expect.stringMatching(
        new RegExp(`has the digest sha256:[0-9a-f]{64} in the registry, but ${NOBODYS_DIGEST} was released`),
      ),
      expect.stringMatching(/Find out what moved or removed the tag/),
    ],
  ]);
});
