import * as z from 'zod';
import type { ReleaseError } from '../../lib/errors.js';
import type { HttpResponse } from '../../lib/http.js';
import type { Secret } from '../../lib/secret.js';
import { ask, declined, said, type Asking } from './service.js';
import type { SigstoreBundle } from './sign-statement.js';

/** A repository at GitHub whose attestations are kept there. */
export interface AttestationStore {
  /** `https://api.github.com` */
  apiUrl: string;
  /** `owner/name` */
  repository: string;
  token?: Secret;
}

const stored = z.object({ id: z.union([z.string(), z.number()]) });
const listed = z.object({
  attestations: z.array(z.object({ bundle: z.record(z.string(), z.unknown()).nullish() })),
});

/**
 * Hands a bundle to GitHub, which shows it on the repository's page "Attestations".
 * https://docs.github.com/rest/repos/attestations#create-an-attestation
 * @returns its id
 * @throws ReleaseError `signing/unavailable`, `signing/not-permitted`, `signing/not-offered`, `signing/refused`
 */
export async function storeAttestation(
  store: AttestationStore,
  bundle: SigstoreBundle,
  asking: Asking,
): Promise<string> {
  const answer = await request(store, 'POST', '', asking, JSON.stringify({ bundle }));
  const id = answer.status === 201 ? stored.safeParse(json(answer)).data?.id : undefined;
  if (id === undefined) throw explain(store, answer, asking);
  return String(id);
}

/**
 * The bundles that GitHub keeps of a digest.
 * https://docs.github.com/rest/repos/attestations#list-attestations
 * @throws ReleaseError `signing/*`; Cancelled
 */
export async function listAttestations(
  store: AttestationStore,
  digest: string,
  asking: Asking,
): Promise<SigstoreBundle[]> {
  const answer = await request(store, 'GET', `/${digest}?per_page=100`, asking);
  if (answer.status === 404) return [];
  const list = answer.status === 200 ? listed.safeParse(json(answer)).data : undefined;
  if (list === undefined) throw explain(store, answer, asking);
  return list.attestations
    .map(({ bundle }) => bundle)
    .filter((bundle) => bundle !== undefined && bundle !== null);
}

function request(
  { apiUrl, repository, token }: AttestationStore,
  method: 'GET' | 'POST',
  path: string,
  asking: Asking,
  body?: string,
): Promise<HttpResponse> {
  return ask(
    { name: "GitHub's store of attestations", url: apiUrl },
    {
      method,
      path: `/repos/${repository}/attestations${path}`,
      headers: {
        accept: 'application/vnd.github+json',
        ...(token && { authorization: `Bearer ${token.reveal()}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      body,
    },
    asking,
  );
}

/** Refusals that have a fix of their own; GitHub's answers as seen in threads of actions/attest. */
const REFUSALS: readonly {
  when: (answer: { status: number; text: string }) => boolean;
  code: 'signing/not-permitted' | 'signing/not-offered' | 'signing/refused';
  fix: string;
}[] = [
  {
    when: ({ text }) => /feature not available|upgrade the billing plan/i.test(text),
    code: 'signing/not-offered',
    fix: 'GitHub keeps attestations of private repositories on Enterprise Cloud only: use `attest: { sign: cosign }`, or make the repository public.',
  },
  {
    when: ({ status }) => status === 401,
    code: 'signing/not-permitted',
    fix: 'The token is not valid any more: leave the input `token` out, so that it is the job’s own.',
  },
  {
    when: ({ status, text }) => status === 403 && /rate limit/i.test(text),
    code: 'signing/refused',
    fix: 'Run again when the rate limit has gone, or give the job a token of its own.',
  },
  {
    when: ({ status }) => status === 403,
    code: 'signing/not-permitted',
    fix: 'Add `attestations: write` to the `permissions` of the job, beside `id-token: write`.',
  },
  {
    when: ({ status }) => status === 404,
    code: 'signing/not-offered',
    fix: 'Add `attestations: write` to the `permissions` of the job. Where this GitHub has no attestations at all (Enterprise Server), use `attest: { sign: cosign }`.',
  },
];

function explain({ repository }: AttestationStore, answer: HttpResponse, { redact }: Asking): ReleaseError {
  const { status } = answer;
  const text = said(answer, redact);
  const known = REFUSALS.find(({ when }) => when({ status, text }));
  return declined({
    code: known?.code,
    message: `GitHub does not take the attestation for ${repository} (${status}): ${text}.`,
    fix: known?.fix ?? 'Do what the message says, then run again.',
  });
}

function json({ body }: HttpResponse): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
