/** @programs docker kustomize */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { run } from '../../src/lib/process.js';
import { openCliSite, type CliSite } from './cli-site.js';
import { CLI } from './shared-cli.js';
import { lab } from './shop.js';

let site: CliSite;
let commit: string;
beforeAll(async () => {
  site = await openCliSite();
});
afterEach(async () => {
  expect(await site.traces()).toMatchObject({ temp: [], builders: [], status: '' });
});
afterAll(() => site.close());

const change = async () => {
  commit = await site.commit({ 'api/words': `${Math.random()}\n` });
};
const tag = () => `main-${commit.slice(0, 7)}`;

describe('release', () => {
  let head: string;

  test('publishes both images and commits exactly their tag lines to the origin', async () => {
    await change();
    const { exitCode, stdout, stderr } = await site.cli(['release']);
    expect({ exitCode, stderr: stderr.match(/^error.*/gm) }).toEqual({ exitCode: 0, stderr: null });
    for (const key of ['api', 'web']) {
      expect(await site.tags(key)).toEqual(expect.arrayContaining(['latest', tag()]));
      expect(await site.digest(key, tag())).toBe(await site.digest(key, 'latest'));
      expect(stdout).toContain(`    ${await site.digest(key, tag())}\n`);
    }
    expect(await site.changedLines(commit)).toEqual([
      '-    newTag: main-0000000',
      `+    newTag: ${tag()}`,
      "-    newTag: 'main-0000000'   # shows",
      `+    newTag: '${tag()}'   # shows`,
    ]);
    expect(stdout).toContain('✓ Published and deployed api and web.');
    ({ head } = await site.traces());
  });

  test('reports the second time that nothing changed, and commits nothing', async () => {
    const { exitCode, stdout } = await site.cli(['release']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('✓ Nothing to do: api and web did not change.');
    expect(stdout).toContain('k8s/kustomization.yml on main already names these images');
    expect((await site.traces()).head).toBe(head);
  });

  test('deploys a tag of api that can be pulled and contains the released file', async () => {
    expect(await site.docker('images', '--quiet', `${site.prefix}/*`)).toBe('');
    await site.git('pull', '--quiet', '--rebase', 'origin', 'main');
    const named = /newTag: (\S+)/.exec(await site.read('k8s/kustomization.yml'))![1]!;
    const image = `${site.prefix}/api:${named}`;
    await site.docker('pull', '--quiet', image);
    const said = await site.docker('run', '--rm', '--network=none', image, 'cat', '/said');
    expect(`${said}\n`).toBe(await site.read('api/words'));
  });
});

test('release from another branch publishes, explains the missing deploy, and warns of uncommitted changes', async () => {
  await change();
  await site.git('switch', '--quiet', '--create', 'feature/x');
  await run('sh', ['-c', 'echo changed > api/words'], { cwd: site.dir, env: process.env });
  const { head } = await site.traces();
  const { exitCode, stdout } = await site.cli(['release', 'api']);
  await site.git('checkout', '--quiet', 'api/words');
  await site.git('switch', '--quiet', 'main');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^warning \[preflight\/uncommitted-changes\] .*api\/words/m);
  expect(stdout).toMatch(/k8s: not deployed, branch feature\/x does not deploy \(main does\)/);
  expect(await site.tags('api')).toContain(`feature-x-${commit.slice(0, 7)}`);
  expect((await site.traces()).head).toBe(head);
});

test('build publishes only the requested image and deploys nothing', async () => {
  await change();
  const { head } = await site.traces();
  const { exitCode, stdout } = await site.cli(['build', 'api']);
  expect(exitCode).toBe(0);
  expect(stdout).toContain('✓ Published api.');
  expect(await site.tags('api')).toContain(tag());
  expect(await site.tags('web')).not.toContain(tag());
  expect((await site.traces()).head).toBe(head);
});

test('release --dry-run prints the plan, changes nothing, and uses no colors in a pipe', async () => {
  const before = await site.traces();
  const { exitCode, stdout } = await site.cli(['release', '--dry-run']);
  expect(exitCode).toBe(0);
  expect(stdout).toContain(`tags        ${tag()}, latest`);
  expect(stdout).toContain('✓ Dry run: ');
  expect(await site.traces()).toEqual(before);
  expect(stdout).not.toContain('\u001b');
});

test('release completes even if the reader of its output exits early, such as `head`', async () => {
  await change();
  const { dir, home, temp } = site;
  const env = { PATH: process.env['PATH'], HOME: home, TMPDIR: temp, DOCKER_HOST: lab.dockerHost };
  const child = spawn(process.execPath, [CLI, 'release'], { cwd: dir, env, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  child.stderr.once('data', () => child.stderr.destroy());
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(await site.changedLines(commit)).toHaveLength(2);
});
