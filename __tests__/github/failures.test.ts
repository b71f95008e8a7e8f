import { getOctokit } from '@actions/github';
import {
  classifyFailure,
  readApiFailure,
  retryAfterMs,
  type ApiFailure,
  type FailureKind,
} from '../../src/github/failures.js';

type Answer = () => Promise<Response>;

function rest(status: number, message: string, headers: Record<string, string> = {}): Answer {
  const all = { 'content-type': 'application/json', ...headers };
  return async () => new Response(JSON.stringify({ message }), { status, headers: all });
}

function graphql(message: string, type?: string, code?: string): Answer {
  const error = { message, ...(type && { type }), ...(code && { extensions: { code } }) };
  const headers = { 'content-type': 'application/json' };
  return async () => new Response(JSON.stringify({ data: null, errors: [error] }), { headers });
}

/** The failure that the client reads from an answer. */
async function failureOf(answer: Answer): Promise<ApiFailure | undefined> {
  const quiet = () => {};
  const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
  const octokit = getOctokit('a-token', { request: { fetch: answer }, log });
  try {
    // REST failures may answer this POST request, too.
    await octokit.graphql('{ viewer { login } }');
  } catch (error) {
    return readApiFailure(error);
  }
  throw new Error('the answer was taken for a success');
}

/** Messages of GitHub, collected from its documentation and from issues. */
const ANSWERS: [string, Answer, FailureKind][] = [
  ['a lost race in updateRefs', graphql('Reference refs/heads/main does not point to 1a2b3c4.', 'STALE_REF'), 'stale'],
  [
    'a lost race in createCommitOnBranch',
    graphql('Expected branch to point to "1" but it did not.', 'STALE_DATA'),
    'stale',
  ],
  ['a lost race in PATCH', rest(422, 'Update is not a fast forward'), 'stale'],
  ['a lost race in POST', rest(422, 'Reference already exists'), 'stale'],
  ['the secondary limit', rest(403, 'You have exceeded a secondary rate limit.'), 'rate-limited'],
  [
    'the primary limit',
    rest(403, 'API rate limit exceeded for installation', { 'x-ratelimit-remaining': '0' }),
    'rate-limited',
  ],
  ['a rate limit in GraphQL', graphql('API rate limit exceeded', 'RATE_LIMITED'), 'rate-limited'],
  ['429', rest(429, 'Too Many Requests'), 'rate-limited'],
  ['403 with retry-after', rest(403, 'Forbidden', { 'retry-after': '30' }), 'rate-limited'],
  ['a ruleset in REST', rest(422, 'Repository rule violations found\n\nCannot update this protected ref.'), 'rules'],
  [
    'a ruleset in GraphQL',
    graphql('Repository rule violations found\n\nChanges must be made', 'UNPROCESSABLE'),
    'rules',
  ],
  ['classic protection', graphql('Protected branch update failed', 'BRANCH_PROTECTION_RULE_VIOLATION'), 'rules'],
  ['a token without the permission', rest(403, 'Resource not accessible by integration'), 'permission-denied'],
  [
    'a token without the permission in GraphQL',
    graphql('Resource not accessible by integration', 'FORBIDDEN'),
    'permission-denied',
  ],
  ['single sign-on', rest(403, 'Resource protected by organization SAML enforcement.'), 'permission-denied'],
  ['an archived repository', rest(403, 'Repository was archived so is read-only.'), 'permission-denied'],
  ['an expired token', rest(401, 'Bad credentials'), 'token-rejected'],
  ['an empty repository', rest(409, 'Git Repository is empty.'), 'repository-empty'],
  ['a missing resource', rest(404, 'Not Found'), 'missing'],
  [
    'a mutation missing in an older schema',
    graphql("Field 'updateRefs' doesn't exist on type 'Mutation'", undefined, 'undefinedField'),
    'unsupported',
  ],
  [
    'a failure inside GraphQL',
    graphql('Something went wrong while executing your query. Please include `1A2B` when reporting'),
    'transient',
  ],
  ['a bad gateway', rest(502, 'Server Error'), 'transient'],
  ['an invalid ref name', graphql('refs/image-release/main is not a valid ref name.', 'UNPROCESSABLE'), 'other'],
];

test.each(ANSWERS)('classifies %s', async (_, answer, kind) => {
  const failure = await failureOf(answer);
  expect(failure && classifyFailure(failure)).toBe(kind);
});

test('classifies a request without an answer as transient', async () => {
  const failure = await failureOf(() => Promise.reject(new TypeError('fetch failed')));
  expect(failure).toMatchObject({ status: 0 });
  expect(failure && classifyFailure(failure)).toBe('transient');
});

test('reads no API failure from any other error', () => {
  expect(readApiFailure(new TypeError('undefined is not a function'))).toBeUndefined();
  expect(readApiFailure('a string')).toBeUndefined();
});

test.each([
  ['the time in retry-after', { 'retry-after': '7' }, 7_000],
  [
    "the reset of the primary limit, by the server's clock",
    {
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': '1700000100',
      date: 'Tue, 14 Nov 2023 22:13:20 GMT',
    },
    101_000,
  ],
  ['one minute without such headers', {}, 60_000],
])('waits for %s', (_, headers, wait) => {
  expect(retryAfterMs({ status: 403, headers, message: '', types: [] })).toBe(wait);
});
