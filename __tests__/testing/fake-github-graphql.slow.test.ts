import { jest } from '@jest/globals';
import { AT, READER, commitOn, graphqlRefusal, moveRefs, setStage } from './fake-github/fixtures.js';
import type { Stage } from './fake-github/fixtures.js';

const ZERO = '0'.repeat(40);
const RULES = 'Repository rule violations found\n\nChanges must be made through a pull request.\n\n';

// Real git processes on a machine that may be busy.
jest.setTimeout(60_000);

let stage: Stage;
beforeEach(async () => {
  stage = await setStage();
});
afterEach(() => stage.stop());

const move = (updates: Parameters<typeof moveRefs>[1]) => moveRefs(stage.octokit, updates);

describe('updateRefs', () => {
  const LEDGER = 'refs/image-release/main';

  test('moves a branch and a ledger together, and takes zeros for "is not there" and "shall not be"', async () => {
    const next = await commitOn(stage.octokit, stage.first, 'a', 'a');
    await move([
      { name: 'refs/heads/main', beforeOid: stage.first, afterOid: next },
      { name: LEDGER, beforeOid: ZERO, afterOid: stage.first },
    ]);
    expect([await stage.head('heads/main'), await stage.head('image-release/main')]).toEqual([next, stage.first]);
    await move([{ name: LEDGER, beforeOid: stage.first, afterOid: ZERO }]);
    expect(await stage.head('image-release/main')).toBeUndefined();
  });

  test('moves none of them when one is not where it should be: STALE_REF', async () => {
    const next = await commitOn(stage.octokit, stage.first, 'a', 'a');
    const refused = await graphqlRefusal(
      move([
        { name: 'refs/heads/new', beforeOid: ZERO, afterOid: next },
        { name: 'refs/heads/main', beforeOid: next, afterOid: next },
      ]),
    );
    expect(refused.type).toBe('STALE_REF');
    expect([await stage.head('heads/new'), await stage.head('heads/main')]).toEqual([undefined, stage.first]);
  });

  test('of many that start from one head exactly one lands', async () => {
    const candidates = await Promise.all(
      [1, 2, 3, 4, 5].map((n) => commitOn(stage.octokit, stage.first, `file-${n}`, `${n}`)),
    );
    const outcomes = await Promise.allSettled(
      candidates.map((afterOid) => move([{ name: 'refs/heads/main', beforeOid: stage.first, afterOid }])),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const landed = candidates[outcomes.findIndex(({ status }) => status === 'fulfilled')];
    expect(await stage.head('heads/main')).toBe(landed);
  });

  test('refuses what is no fast-forward unless forced, and objects that are not there', async () => {
    const [one, other] = [
      await commitOn(stage.octokit, stage.first, 'a', 'a'),
      await commitOn(stage.octokit, stage.first, 'b', 'b'),
    ];
    await move([{ name: 'refs/heads/main', beforeOid: stage.first, afterOid: one }]);
    const sideways = { name: 'refs/heads/main', beforeOid: one, afterOid: other };
    expect((await graphqlRefusal(move([sideways]))).type).toBe('UNPROCESSABLE');
    await move([{ ...sideways, force: true }]);
    expect(await stage.head('heads/main')).toBe(other);
    const nowhere = { name: 'refs/heads/main', afterOid: 'f'.repeat(40) };
    expect((await graphqlRefusal(move([nowhere]))).type).toBe('UNPROCESSABLE');
  });

  test('refuses a token without the permission', async () => {
    const update = { name: LEDGER, beforeOid: ZERO, afterOid: stage.first };
    expect(await graphqlRefusal(moveRefs(stage.as(READER), [update]))).toMatchObject({
      type: 'FORBIDDEN',
      message: 'Resource not accessible by integration',
    });
  });

  test('refuses by rule as a whole', async () => {
    stage.github.repository('acme/app').rules.push({ branch: 'main', type: 'pull_request' });
    const next = await commitOn(stage.octokit, stage.first, 'a', 'a');
    const refused = await graphqlRefusal(
      move([
        { name: LEDGER, beforeOid: ZERO, afterOid: next },
        { name: 'refs/heads/main', beforeOid: stage.first, afterOid: next },
      ]),
    );
    expect(refused.message).toBe(RULES);
    expect(await stage.head('image-release/main')).toBeUndefined();
  });

  test('refuses names outside heads and tags where the repository is set up so', async () => {
    stage.github.repository('acme/app').updateRefsNamespaces = 'heads-and-tags';
    const refused = await graphqlRefusal(move([{ name: LEDGER, beforeOid: ZERO, afterOid: stage.first }]));
    expect(refused).toMatchObject({ type: 'UNPROCESSABLE', message: expect.stringContaining(LEDGER) });
  });
});

test('a server older than updateRefs does not know it, and says so as GitHub does', async () => {
  stage.github.repository('acme/app').updateRefs = 'missing';
  const thrown = await move([]).catch((error: unknown) => error);
  expect((thrown as { errors: unknown[] }).errors).toMatchObject([
    { message: "UpdateRefsInput isn't a defined input type (on $input)" },
    {
      message: "Field 'updateRefs' doesn't exist on type 'Mutation'",
      extensions: { code: 'undefinedField' },
    },
  ]);
});

describe('queries', () => {
  test('read many objects at once, by id or expression; long texts are cut off', async () => {
    const large = await commitOn(stage.octokit, stage.first, 'large.txt', 'x'.repeat(600_000));
    const { data } = await stage.octokit.rest.git.createBlob({ ...AT, content: 'AAE=', encoding: 'base64' });
    const query = `query ($owner: String!, $repo: String!) {
      repository(owner: $owner, name: $repo) {
        large: object(expression: "${large}:large.txt") { ... on Blob { isTruncated text byteSize } }
        binary: object(oid: "${data.sha}") { ... on Blob { oid isBinary text } }
        none: object(oid: "${'0'.repeat(40)}") { oid }
      }
    }`;
    expect(await stage.octokit.graphql(query, AT)).toEqual({
      repository: {
        large: { isTruncated: true, text: 'x'.repeat(512_000), byteSize: 600_000 },
        binary: { oid: data.sha, isBinary: true, text: null },
        none: null,
      },
    });
  });

  test.each([
    ['a field that GitHub has not', '{ repository(owner: "acme", name: "app") { headOid } }', /Cannot query field/],
    ['a missing selection', '{ repository(owner: "acme", name: "app") }', /must have a selection of subfields/],
    ['a syntax error', '{ repository(', /Syntax Error/],
    [
      'an input without a required field',
      'mutation { updateRefs(input: {refs: []}) { clientMutationId } }',
      /was not provided/,
    ],
    ['a repository that is not there', '{ repository(owner: "acme", name: "x") { id } }', /Could not resolve/],
    ['a field that the double does not resolve', '{ licenses { name } }', /not resolved by this double/],
  ])('%s is refused with status 200 and an error', async (_, query, message) => {
    expect((await graphqlRefusal(stage.octokit.graphql(query))).message).toMatch(message);
  });

  test('need a token', async () => {
    const answer = await fetch(stage.github.graphqlUrl, {
      method: 'POST',
      body: '{"query":"{viewer{login}}"}',
    });
    expect(answer.status).toBe(401);
  });
});
