import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkDeploy, deploy } from '../../../src/deploy/deploy.js';
import type { DeployTarget } from '../../../src/deploy/target.js';
import { createGitTarget, type GitTargetSpec } from '../../../src/deploy/targets/git/git.js';
import { splitRemote, withoutUserinfo } from '../../../src/deploy/targets/git/repository.js';
import { problemsOf, request, rollOut } from '../requests.js';
import { createStage, READ_TOKEN, TOKEN, type Stage } from '../stage.js';

describe('a deploy through plain git', () => {
  let stage: Stage;
  let folder: string;
  beforeEach(async () => {
    stage = await createStage('git over HTTP');
    folder = await mkdtemp(join(tmpdir(), 'image-release-user-'));
    await mkdir(join(folder, 'tmp'));
  });
  afterEach(async () => {
    for (const each of opened.splice(0)) await each.close();
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
    await stage.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Clones the repository and applies the user's git configuration. */
  const checkout = (...config: [string, string][]) => {
    const path = join(folder, 'checkout');
    const env = { PATH: process.env.PATH, HOME: folder };
    execFileSync('git', ['clone', '--quiet', stage.bare, path], { env });
    for (const [key, value] of config) execFileSync('git', ['config', key, value], { cwd: path, env });
    return path;
  };
  const opened: DeployTarget[] = [];
  const target = (more: Partial<GitTargetSpec>) => {
    const made = createGitTarget({
      remote: stage.bare,
      checkout: folder,
      branch: 'main',
      env: { PATH: process.env.PATH, HOME: folder },
      temporaryFolder: join(folder, 'tmp'),
      clockwork: stage.clockwork,
      ...more,
    });
    opened.push(made);
    return made;
  };
  const basic = (token: string) => `AUTHORIZATION: basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`;

  test('leaves the checkout, its index and its worktree alone', async () => {
    const path = checkout();
    await writeFile(join(path, 'staged.txt'), 'staged');
    await writeFile(join(path, 'README.md'), 'changed\n');
    execFileSync('git', ['add', 'staged.txt'], { cwd: path });
    const script = 'git status --porcelain; git for-each-ref; git rev-parse HEAD; sha1sum .git/index .git/config';
    const state = () => execFileSync('sh', ['-c', script], { cwd: path, encoding: 'utf8' });
    const before = state();
    await rollOut(stage, { openTarget: () => target({ checkout: path, remote: 'origin' }) });
    expect(state()).toBe(before);
    expect(stage.git('log', '-1', '--format=%s', 'main')).toMatch(/^Deploy/);
  });

  test("commits as the checkout's user, or as image-release if none is configured", async () => {
    const author = () => stage.git('log', '-1', '--format=%an <%ae> %cn', 'main');
    await rollOut(stage, { openTarget: () => target({}) });
    expect(author()).toBe('image-release <image-release@users.noreply.github.com> image-release');
    const path = checkout(['user.name', 'Some One'], ['user.email', 'some@example.org']);
    const rollouts = [{ key: 'api', image: 'ghcr.io/acme/api', releaseTag: 'v2' }];
    await rollOut(stage, { rollouts, openTarget: () => target({ checkout: path }) });
    expect(author()).toBe('Some One <some@example.org> Some One');
  });

  test('uses the credentials that actions/checkout stored in the checkout', async () => {
    const origin = new URL(stage.github.cloneUrl('acme/app')).origin;
    const path = checkout([`http.${origin}/.extraheader`, basic(TOKEN)]);
    const remote = stage.github.cloneUrl('acme/app');
    const [deployment] = await rollOut(stage, { openTarget: () => target({ checkout: path, remote }) });
    expect(deployment).toMatchObject({ status: 'committed' });
  });

  test('uses a given token instead of the credentials in the checkout', async () => {
    const remote = new URL(stage.github.cloneUrl('acme/app'));
    const path = checkout([`http.${remote.origin}/.extraheader`, basic('wrong')], ['credential.helper', '!false']);
    remote.username = 'x-access-token';
    remote.password = TOKEN;
    const [deployment] = await rollOut(stage, {
      openTarget: () => target({ checkout: path, remote: remote.href }),
    });
    expect(deployment).toMatchObject({ status: 'committed' });
  });

  test('never passes the token on a command line', async () => {
    const log = join(folder, 'argv.log');
    await mkdir(join(folder, 'bin'));
    const real = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
    await writeFile(
      join(folder, 'bin', 'git'),
      `#!/bin/sh
printf '%s\\n' "$@" >> '${log}'
exec 3<&0 # the shell would give a child in the background nothing to read
'${real}' "$@" <&3 &
child=$!
for _ in 1 2 3 4 5; do cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | grep -a '[M]arkerTokenThatMayShowNowhere' >> '${log}'; done
wait $child
`,
      { mode: 0o755 },
    );
    const remote = new URL(stage.github.cloneUrl('acme/app'));
    remote.username = 'x-access-token';
    remote.password = TOKEN;
    const env = { PATH: `${join(folder, 'bin')}:${process.env.PATH}`, HOME: folder };
    await rollOut(stage, { openTarget: () => target({ remote: remote.href, env }) });
    const logged = await readFile(log, 'utf8');
    expect(logged).toContain('push');
    expect(logged).not.toContain('MarkerToken');
    expect(logged).not.toContain(Buffer.from(`x-access-token:${TOKEN}`).toString('base64'));
  });

  test("ignores the user's hooks and the environment of a surrounding git repository", async () => {
    const path = checkout();
    const hooks = join(folder, 'hooks');
    await mkdir(hooks);
    await writeFile(join(hooks, 'pre-push'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    await writeFile(join(folder, '.gitconfig'), `[core]\n\thooksPath = ${hooks}\n[commit]\n\tgpgSign = true\n`);
    const env = {
      PATH: process.env.PATH,
      HOME: folder,
      GIT_DIR: join(path, '.git'),
      GIT_INDEX_FILE: join(path, '.git', 'index'),
      GIT_WORK_TREE: path,
    };
    const [deployment] = await rollOut(stage, { openTarget: () => target({ env }) });
    expect(deployment).toMatchObject({ status: 'committed' });
  });

  test("quotes a server hook that refuses the push, and doesn't push again", async () => {
    const counter = join(folder, 'asked');
    await writeFile(
      join(stage.bare, 'hooks', 'pre-receive'),
      `#!/bin/sh\necho x >> '${counter}'\necho 'Change freeze until Monday.'\nexit 1\n`,
      { mode: 0o755 },
    );
    const problems = await problemsOf(deploy(request(stage, { openTarget: () => target({}) })));
    expect(problems).toMatchObject([{ code: 'deploy/push-refused' }]);
    expect(problems[0]?.detail).toContain('Change freeze until Monday.');
    expect(await readFile(counter, 'utf8')).toBe('x\n');
    expect(stage.ledger()).toBeUndefined();
  });

  test('recognises GitHub rules (GH013) and quotes their message', async () => {
    stage.github.repository('acme/app').rules.push({ branch: 'main', type: 'pull_request' });
    const problems = await problemsOf(deploy(request(stage)));
    expect(problems).toMatchObject([{ code: 'deploy/rules-refuse' }]);
    expect(problems[0]?.detail).toContain('Changes must be made through a pull request.');
  });

  test.each([
    ['a read-only token', READ_TOKEN, 'app', 'deploy/permission-denied'],
    ['an unknown token', 'ghs_MarkerTokenUnknown', 'app', 'deploy/permission-denied'],
    ['a missing repository', TOKEN, 'nowhere', 'deploy/target-missing'],
  ])('deploy and check report %s', async (_, token, name, code) => {
    const remote = new URL(stage.github.cloneUrl(`acme/${name}`));
    remote.username = 'x-access-token';
    remote.password = token;
    const asked = request(stage, { openTarget: () => target({ remote: remote.href }) });
    expect(await problemsOf(deploy(asked))).toMatchObject([{ code }]);
    // The check before the build reports it too.
    const told = await checkDeploy(asked);
    expect(told.filter(({ severity }) => severity === 'error')).toMatchObject([{ code }]);
  });

  test('retries an unreachable server three times, then names it in the error', async () => {
    const openTarget = () => target({ remote: 'http://127.0.0.1:9/acme/app.git' });
    const problems = await problemsOf(deploy(request(stage, { openTarget })));
    expect(problems).toMatchObject([{ code: 'deploy/gave-up' }]);
    expect(problems[0]?.message).toContain('http://127.0.0.1:9/acme/app.git');
    expect(stage.waits).toHaveLength(3);
  });

  test.each(['origin', 'beside/server'])(
    'resolves the path of the remote "%s" relative to the checkout',
    async (remote) => {
      const path = checkout(['remote.origin.url', '../server']);
      await symlink(stage.bare, join(folder, 'server'));
      await mkdir(join(path, 'beside'));
      await symlink(stage.bare, join(path, 'beside', 'server'));
      const openTarget = () => target({ remote, checkout: path });
      expect(await rollOut(stage, { openTarget })).toMatchObject([{ status: 'committed' }]);
    },
  );

  test('reports a missing remote and a missing git with different codes', async () => {
    const openTarget = () => target({ remote: 'upstream', checkout: checkout() });
    expect(await problemsOf(deploy(request(stage, { openTarget })))).toMatchObject([
      { code: 'deploy/target-missing', message: expect.stringContaining('"upstream"') as string },
    ]);
    const without = () => target({ env: { PATH: join(folder, 'nothing') } });
    expect(await problemsOf(deploy(request(stage, { openTarget: without })))).toMatchObject([
      { code: 'deploy/git-failed' },
    ]);
  });
});

test('removes user and password from URLs', () => {
  const { url, credentials } = splitRemote('https://me:p%40ss@example.org/a/b.git');
  expect(url).toBe('https://example.org/a/b.git');
  expect(credentials?.username).toBe('me');
  expect(credentials?.password.reveal()).toBe('p@ss');
  expect(withoutUserinfo('see https://me:p@example.org/a and ssh://git@h/x')).toBe(
    'see https://example.org/a and ssh://h/x',
  );
  expect(splitRemote('git@github.com:acme/app.git')).toEqual({ url: 'git@github.com:acme/app.git' });
});
