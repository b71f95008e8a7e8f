import { SKIP_CI } from '../../../src/deploy/commit-message.js';
import { writePullRequest, type ProposalFacts } from '../../../src/deploy/proposals/pull-request-text.js';

const API = {
  key: 'api',
  name: 'ghcr.io/acme/api',
  before: 'ghcr.io/acme/api:main-0000000',
  after: 'ghcr.io/acme/api:main-1a2b3c4',
};
const COMMIT = '1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d';
const facts = (more: Partial<ProposalFacts> = {}): ProposalFacts => ({
  channel: 'main',
  server: 'https://github.com',
  parts: [{ path: 'k8s/kustomization.yml', changes: [API], diff: '-old\n+new\n' }],
  message: 'Deploy api main-1a2b3c4\n\napi: old → new\n\nImage-Release-Id: a1.1\n',
  ...more,
});

test('the description shows images with old and new references, Kustomization, source commit, run and diff', () => {
  const sources = new Map([['api', { repository: 'acme/app', commit: COMMIT, run: 42 }]]);
  expect(writePullRequest(facts({ sources }))).toBe(
    `Deploys to channel \`main\`:

| image | before | after | Kustomization | built from |
|---|---|---|---|---|
| \`api\` | \`ghcr.io/acme/api:main-0000000\` | \`ghcr.io/acme/api:main-1a2b3c4\` | \`k8s/kustomization.yml\` | [\`1a2b3c4\`](https://github.com/acme/app/commit/${COMMIT}), [run 42](https://github.com/acme/app/actions/runs/42) |

\`\`\`diff
-old
+new
\`\`\`

- Merge it to deploy.
- Newer releases of the channel update this pull request in place; it holds all that is proposed and not yet merged.
- Close it to reject it: newer releases open another one, without what is proposed here.
- Its branch is rewritten by releases; add no other commits to it.
`,
  );
});

test('lists the source commits with Markdown escaped', () => {
  const message =
    'Deploy api main-1a2b3c4\n\napi: old → new\n\nSource of api, 1 commit since 0000000:\n- 1a2b3c4 Round *prices* <b> (Ada)\n\nImage-Release-Id: a1.1\n';
  expect(writePullRequest(facts({ message }))).toContain(
    '\n\nSource of api, 1 commit since 0000000:\n\n- 1a2b3c4 Round \\*prices\\* \\<b\\> (Ada)\n\n```diff',
  );
});

test('omits links without a source repository, and the run if it is unknown', () => {
  const source = (position: { commit: string; run?: number }) =>
    writePullRequest(facts({ sources: new Map([['api', position]]) }));
  expect(source({ commit: COMMIT })).toContain('| `1a2b3c4` |');
  expect(source({ commit: COMMIT, run: 7 })).toContain('| `1a2b3c4`, run 7 |');
});

test('the description of an auto-merge pull request states that it merges by itself', () => {
  const text = writePullRequest(facts({ autoMerge: 'squash' }));
  expect(text).toContain('merges by itself');
  expect(text).not.toContain('Merge it to deploy');
});

test("diffs and paths can't break out of their code block, code span or table cell", () => {
  const kustomization = 'k8s/a|b``c\n| x |.yml';
  const diff = '+# ````\n+# @acme/owners\n';
  const text = writePullRequest(facts({ parts: [{ path: kustomization, changes: [API], diff }] }));
  expect(text).toContain(`\n\`\`\`\`\`diff\n${diff}\`\`\`\`\`\n`);
  expect(text).toContain('| ``` k8s/a\\|b``c \\| x \\|.yml ``` |');
  expect(text.split('\n').filter((line) => line.startsWith('| '))).toHaveLength(2);
});

test('removes skip instructions, because the description may become a merge commit message', () => {
  const diff = ' # see commit "fix [skip ci]" and [no ci]\n';
  const text = writePullRequest(facts({ parts: [{ path: 'k', changes: [API], diff }] }));
  expect(diff.search(SKIP_CI)).not.toBe(-1);
  expect(text.search(SKIP_CI)).toBe(-1);
  expect(text).toContain('see commit "fix …" and …');
});

test("shortens the table and the diff so that the description fits GitHub's size limit", () => {
  const diff = `${'+'.padEnd(80, 'x')}\n`.repeat(5000);
  const many = Array.from({ length: 2000 }, (_, index) => ({ ...API, key: `image-${index}` }));
  const text = writePullRequest(facts({ parts: [{ path: 'k8s', changes: many, diff }] }));
  expect(text.length).toBeLessThan(65_536);
  expect(text).toMatch(/\| and 1\d{3} more \|/);
  expect(text).toMatch(/\n\d+ more lines: see "Files changed"\.\n/);
  expect(text).toContain('Merge it to deploy');
});

test('long names shorten the table, but not the diff', () => {
  const key = 'k'.repeat(900);
  const many = Array.from({ length: 150 }, () => ({ ...API, key }));
  const text = writePullRequest(facts({ parts: [{ path: 'k8s', changes: many, diff: '+x\n' }] }));
  expect(text.length).toBeLessThan(65_536);
  expect(text).toMatch(/\| and \d+ more \|/);
  expect(text).toContain('+x\n');
});
