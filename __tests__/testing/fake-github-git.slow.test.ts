import { jest } from '@jest/globals';
import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AT, READER, STRANGER, WRITER, commitOn, moveRefs, setStage } from './fake-github/fixtures.js';
import type { Stage } from './fake-github/fixtures.js';

// Real git processes on a machine that may be busy.
jest.setTimeout(60_000);

let stage: Stage;
beforeEach(async () => {
  stage = await setStage();
});
afterEach(() => stage.stop());

async function cloneAndCommit(folder: string, token = WRITER): Promise<string> {
  await stage.git(['clone', '-q', stage.clone(token), folder]);
  await appendFile(join(stage.scratch, folder, 'README.md'), `${folder}\n`);
  await stage.git(['commit', '-q', '-am', `Edit in ${folder}`], folder);
  return stage.git(['rev-parse', 'HEAD'], folder);
}

test('what is pushed the API reads, and what the API commits a clone fetches', async () => {
  const pushed = await cloneAndCommit('work');
  await stage.git(['push', '-q', 'origin', 'main'], 'work');
  const { data } = await stage.octokit.rest.repos.getCommit({ ...AT, ref: 'main' });
  expect([data.sha, data.commit.message, data.files?.map((file) => file.filename)]).toEqual([
    pushed,
    'Edit in work',
    ['README.md'],
  ]);
  const made = await commitOn(stage.octokit, pushed, 'k8s/kustomization.yml', 'images: []\n');
  await moveRefs(stage.octokit, [{ name: 'refs/heads/main', beforeOid: pushed, afterOid: made }]);
  await stage.git(['pull', '-q'], 'work');
  expect(await stage.git(['show', 'HEAD:k8s/kustomization.yml'], 'work')).toBe('images: []');
});

test('a pack of many megabytes, sent in chunks, arrives whole', async () => {
  await stage.git(['clone', '-q', stage.clone(), 'work']);
  const bytes = Buffer.from(Array.from({ length: 3 << 20 }, (_, index) => (index * 7919 + (index >> 8)) % 251));
  await writeFile(join(stage.scratch, 'work/blob.bin'), bytes);
  await stage.git(['add', '.'], 'work');
  await stage.git(['commit', '-q', '-m', 'Big'], 'work');
  await stage.git(['-c', 'http.postBuffer=1024', '-c', 'core.compression=0', 'push', '-q', 'origin', 'main'], 'work');
  const { data } = await stage.octokit.rest.git.getTree({ ...AT, tree_sha: 'main' });
  expect(data.tree.find(({ path }) => path === 'blob.bin')?.size).toBe(bytes.length);
});

test('an atomic push with leases moves branch and ledger, or neither', async () => {
  const mine = await cloneAndCommit('mine');
  const theirs = await cloneAndCommit('theirs');
  const push = (folder: string) =>
    stage.git(
      [
        'push',
        '--atomic',
        '-q',
        `--force-with-lease=refs/heads/main:${stage.first}`,
        '--force-with-lease=refs/image-release/main:',
        'origin',
        'HEAD:refs/heads/main',
        'HEAD:refs/image-release/main',
      ],
      folder,
    );
  await push('theirs');
  await expect(push('mine')).rejects.toThrow(/stale info/);
  expect(await stage.head('image-release/main')).toBe(theirs);
  expect(mine).not.toBe(theirs);
});

test('the ref that updateRefs moves while a push is under way is not overwritten', async () => {
  const mine = await cloneAndCommit('mine');
  const winner = await commitOn(stage.octokit, stage.first, 'winner.txt', 'first');
  stage.github.faults.push({
    match: { method: 'POST', path: /git-receive-pack/ },
    fault: {
      type: 'stale',
      land: async () => {
        const update = { name: 'refs/heads/main', beforeOid: stage.first, afterOid: winner };
        await moveRefs(stage.octokit, [update]);
      },
    },
  });
  await expect(stage.git(['push', '-q', 'origin', 'main'], 'mine')).rejects.toThrow(/rejected/);
  expect(await stage.git(['rev-parse', 'main'], 'app.git')).toBe(winner);
  expect(mine).not.toBe(winner);
});

test.each([
  ['an unknown token', 'made-up', /Authentication failed|could not read Password/],
  ['a token that may only read', READER, /403/],
  ["another repository's token", STRANGER, /403/],
])('a push with %s is refused', async (_, token, message) => {
  await cloneAndCommit('work');
  await expect(stage.git(['push', '-q', stage.clone(token), 'main'], 'work')).rejects.toThrow(message);
});

test('a private repository is not found with a token that may not see it', async () => {
  const vault = stage.clone().replace('acme/app', 'acme/vault');
  await expect(stage.git(['clone', '-q', vault, 'vault'])).rejects.toThrow(/not found/);
});

describe('a branch with rules', () => {
  test('declines a direct push with GH013 and the sentences of the rules', async () => {
    stage.github.repository('acme/app').rules.push({ branch: 'main', type: 'pull_request' });
    await cloneAndCommit('work');
    const error = await stage.git(['push', 'origin', 'main'], 'work').catch((reason: Error) => reason.message);
    expect(error).toMatch(/GH013: Repository rule violations found for refs\/heads\/main\./);
    expect(error).toMatch(/- Changes must be made through a pull request\./);
    expect(error).toMatch(/\[remote rejected\] main -> main \(push declined due to repository rule violations\)/);
    expect(await stage.git(['rev-parse', 'main'], 'app.git')).toBe(stage.first);
  });

  test('that demand signatures take what the API signs, not what is pushed unsigned', async () => {
    stage.github.repository('acme/app').rules.push({ branch: 'main', type: 'required_signatures' });
    await cloneAndCommit('work');
    await expect(stage.git(['push', 'origin', 'main'], 'work')).rejects.toThrow(/verified signatures/);
    const signed = await commitOn(stage.octokit, stage.first, 'a', 'a');
    await moveRefs(stage.octokit, [{ name: 'refs/heads/main', beforeOid: stage.first, afterOid: signed }]);
  });

  test('that forbid force-pushes take fast-forwards', async () => {
    stage.github.repository('acme/app').rules.push({ branch: 'main', type: 'non_fast_forward' });
    await cloneAndCommit('work');
    await stage.git(['push', '-q', 'origin', 'main'], 'work');
    await stage.git(['commit', '-q', '--amend', '-m', 'Rewritten'], 'work');
    await expect(stage.git(['push', '-f', 'origin', 'main'], 'work')).rejects.toThrow(/Cannot force-push/);
  });
});

test('nobody pushes to the refs of pull requests', async () => {
  await cloneAndCommit('work');
  await expect(stage.git(['push', 'origin', 'HEAD:refs/pull/1/head'], 'work')).rejects.toThrow(/hidden ref/);
});
