import { jest } from '@jest/globals';
import { AT, commitOn, refusal, setStage } from './fake-github/fixtures.js';
import type { Stage } from './fake-github/fixtures.js';

// Real git processes on a machine that may be busy.
jest.setTimeout(60_000);

let stage: Stage;
beforeEach(async () => {
  stage = await setStage();
});
afterEach(() => stage.stop());

test('trees take contents, modes, subtrees and deletions; what is not named stays', async () => {
  const { git } = stage.octokit.rest;
  const { data: root } = await git.getTree({ ...AT, tree_sha: stage.first });
  const k8s = root.tree.find(({ path }) => path === 'k8s')?.sha ?? '';
  const { data } = await git.createTree({
    ...AT,
    base_tree: stage.first,
    tree: [
      { path: 'README.md', mode: '100644', type: 'blob', sha: null },
      { path: 'bin/other', mode: '100755', type: 'blob', content: '#!/bin/sh\n' },
      { path: 'overlays/test', mode: '040000', type: 'tree', sha: k8s },
      { path: 'here', mode: '120000', type: 'blob', content: 'bin/run' },
    ],
  });
  expect(await stage.git(['ls-tree', '-r', '--format=%(objectmode) %(path)', data.sha], 'app.git')).toBe(
    [
      '100755 bin/other',
      '100755 bin/run',
      '120000 here',
      '100644 k8s/kustomization.yml',
      '120000 k8s/link.yml',
      '100644 overlays/test/kustomization.yml',
      '120000 overlays/test/link.yml',
    ].join('\n'),
  );
});

test('a comparison lists commits oldest first, and files with their counts', async () => {
  const one = await commitOn(stage.octokit, stage.first, 'k8s/kustomization.yml', 'images:\n  - name: api\n');
  const two = await commitOn(stage.octokit, one, 'new.txt', 'new\n');
  const basehead = `${stage.first}...${two}`;
  const { data } = await stage.octokit.rest.repos.compareCommitsWithBasehead({ ...AT, basehead });
  expect(data.commits.map(({ sha }) => sha)).toEqual([one, two]);
  expect(
    data.files?.map(({ filename, status, additions, deletions }) => [filename, status, additions, deletions]),
  ).toEqual([
    ['k8s/kustomization.yml', 'modified', 0, 1],
    ['new.txt', 'added', 1, 0],
  ]);
});

test('abbreviated ids are commits too; pages after the first carry no files', async () => {
  const second = await commitOn(stage.octokit, stage.first, 'a', 'a');
  const short = stage.first.slice(0, 7);
  const request = { ...AT, basehead: `${short}...${second.slice(0, 9)}` };
  const { repos } = stage.octokit.rest;
  const { data: whole } = await repos.compareCommitsWithBasehead(request);
  expect(whole).toMatchObject({ status: 'ahead', base_commit: { sha: stage.first } });
  expect(whole.files?.map(({ filename }) => filename)).toEqual(['a']);
  const { data: rest } = await repos.compareCommitsWithBasehead({ ...request, per_page: 1, page: 2 });
  expect(rest).toMatchObject({ status: 'ahead', base_commit: { sha: stage.first }, commits: [] });
  expect(rest).not.toHaveProperty('files');
  expect((await repos.getCommit({ ...AT, ref: short })).data.sha).toBe(stage.first);
});

test('a recursive listing is cut short at its limit, a flat one is not', async () => {
  stage.github.repository('acme/app').treeLimit = 2;
  const { git } = stage.octokit.rest;
  const { data: all } = await git.getTree({ ...AT, tree_sha: stage.first, recursive: '1' });
  expect([all.truncated, all.tree.length]).toEqual([true, 2]);
  const { data: flat } = await git.getTree({ ...AT, tree_sha: stage.first });
  expect([flat.truncated, flat.tree.length]).toEqual([false, 3]);
});

test('histories without a common commit cannot be compared', async () => {
  const { git, repos } = stage.octokit.rest;
  const { data: tree } = await git.getTree({ ...AT, tree_sha: 'main' });
  const { data: root } = await git.createCommit({ ...AT, message: 'Other', tree: tree.sha });
  const request = repos.compareCommitsWithBasehead({ ...AT, basehead: `main...${root.sha}` });
  expect((await refusal(request)).status).toBe(404);
});
