/** What an answer of GitHub's API means for a deploy. Pure; the tables are tried in order. */
export interface ApiFailure {
  /** HTTP status; 0 when no answer arrived. GraphQL errors come with 200. */
  status: number;
  headers: Record<string, string | number | undefined>;
  message: string;
  /** `errors[].type` of a GraphQL answer, and `errors[].extensions.code`. */
  types: string[];
}

export type GitHubTrouble =
  | 'stale'
  /** Rate limits: not carried out, come back later. */
  | 'later'
  /** No answer, or a server error: a write may have landed. */
  | 'transient'
  | 'rules'
  | 'token-rejected'
  | 'single-sign-on'
  | 'archived'
  | 'permission-denied'
  | 'repository-empty'
  | 'missing'
  | 'unsupported'
  | 'other';

interface Symptom {
  trouble: GitHubTrouble;
  status?: readonly number[];
  types?: RegExp;
  message?: RegExp;
}

/**
 * Types: STALE_DATA of createCommitOnBranch, BRANCH_PROTECTION_RULE_VIOLATION of classic protection; rulesets
 * use an ordinary type and say it in the message. updateRefs may answer a lost race without any type: `other`,
 * which has to be treated as unknown (https://github.com/orgs/community/discussions/213655).
 */
const SYMPTOMS: readonly Symptom[] = [
  { trouble: 'stale', types: /^STALE/ },
  { trouble: 'stale', status: [422], message: /not a fast.forward|reference already exists/i },
  { trouble: 'later', types: /^RATE_LIMIT/ },
  { trouble: 'later', status: [429] },
  {
    trouble: 'later',
    status: [200, 403],
    message: /secondary rate limit|abuse detection|rate limit exceeded/i,
  },
  { trouble: 'unsupported', types: /^(undefinedField|undefinedType)$/ },
  { trouble: 'unsupported', message: /doesn't exist on type 'Mutation'|isn't a defined input type/ },
  { trouble: 'rules', types: /^BRANCH_PROTECTION_RULE_VIOLATION$|RULE_VIOLATION/ },
  {
    trouble: 'rules',
    message:
      /rule violations? found|protected branch|protected ref|must be made through a (pull request|merge queue)|required status check|must have verified signatures|not authorized to push to this branch/i,
  },
  { trouble: 'token-rejected', status: [401] },
  { trouble: 'single-sign-on', status: [403], message: /SAML|single sign-on/i },
  { trouble: 'archived', message: /archived/i },
  { trouble: 'permission-denied', types: /^(FORBIDDEN|INSUFFICIENT_SCOPES)$/ },
  { trouble: 'permission-denied', status: [403] },
  { trouble: 'permission-denied', message: /Resource not accessible by|must have push access/i },
  { trouble: 'repository-empty', status: [409], message: /repository is empty/i },
  { trouble: 'missing', status: [404, 410, 451] },
  { trouble: 'missing', types: /^NOT_FOUND$/ },
  { trouble: 'transient', types: /^(SERVICE_UNAVAILABLE|INTERNAL|TIMEOUT)/ },
  // GraphQL's own words for a failure inside, with status 200 and no type.
  { trouble: 'transient', status: [200], message: /^Something went wrong while executing your query/ },
  { trouble: 'transient', status: [0, 408, 500, 502, 503, 504, 520, 522, 524] },
];

/** Sorts a failure. A wait that the server names makes any 403 or 429 a rate limit. */
export function troubleOf(failure: ApiFailure): GitHubTrouble {
  if ((failure.status === 403 || failure.status === 429) && namesAWait(failure)) return 'later';
  const symptom = SYMPTOMS.find(
    ({ status, types, message }) =>
      (status === undefined || status.includes(failure.status)) &&
      (types === undefined || failure.types.some((type) => types.test(type))) &&
      (message === undefined || message.test(failure.message)),
  );
  return symptom?.trouble ?? 'other';
}

const SECONDARY_LIMIT_MS = 60_000;

/**
 * How long the server wants us to wait, in milliseconds; at least a minute where it does not say
 * (https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api). The reset time is
 * compared with the server's own clock.
 */
export function waitOf(failure: ApiFailure): number {
  const seconds = Number(failure.headers['retry-after']);
  if (Number.isFinite(seconds) && failure.headers['retry-after'] !== undefined) return seconds * 1000;
  const reset = Number(failure.headers['x-ratelimit-reset']) * 1000;
  const now = Date.parse(String(failure.headers.date));
  if (String(failure.headers['x-ratelimit-remaining']) === '0' && reset > 0 && now > 0) {
    return Math.max(1000, reset - now + 1000);
  }
  return SECONDARY_LIMIT_MS;
}

function namesAWait({ headers }: ApiFailure): boolean {
  return headers['retry-after'] !== undefined || String(headers['x-ratelimit-remaining']) === '0';
}

/** Reads what octokit threw; undefined when it isn't an answer of the API nor a broken connection. */
export function readApiFailure(error: unknown): ApiFailure | undefined {
  if (!(error instanceof Error)) return undefined;
  const thrown = error as Error & {
    status?: number;
    headers?: ApiFailure['headers'];
    response?: { headers?: ApiFailure['headers'] };
    errors?: { type?: string; message?: string; extensions?: { code?: string } }[];
  };
  if (error.name === 'GraphqlResponseError') {
    const errors = thrown.errors ?? [];
    return {
      status: 200,
      headers: thrown.headers ?? {},
      message: errors.map((item) => item.message ?? '').join('\n'),
      types: errors.flatMap((item) =>
        [item.type, item.extensions?.code].filter((type) => type !== undefined),
      ),
    };
  }
  if (error.name === 'HttpError') {
    const answered = thrown.response !== undefined;
    return {
      status: answered ? (thrown.status ?? 0) : 0,
      headers: thrown.response?.headers ?? {},
      message: error.message,
      types: [],
    };
  }
  if (error.name === 'AbortError' || error.name === 'TimeoutError') {
    return { status: 0, headers: {}, message: 'no answer in time', types: [] };
  }
  return undefined;
}
