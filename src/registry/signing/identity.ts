import * as z from 'zod';
import { Secret } from '../../lib/secret.js';
import { ask, declined, said, type Asking } from './service.js';

/** What the runner hands to a job with `id-token: write`: where tokens are, and the right to ask for them. */
export interface JobIdentity {
  url: string;
  token: Secret;
}

/** The claims that the provenance is made of: docs.github.com, "OpenID Connect reference". */
const claimsOf = z.object({
  sub: z.string(),
  ref: z.string(),
  sha: z.string(),
  repository: z.string(),
  repository_id: z.string(),
  repository_owner_id: z.string(),
  repository_visibility: z.string().optional(),
  event_name: z.string(),
  workflow_ref: z.string(),
  job_workflow_ref: z.string(),
  runner_environment: z.string(),
  run_id: z.string(),
  run_attempt: z.string(),
});

export type Claims = z.infer<typeof claimsOf>;

/** A token that proves which job this is, and what it says. */
export interface IdToken {
  token: Secret;
  claims: Claims;
}

const AUDIENCE = 'sigstore';

/**
 * Asks for the job's OpenID token. Its signature is not verified here: it comes from the runner's own address over
 * TLS, and Fulcio certifies no key for a token that isn't GitHub's.
 * @throws ReleaseError `signing/unavailable`, `signing/no-id-token`; Cancelled
 */
export async function requestIdToken({ url, token }: JobIdentity, asking: Asking): Promise<IdToken> {
  const asked = new URL(url);
  asked.searchParams.set('audience', AUDIENCE);
  const service = { name: "GitHub's token service", url: asked.origin };
  const answer = await ask(
    service,
    {
      method: 'GET',
      path: `${asked.pathname}${asked.search}`,
      headers: { authorization: `Bearer ${token.reveal()}`, accept: 'application/json' },
    },
    asking,
  );
  const value = answer.status === 200 ? valueIn(answer.body.toString()) : undefined;
  const claims = value === undefined ? undefined : readClaims(value);
  if (value !== undefined && claims !== undefined) return { token: new Secret(value), claims };
  const why = answer.status === 200 ? 'its answer holds no token of a job' : said(answer, asking.redact);
  throw declined({
    code: 'signing/no-id-token',
    message: `${service.name} gives this job no OpenID token: ${why}.`,
    fix: 'Add `id-token: write` to the `permissions` of the job, and run the release in a job of its own workflow run.',
  });
}

function valueIn(text: string): string | undefined {
  try {
    const { value } = JSON.parse(text) as { value?: unknown };
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

function readClaims(token: string): Claims | undefined {
  try {
    const body = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
    return claimsOf.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}
