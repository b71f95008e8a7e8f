import * as z from 'zod';
import { failure, type ProblemDraft, type ReleaseError } from '../../lib/errors.js';
import { parseJson } from '../../lib/json.js';
import type { HttpResponse } from '../../lib/http.js';
import type { Secret } from '../../lib/secret.js';
import { messageIn } from '../registry-problem.js';
import { send, type ServiceContext } from './service.js';
import type { SigstoreBundle } from './sign-statement.js';

/** A repository at GitHub that stores attestations. */
export interface AttestationStore {
  /** `https://api.github.com` */
  apiUrl: string;
  /** `owner/name` */
  repository: string;
  token?: Secret;
}

const stored = z.object({ id: z.union([z.string(), z.number()]) });
const listed = z.object({ attestations: z.array(z.object({ bundle: z.record(z.string(), z.unknown()).nullish() })) });

/**
 * Stores a bundle at GitHub, which shows it on the repository's page "Attestations".
 * https://docs.github.com/rest/repos/attestations#create-an-attestation
 * @returns its id
 * @throws ReleaseError `signing/unavailable`, `signing/not-permitted`, `signing/not-offered`, `signing/failed`
 */
export async function storeAttestation(store: AttestationStore, bundle: SigstoreBundle, context: ServiceContext) {
  const answer = await request(store, 'POST', '', context, JSON.stringify({ bundle }));
  const id = answer.status === 201 ? stored.safeParse(parseJson(answer.body)).data?.id : undefined;
  if (id === undefined) throw refused(store, answer, context);
  return String(id);
}

/**
 * The bundles that GitHub stores for a digest.
 * https://docs.github.com/rest/repos/attestations#list-attestations
 * @throws ReleaseError `signing/*`; Cancelled
 */
export async function listAttestations(store: AttestationStore, digest: string, context: ServiceContext) {
  const answer = await request(store, 'GET', `/${digest}?per_page=100`, context);
  if (answer.status === 404) return [];
  const list = answer.status === 200 ? listed.safeParse(parseJson(answer.body)).data : undefined;
  if (list === undefined) throw refused(store, answer, context);
  return list.attestations.flatMap(({ bundle }) => (bundle ? [bundle] : []));
}

function request(
  { apiUrl, repository, token }: AttestationStore,
  method: 'GET' | 'POST',
  path: string,
  context: ServiceContext,
  body?: string,
): Promise<HttpResponse> {
  const service = { name: "GitHub's attestation store", url: apiUrl };
  const headers = {
    accept: 'application/vnd.github+json',
    ...(token && { authorization: `Bearer ${token.reveal()}` }),
    ...(body !== undefined && { 'content-type': 'application/json' }),
  };
  return send(service, { method, path: `/repos/${repository}/attestations${path}`, headers, body }, context);
}

function refused({ repository }: AttestationStore, answer: HttpResponse, { redact }: ServiceContext): ReleaseError {
  const text = redact(messageIn(answer));
  return failure({
    code: codeOf(answer.status, text),
    message: `GitHub does not accept the attestation for ${repository} (${answer.status}): ${text}.`,
  });
}

/** GitHub's answers as seen in threads of actions/attest. */
function codeOf(status: number, text: string): ProblemDraft['code'] {
  if (status === 404 || /feature not available|upgrade the billing plan/i.test(text)) return 'signing/not-offered';
  const limited = /rate limit/i.test(text);
  return (status === 401 || status === 403) && !limited ? 'signing/not-permitted' : 'signing/failed';
}
