/** A failed request to GitHub's API. */
export interface ApiFailure {
  /** HTTP status; 0 if no answer arrived. GraphQL errors come with 200. */
  status: number;
  headers: Record<string, string | number | undefined>;
  message: string;
  /** `errors[].type` of a GraphQL answer, and `errors[].extensions.code`. */
  types: string[];
}

export type FailureKind =
  | 'stale'
  /** Rate limit: not carried out, try again later. */
  | 'rate-limited'
  /** No answer, or a server error: a write may have landed. */
  | 'transient'
  | 'rules'
  | 'token-rejected'
  | 'permission-denied'
  | 'repository-empty'
  | 'missing'
  | 'unsupported'
  | 'other';

interface Symptom {
  kind: FailureKind;
  status?: readonly number[];
  types?: RegExp;
  message?: RegExp;
}

/**
 * The first match counts. Types: STALE_DATA and STALE_REF, BRANCH_PROTECTION_RULE_VIOLATION of classic protection;
 * rulesets use an ordinary type and say it in the message. updateRefs may answer a lost race without any type: `other`
 * (https://github.com/orgs/community/discussions/213655).
 */
const SYMPTOMS: readonly Symptom[] = [
  { kind: 'stale', types: /^STALE/ },
  { kind: 'stale', status: [422], message: /not a fast.forward|reference already exists/i },
  { kind: 'rate-limited', types: /^RATE_LIMIT/ },
  { kind: 'rate-limited', status: [429] },
  { kind: 'rate-limited', status: [200, 403], message: /secondary rate limit|abuse detection|rate limit exceeded/i },
  { kind: 'unsupported', types: /^(undefinedField|undefinedType)$/ },
  { kind: 'unsupported', message: /doesn't exist on type 'Mutation'|isn't a defined input type/ },
  { kind: 'rules', types: /^BRANCH_PROTECTION_RULE_VIOLATION$|RULE_VIOLATION/ },
  {
    kind: 'rules',
    message:
      /rule violations? found|protected branch|protected ref|must be made through a (pull request|merge queue)|required status check|must have verified signatures|not authorized to push to this branch/i,
  },
  { kind: 'token-rejected', status: [401] },
  { kind: 'permission-denied', types: /^(FORBIDDEN|INSUFFICIENT_SCOPES)$/ },
  { kind: 'permission-denied', status: [403] },
  { kind: 'permission-denied', message: /Resource not accessible by|must have push access|archived/i },
  { kind: 'repository-empty', status: [409], message: /repository is empty/i },
  { kind: 'missing', status: [404, 410, 451] },
  { kind: 'missing', types: /^NOT_FOUND$/ },
  { kind: 'transient', types: /^(SERVICE_UNAVAILABLE|INTERNAL|TIMEOUT)/ },
  // GraphQL's message for an internal failure, with status 200 and no type.
  { kind: 'transient', status: [200], message: /^Something went wrong while executing your query/ },
  { kind: 'transient', status: [0, 408, 500, 502, 503, 504, 520, 522, 524] },
];

export function classifyFailure(failure: ApiFailure): FailureKind {
  if ((failure.status === 403 || failure.status === 429) && namesWait(failure)) return 'rate-limited';
  const symptom = SYMPTOMS.find(
    ({ status, types, message }) =>
      (status === undefined || status.includes(failure.status)) &&
      (types === undefined || failure.types.some((type) => types.test(type))) &&
      (message === undefined || message.test(failure.message)),
  );
  return symptom?.kind ?? 'other';
}

const SECONDARY_LIMIT_MS = 60_000;

/**
 * How long GitHub asks to wait; at least a minute if it doesn't say
 * (https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api). The reset time is
 * compared with the server's own clock.
 */
export function retryAfterMs({ headers }: ApiFailure): number {
  const seconds = Number(headers['retry-after']);
  if (Number.isFinite(seconds) && headers['retry-after'] !== undefined) return seconds * 1000;
  const reset = Number(headers['x-ratelimit-reset']) * 1000;
  const now = Date.parse(String(headers.date));
  if (String(headers['x-ratelimit-remaining']) === '0' && reset > 0 && now > 0) {
    return Math.max(1000, reset - now + 1000);
  }
  return SECONDARY_LIMIT_MS;
}

function namesWait({ headers }: ApiFailure): boolean {
  return headers['retry-after'] !== undefined || String(headers['x-ratelimit-remaining']) === '0';
}

/** Reads what octokit threw; undefined if it is neither an answer of the API nor a broken connection. */
export function readApiFailure(error: unknown): ApiFailure | undefined {
  if (!(error instanceof Error)) return undefined;
  const thrown = error as Error & {
    status?: number;
    headers?: ApiFailure['headers'];
    response?: { headers?: ApiFailure['headers'] };
    errors?: { type?: string; message?: string; extensions?: { code?: string } }[];
  };
  switch (error.name) {
    case 'GraphqlResponseError': {
      const errors = thrown.errors ?? [];
      return {
        status: 200,
        headers: thrown.headers ?? {},
        message: errors.map(({ message = '' }) => message).join('\n'),
        types: errors.flatMap(({ type, extensions }) => [type ?? [], extensions?.code ?? []].flat()),
      };
    }
    case 'HttpError': {
      const status = thrown.response === undefined ? 0 : (thrown.status ?? 0);
      return { status, headers: thrown.response?.headers ?? {}, message: error.message, types: [] };
    }
    case 'AbortError':
    case 'TimeoutError':
      return { status: 0, headers: {}, message: 'no answer in time', types: [] };
    default:
      return undefined;
  }
}
