import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import { RULE_TYPES } from '../../testing/fake-github/rules.js';
import { runEverything } from './fake-github/run-everything.js';
import { AT, commitOn, setStage } from './fake-github/fixtures.js';
import type { Stage } from './fake-github/fixtures.js';

const described = JSON.parse(
  readFileSync(new URL('../fixtures/github-response-schemas.json', import.meta.url), 'utf8'),
) as { responses: Record<string, unknown>; schemas: Record<string, unknown> };

const ajv = new Ajv({ strict: false, allErrors: true });
formats.default(ajv);
ajv.addSchema({ $id: 'github', ...described });
const pointer = (key: string) => encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'));

/** Deviations of an answer from GitHub's own description; undefined if it describes no such answer. */
function deviations(key: string, data: unknown): string[] | undefined {
  if (!(key in described.responses)) return undefined;
  const validate = ajv.compile({ $ref: `github#/responses/${pointer(key)}` });
  validate(data);
  return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
}

let stage: Stage;
const seen = new Map<string, string[] | undefined>();

beforeAll(async () => {
  stage = await setStage({ rules: [{ branch: 'release', type: 'pull_request' }] });
  const { octokit, first } = stage;
  octokit.hook.after('request', (response, options) => {
    const key = `${options.method} ${options.url} ${response.status}`;
    seen.set(key, [...(seen.get(key) ?? []), ...(deviations(key, response.data) ?? ['not described'])]);
  });
  const { git, repos, pulls, issues } = octokit.rest;
  await repos.get(AT);
  await repos.listBranches(AT);
  stage.github.repository('acme/app').rules.push(...RULE_TYPES.map((type) => ({ branch: 'everything', type })));
  await repos.getBranchRules({ ...AT, branch: 'everything' });
  await repos.getRepoRuleset({ ...AT, ruleset_id: 1 });
  await git.getRef({ ...AT, ref: 'heads/main' });
  const blob = await git.createBlob({ ...AT, content: 'eA==', encoding: 'base64' });
  await git.getBlob({ ...AT, file_sha: blob.data.sha });
  const next = await commitOn(octokit, first, 'next.txt', 'next\n');
  await git.getTree({ ...AT, tree_sha: next, recursive: 'true' });
  await git.getCommit({ ...AT, commit_sha: next });
  await git.createRef({ ...AT, ref: 'refs/heads/work', sha: first });
  await git.updateRef({ ...AT, ref: 'heads/work', sha: next });
  await repos.getCommit({ ...AT, ref: 'work' });
  for (const basehead of ['main...work', 'work...main', 'main...main']) {
    await repos.compareCommitsWithBasehead({ ...AT, basehead });
  }
  const pull = await pulls.create({
    ...AT,
    title: 'Roll out',
    head: 'work',
    base: 'main',
    body: 'Two images',
  });
  const at = { ...AT, pull_number: pull.data.number };
  const issue = { ...AT, issue_number: pull.data.number };
  await issues.addLabels({ ...issue, labels: ['deploy'] });
  await issues.createComment({ ...issue, body: 'Superseded' });
  await pulls.update({ ...at, title: 'Roll out again' });
  await pulls.list({ ...AT, head: 'acme:work', state: 'open' });
  await pulls.merge({ ...at, sha: pull.data.head.sha });
  await pulls.get(at);
  await runEverything(stage);
});
afterAll(() => stage.stop());

test.each(Object.keys(described.responses))('answers %s as GitHub describes it', (key) => {
  expect(seen.get(key)).toEqual([]);
});

test('the description rejects a wrong answer', () => {
  expect(deviations('GET /repos/{owner}/{repo}/git/ref/{ref} 200', { ref: 'x', object: 'x' })).toContain(
    '/object must be object',
  );
});
