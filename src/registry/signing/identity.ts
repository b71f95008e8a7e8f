import * as z from 'zod';
import { Secret } from '../../lib/secret.js';
import { failure } from '../../lib/errors.js';
import { parseJson } from '../../lib/json.js';
import { messageIn } from '../registry-problem.js';
import { send, type ServiceContext } from './service.js';

/** What the runner passes to a job with `id-token: write`: the address of its tokens, and the right to request them. */
export interface JobIdentity {
  url: string;
  token: Secret;
}

/** The claims that the provenance contains: docs.github.com, "OpenID Connect reference". */
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

/** A token that proves which job this is, and its claims. */
export interface IdToken {
  token: Secret;
  claims: Claims;
}

/**
 * Requests the job's OpenID token. Its signature is not verified here: it comes from the runner's own address over
 * TLS, and Fulcio certifies no key for a token that isn't GitHub's.
 * @throws ReleaseError `signing/unavailable`, `signing/not-permitted`; Cancelled
 */
export async function requestIdToken({ url, token }: JobIdentity, context: ServiceContext): Promise<IdToken> {
  const address = new URL(url);
  address.searchParams.set('audience', 'sigstore');
  const service = { name: "GitHub's token service", url: address.origin };
  const headers = { authorization: `Bearer ${token.reveal()}`, accept: 'application/json' };
  const path = `${address.pathname}${address.search}`;
  const answer = await send(service, { method: 'GET', path, headers }, context);
  const value = answer.status === 200 ? answered.safeParse(parseJson(answer.body)).data?.value : undefined;
  const payload = Buffer.from(value?.split('.')[1] ?? '', 'base64url');
  const claims = claimsOf.safeParse(parseJson(payload)).data;
  if (value !== undefined && claims !== undefined) return { token: new Secret(value), claims };
  const why = answer.status === 200 ? 'its answer holds no token of a job' : context.redact(messageIn(answer));
  const message = `${service.name} gives this job no OpenID token: ${why}.`;
  throw failure({ code: 'signing/not-permitted', message });
}

const answered = z.object({ value: z.string() });
