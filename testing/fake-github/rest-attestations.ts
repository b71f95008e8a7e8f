import { jsonAnswer, missing, unprocessable } from './answer.js';
import type { Call, Route } from './route.js';

/** A Sigstore bundle that a repository keeps. */
export interface StoredAttestation {
  id: number;
  bundle: Record<string, unknown>;
  predicateType: string;
  /** `sha256:…` of all that its statement speaks of. */
  digests: string[];
}

const FIRST_ID = 5_000_001;

async function createAttestation(call: Call) {
  const { bundle } = call.body;
  if (typeof bundle !== 'object' || bundle === null) throw missing('bundle');
  const statement = statementOf(bundle as Record<string, unknown>);
  if (statement === undefined) throw unprocessable('Invalid bundle: it holds no in-toto statement.');
  const kept = (call.repository.attestations ??= []);
  const id = FIRST_ID + kept.length;
  kept.push({ id, bundle: bundle as Record<string, unknown>, ...statement });
  return jsonAnswer(201, { id });
}

async function listAttestations(call: Call) {
  const { repository, params, query } = call;
  const wanted = query.get('predicate_type');
  const found = (repository.attestations ?? []).filter(
    ({ digests, predicateType }) =>
      digests.includes(params.digest ?? '') && (wanted === null || wanted === predicateType),
  );
  return jsonAnswer(200, {
    attestations: found.map(({ bundle }) => ({ bundle, repository_id: repository.id, bundle_url: '' })),
  });
}

function statementOf(bundle: Record<string, unknown>) {
  try {
    const { payload } = bundle['dsseEnvelope'] as { payload: string };
    const { subject, predicateType } = JSON.parse(Buffer.from(payload, 'base64').toString()) as {
      subject: { digest: Record<string, string> }[];
      predicateType: string;
    };
    return { predicateType, digests: subject.map(({ digest }) => `sha256:${digest['sha256']}`) };
  } catch {
    return undefined;
  }
}

/** https://docs.github.com/rest/repos/attestations */
export const ATTESTATION_ROUTES: readonly Route[] = [
  { method: 'POST', path: '/attestations', needs: ['attestations', 'write'], handle: createAttestation },
  { method: 'GET', path: '/attestations/:digest', needs: ['attestations', 'read'], handle: listAttestations },
];
