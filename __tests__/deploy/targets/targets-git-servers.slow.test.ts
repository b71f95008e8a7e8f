import { execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createGitTarget, type GitTargetSpec } from '../../../src/deploy/targets/git/git.js';
import type { DeployTarget } from '../../../src/deploy/target.js';
import { deploy } from '../../../src/deploy/deploy.js';
import { request } from '../requests.js';
import { changeOf, codeOf, committed, FILE, ledgerMove } from './contract/bench.js';
import { createStage, type Stage } from '../stage.js';

let stage: Stage;
let opened: DeployTarget[];
beforeEach(async () => {
  stage = await createStage('git over a path');
  opened = [];
});
afterEach(async () => {
  for (const target of opened) await target.close();
  await stage.close();
});

const open = () => {
  const target = stage.openTarget();
  opened.push(target);
  return target;
};
test('reports the commit and warns about the ledger if the server accepts only the branch', async () => {
  stage.git('config', 'receive.hideRefs', 'refs/image-release');
  const { deployments, warnings } = await deploy(request(stage));
  expect(deployments).toMatchObject([{ status: 'committed', commit: stage.head() }]);
  expect(warnings.map(({ code }) => code)).toContain('deploy/ledger-refused');
  expect(stage.ledger()).toBeUndefined();
});

test("commits without a ledger and warns if the server can't update refs atomically", async () => {
  stage.git('config', 'receive.advertiseAtomic', 'false');
  const first = await deploy(request(stage));
  expect(first.deployments).toMatchObject([{ status: 'committed', commit: stage.head() }]);
  expect(first.warnings.map(({ code }) => code)).toContain('deploy/ledger-refused');
  // A run without changes writes no ledger either: a ledger of only some runs would be wrong.
  expect((await deploy(request(stage))).deployments).toMatchObject([{ status: 'unchanged' }]);
  expect(stage.ledger()).toBeUndefined();
});

describe('reports a refused ledger if', () => {
  test('its name conflicts with an existing ledger', async () => {
    const target = open();
    committed(await target.commit(await changeOf(target)));
    const change = await changeOf(target, { channel: 'main/eu' });
    expect(await target.commit(change)).toMatchObject({ status: 'ledger-refused' });
    expect(stage.ledger('main/eu')).toBeUndefined();
  });

  test('the server no longer accepts an existing ledger, which stays in place', async () => {
    await deploy(request(stage));
    const before = stage.ledger();
    await stage.refuseLedgers('outside branches');
    const target = open();
    expect(await target.commit(await changeOf(target))).toMatchObject({ status: 'ledger-refused' });
    expect(stage.ledger()).toEqual(before);
    expect(stage.git('for-each-ref', 'refs/heads/image-release')).toBe('');
  });
});

describe('calls of git:', () => {
  let folder: string;
  let calls: () => Promise<string[]>;
  /** A target whose git logs its calls. */
  const watched = (more: Partial<GitTargetSpec> = {}) => {
    const target = createGitTarget({
      remote: stage.bare,
      checkout: folder,
      branch: 'main',
      env: { PATH: `${join(folder, 'watched')}:${process.env.PATH}`, HOME: folder },
      temporaryFolder: folder,
      clockwork: stage.clockwork,
      ...more,
    });
    opened.push(target);
    return target;
  };
  const clone = (...args: string[]) => {
    const path = join(folder, 'checkout');
    const env = { PATH: process.env.PATH, HOME: folder };
    execFileSync('git', ['clone', '--quiet', ...args, `file://${stage.bare}`, path], { env });
    return path;
  };
  beforeEach(async () => {
    folder = dirname(stage.bare);
    const log = join(folder, 'calls');
    const real = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
    await mkdir(join(folder, 'watched'));
    await writeFile(join(folder, 'watched', 'git'), `#!/bin/sh\necho "$*" >> '${log}'\nexec '${real}' "$@"\n`, {
      mode: 0o755,
    });
    calls = async () => (await readFile(log, 'utf8')).trim().split('\n');
  });

  test('a complete deploy of 20 files and two ledgers starts at most ten processes', async () => {
    stage.git('config', 'uploadpack.allowFilter', 'true');
    const paths = Array.from({ length: 20 }, (_, index) => `k8s/${index}.yml`);
    stage.land(Object.fromEntries(paths.map((path) => [path, `${path}\n`])));
    const target = watched();
    const [reading] = await target.readLedgers(['main', 'eu']);
    const snapshot = await target.snapshot();
    expect(await snapshot.list()).toEqual(expect.arrayContaining(paths));
    expect((await snapshot.readAll(paths)).size).toBe(20);
    const files = paths.map((path) => ({ path, bytes: Buffer.from('changed\n'), mode: '100644' }));
    const ledgers = [ledgerMove({ channel: 'main', before: reading?.oid }), ledgerMove({ channel: 'eu' })];
    committed(await target.commit({ base: snapshot.head, files, message: 'All', ledgers }));
    expect((await calls()).length).toBeLessThanOrEqual(10);
  });

  test("unread blobs aren't fetched if the server supports filters", async () => {
    stage.git('config', 'uploadpack.allowFilter', 'true');
    const target = watched();
    const { head, readAll } = await target.snapshot();
    expect((await readAll([FILE])).get(FILE)?.bytes.length).toBeGreaterThan(0);
    const [scratch = ''] = execFileSync('sh', ['-c', `echo '${folder}'/image-release-git-*/snapshots.git`], {
      encoding: 'utf8',
    }).split('\n');
    const missing = execFileSync('git', ['rev-list', '--objects', '--missing=print', head], {
      cwd: scratch,
      encoding: 'utf8',
    });
    const unread = stage.git('rev-parse', `${head}:README.md`);
    expect(missing).toContain(`?${unread}`);
    expect(missing).not.toContain(`?${stage.git('rev-parse', `${head}:${FILE}`)}`);
  });

  test('a checkout with full history compares commits without a request to the remote', async () => {
    const first = stage.head();
    const second = stage.land({ 'README.md': 'second\n' });
    const target = watched({ checkout: clone(), remote: 'http://127.0.0.1:9/acme/app.git' });
    expect(await target.compare(first.slice(0, 7), second)).toBe('ahead');
    expect(await target.compare(second, first)).toBe('behind');
    expect((await calls()).join('\n')).not.toMatch(/fetch|ls-remote/);
  });

  test('with a shallow checkout, history is fetched once and without files', async () => {
    const first = stage.head();
    const second = stage.land({ 'README.md': 'second\n' });
    const third = stage.land({ 'README.md': 'third\n' });
    const target = watched({ checkout: clone('--depth=2') });
    expect(await target.compare(first, third)).toBe('ahead');
    expect(await target.compare(third, second)).toBe('behind');
    expect(await target.compare(second, third)).toBe('ahead');
    const fetches = (await calls()).filter((call) => call.includes('fetch'));
    expect(fetches).toHaveLength(1);
    expect(fetches[0]).toContain('--filter=tree:0');
  });

  test("each comparison fails with the reason if the history can't be fetched", async () => {
    const target = watched({ remote: join(folder, 'nowhere.git') });
    const compare = () => target.compare(stage.head(), stage.head());
    expect(await codeOf(compare())).toBe('deploy/target-missing');
    expect(await codeOf(compare())).toBe('deploy/target-missing');
  });
});
