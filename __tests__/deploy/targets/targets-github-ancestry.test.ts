import { createGitHubAncestry } from '../../../src/deploy/targets/github/history.js';
import { Secret } from '../../../src/lib/secret.js';
import { connectOctokit } from '../../../src/github/octokit.js';
import { requestsOf, onGitHub, stage } from './fixtures.js';
import { READ_TOKEN } from '../stage.js';

onGitHub();

describe('ancestry', () => {
  test('is one small request per pair of commits', async () => {
    const first = stage.head();
    const second = stage.land({ a: 'a' });
    const target = stage.openTarget();
    const from = stage.github.requests.length;
    expect(await target.compare(first, second)).toBe('ahead');
    expect(await target.compare(first, first)).toBe('identical');
    expect(requestsOf(stage, from)).toEqual(['GET /compare/…...…?per_page=1&page=2']);
  });

  test('takes abbreviated ids, and no name of a branch for one', async () => {
    const first = stage.head();
    const second = stage.land({ a: 'a' });
    stage.git('branch', 'abcdef1', first);
    const target = stage.openTarget();
    expect(await target.compare(first.slice(0, 7), second)).toBe('ahead');
    expect(await target.compare(second.slice(0, 12), first)).toBe('behind');
    expect(await target.compare('abcdef1', second)).toBe('unknown');
    expect(await target.compare('main', second)).toBe('unknown');
    expect(await target.compare('0000000', second)).toBe('unknown');
  });

  test('of a history without a common beginning: another line', async () => {
    const tree = stage.git('rev-parse', 'main^{tree}');
    const orphan = stage.git('commit-tree', '-m', 'Another beginning', tree);
    stage.git('branch', 'orphan', orphan);
    expect(await stage.openTarget().compare(orphan, stage.head())).toBe('diverged');
  });

  test('of another repository needs no branch and a token that reads there', async () => {
    const octokit = (await connectOctokit(stage.github.apiUrl, {}))(new Secret(READ_TOKEN));
    const { clockwork } = stage;
    const first = stage.head();
    const second = stage.land({ a: 'a' });
    const ancestry = createGitHubAncestry({ octokit, owner: 'acme', repo: 'app', clockwork });
    expect(await ancestry.compare(second, first)).toBe('behind');
    const hidden = createGitHubAncestry({ octokit, owner: 'acme', repo: 'unseen', clockwork });
    expect(await hidden.compare(second, first)).toBe('unknown');
  });
});

test('a commit that edits files is told from one that adds, removes, renames or merges', async () => {
  const octokit = (await connectOctokit(stage.github.apiUrl, {}))(new Secret(READ_TOKEN));
  const { clockwork } = stage;
  const history = createGitHubAncestry({ octokit, owner: 'acme', repo: 'app', clockwork });
  const added = stage.land({ a: 'a', b: 'b' });
  const edited = stage.land({ a: 'second', b: 'second' });
  const merged = stage.git('commit-tree', '-m', 'Merge', '-p', edited, '-p', added, `${added}^{tree}`);
  stage.git('update-ref', 'refs/heads/main', merged);
  expect(await history.editedFiles(edited)).toEqual(['a', 'b']);
  expect(await history.editedFiles(added)).toBeUndefined();
  expect(await history.editedFiles(merged)).toBeUndefined();
});
