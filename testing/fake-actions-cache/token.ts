import { createHmac, timingSafeEqual } from 'node:crypto';

/** A scope is a ref that entries belong to; permissions as in the runner's token: 1 read, 2 write, 3 both. */
export interface TokenScope {
  Scope: string;
  Permission: 1 | 2 | 3;
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/**
 * The scopes of a run: its own ref first, then the default branch, readable only. A pull request's own ref is
 * `refs/pull/N/merge`. Rule: docs.github.com, "Restrictions for accessing a cache".
 */
export function scopesOf(run: { ref: string; defaultBranch: string; readOnly?: boolean }): TokenScope[] {
  const fallback = `refs/heads/${run.defaultBranch}`;
  const own: TokenScope = { Scope: run.ref, Permission: run.readOnly === true ? 1 : 3 };
  return run.ref === fallback ? [own] : [own, { Scope: fallback, Permission: 1 }];
}

/** A token with the claims that clients read: `ac` is JSON inside a string, times are in seconds. */
export function signToken(secret: string, scopes: readonly TokenScope[], now: number): string {
  const head = encode({ alg: 'HS256', typ: 'JWT' });
  const claims = encode({
    ac: JSON.stringify(scopes),
    nbf: now - 300,
    exp: now + 6 * 3600,
    iat: now,
    scp: 'Actions.Results:lab-run:lab-job Actions.GenericRead:lab',
  });
  return `${head}.${claims}.${signature(secret, `${head}.${claims}`)}`;
}

/** The scopes of a token that `signToken` made with the same secret; undefined for any other. */
export function readToken(secret: string, token: string): TokenScope[] | undefined {
  const [head = '', claims = '', given = ''] = token.split('.');
  const expected = signature(secret, `${head}.${claims}`);
  if (given.length !== expected.length || !timingSafeEqual(Buffer.from(given), Buffer.from(expected))) {
    return undefined;
  }
  const { ac } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { ac: string };
  return JSON.parse(ac) as TokenScope[];
}

function signature(secret: string, text: string): string {
  return createHmac('sha256', secret).update(text).digest('base64url');
}
