import { jest } from '@jest/globals';
import { startFakeGithub } from '../../testing/fake-github/server.js';
import { AT, PERSON, READER, STRANGER, WRITER, commitOn, refusal, setStage } from './fake-github/fixtures.js';
import type { Octokit, Stage } from './fake-github/fixtures.js';

// Real git processes on a machine that may be busy.
jest.setTimeout(60_000);

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage.stop());

const NOWHERE = 'f'.repeat(40);
const EMPTY = { owner: 'acme', repo: 'empty' };

interface Refused {
  promise: string;
  token?: string;
  request: (octokit: Octokit, first: string) => Promise<unknown>;
  status: number;
  message: string;
}

const REFUSALS: Refused[] = [
  {
    promise: 'a token that nobody knows',
    token: 'made-up',
    request: (octokit) => octokit.rest.repos.get(AT),
    status: 401,
    message: 'Bad credentials',
  },
  {
    promise: 'a repository that does not exist',
    request: (octokit) => octokit.rest.repos.get({ owner: 'acme', repo: 'nothing' }),
    status: 404,
    message: 'Not Found',
  },
  {
    promise: "a private repository that the token can't see",
    request: (octokit) => octokit.rest.repos.get({ owner: 'acme', repo: 'vault' }),
    status: 404,
    message: 'Not Found',
  },
  {
    promise: "another repository's token that writes here",
    token: STRANGER,
    request: (octokit) => octokit.rest.git.createBlob({ ...AT, content: 'x' }),
    status: 403,
    message: 'Resource not accessible by integration',
  },
  {
    promise: "a bot's token that may only read",
    token: READER,
    request: (octokit, sha) => octokit.rest.git.updateRef({ ...AT, ref: 'heads/main', sha }),
    status: 403,
    message: 'Resource not accessible by integration',
  },
  {
    promise: 'a ref that does not exist',
    request: (octokit) => octokit.rest.git.getRef({ ...AT, ref: 'heads/nothing' }),
    status: 404,
    message: 'Not Found',
  },
  {
    promise: 'the Git database of an empty repository',
    request: (octokit) => octokit.rest.git.getRef({ ...EMPTY, ref: 'heads/main' }),
    status: 409,
    message: 'Git Repository is empty.',
  },
  {
    promise: 'a blob in an empty repository',
    request: (octokit) => octokit.rest.git.createBlob({ ...EMPTY, content: 'x' }),
    status: 409,
    message: 'Git Repository is empty.',
  },
  {
    promise: 'a ref that stands already',
    request: (octokit, sha) => octokit.rest.git.createRef({ ...AT, ref: 'refs/heads/main', sha }),
    status: 422,
    message: 'Reference already exists',
  },
  {
    promise: 'a ref to an object that does not exist',
    request: (octokit) => octokit.rest.git.createRef({ ...AT, ref: 'refs/heads/new', sha: NOWHERE }),
    status: 422,
    message: 'Object does not exist',
  },
  {
    promise: 'an update of a ref that does not exist',
    request: (octokit, sha) => octokit.rest.git.updateRef({ ...AT, ref: 'heads/nothing', sha }),
    status: 422,
    message: 'Reference does not exist',
  },
  {
    promise: 'a deletion of a path that the base tree does not have',
    request: (octokit, first) =>
      octokit.rest.git.createTree({
        ...AT,
        base_tree: first,
        tree: [{ path: 'nothing.txt', mode: '100644', type: 'blob', sha: null }],
      }),
    status: 422,
    message: 'GitRPC::BadObjectState',
  },
  {
    promise: 'a commit without a tree',
    request: (octokit) => octokit.request('POST /repos/{owner}/{repo}/git/commits', { ...AT, message: 'x' } as never),
    status: 422,
    message: 'Invalid request.\n\n"tree" wasn\'t supplied.',
  },
  {
    promise: 'a comparison with an unknown commit',
    request: (octokit) => octokit.rest.repos.compareCommitsWithBasehead({ ...AT, basehead: `main...${NOWHERE}` }),
    status: 404,
    message: 'Not Found',
  },
  {
    promise: 'an unknown commit',
    request: (octokit) => octokit.rest.repos.getCommit({ ...AT, ref: NOWHERE }),
    status: 422,
    message: `No commit found for SHA: ${NOWHERE}`,
  },
];

test.each(REFUSALS)('$promise: $status "$message"', async ({ token, request, status, message }) => {
  expect(await refusal(request(stage.as(token ?? WRITER), stage.first))).toEqual({ status, message });
});

test('without a token a public repository can be read, not written', async () => {
  const url = `${stage.github.apiUrl}/repos/acme/app/git/ref/heads/main`;
  expect((await fetch(url)).status).toBe(200);
  expect((await fetch(url.replace('/ref/', '/refs/'), { method: 'PATCH' })).status).toBe(401);
});

test('a body that is no JSON: 400', async () => {
  const answer = await fetch(`${stage.github.apiUrl}/repos/acme/app/git/blobs`, {
    method: 'POST',
    headers: { authorization: `Bearer ${WRITER}`, 'content-type': 'application/json' },
    body: '{"content": ',
  });
  expect([answer.status, await answer.json()]).toEqual([
    400,
    expect.objectContaining({ message: 'Problems parsing JSON' }),
  ]);
});

test('an update that is no fast-forward is refused until it is forced', async () => {
  const { octokit, first } = stage;
  const [one, other] = [
    await commitOn(octokit, first, 'one.txt', '1'),
    await commitOn(octokit, first, 'other.txt', '2'),
  ];
  await octokit.rest.git.createRef({ ...AT, ref: 'refs/heads/side', sha: one });
  const update = { ...AT, ref: 'heads/side', sha: other };
  expect(await refusal(octokit.rest.git.updateRef(update))).toEqual({
    status: 422,
    message: 'Update is not a fast forward',
  });
  await octokit.rest.git.updateRef({ ...update, force: true });
  expect((await octokit.rest.git.getRef({ ...AT, ref: 'heads/side' })).data.object.sha).toBe(other);
});

test('answers carry a request id and count down the rate limit, until it is exceeded', async () => {
  const github = await startFakeGithub({ repositories: [stage.github.repository('acme/app')], rateLimit: 2 });
  try {
    const answers = [];
    for (let n = 0; n < 3; n += 1) answers.push(await fetch(`${github.apiUrl}/repos/acme/app`));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 403]);
    expect(answers.map(({ headers }) => headers.get('x-ratelimit-remaining'))).toEqual(['1', '0', '0']);
    expect(answers[0]?.headers.get('x-github-request-id')).toMatch(/^[0-9A-F]{32}$/);
    expect(await answers[2]?.json()).toMatchObject({
      message: 'API rate limit exceeded for installation ID 1.',
    });
  } finally {
    await github.stop();
  }
});

describe('a branch that takes pull requests only', () => {
  const RULES = 'Repository rule violations found\n\nChanges must be made through a pull request.\n\n';
  let guarded: Stage;
  beforeAll(async () => {
    guarded = await setStage({ rules: [{ branch: 'main', type: 'pull_request' }] });
  });
  afterAll(() => guarded.stop());

  test('refuses a ref update with 422', async () => {
    const sha = await commitOn(guarded.octokit, guarded.first, 'x.txt', 'x');
    expect(await refusal(guarded.octokit.rest.git.updateRef({ ...AT, ref: 'heads/main', sha }))).toEqual({
      status: 422,
      message: RULES,
    });
  });

  test('lists the rule to whoever may read', async () => {
    const { data } = await guarded.as(READER).rest.repos.getBranchRules({ ...AT, branch: 'main' });
    expect(data.map((rule) => rule.type)).toEqual(['pull_request']);
  });

  test('lets other branches and other namespaces pass', async () => {
    const sha = await commitOn(guarded.octokit, guarded.first, 'x.txt', 'x');
    await guarded.octokit.rest.git.createRef({ ...AT, ref: 'refs/heads/work', sha });
    await guarded.octokit.rest.git.createRef({ ...AT, ref: 'refs/image-release/main', sha });
  });
});

test('a commit of a bot that names nobody is verified, one with an author is not, a person’s neither', async () => {
  const { first, octokit } = stage;
  const tree = (await octokit.rest.git.getCommit({ ...AT, commit_sha: first })).data.tree.sha;
  const wish = { ...AT, message: 'x', tree, parents: [first] };
  const named = { ...wish, author: { name: 'Ada', email: 'ada@example.org' } };
  const commits = [
    await octokit.rest.git.createCommit(wish),
    await octokit.rest.git.createCommit(named),
    await stage.as(PERSON).rest.git.createCommit(wish),
    await octokit.rest.git.getCommit({ ...AT, commit_sha: first }),
  ];
  expect(commits.map(({ data }) => data.verification.reason)).toEqual(['valid', 'unsigned', 'unsigned', 'unsigned']);
  const again = await octokit.rest.git.getCommit({ ...AT, commit_sha: commits[0]?.data.sha ?? '' });
  expect(again.data.verification.verified).toBe(true);
});
