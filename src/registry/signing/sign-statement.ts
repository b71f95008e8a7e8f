import { createHash, generateKeyPairSync, sign, X509Certificate } from 'node:crypto';
import * as z from 'zod';
import type { HttpResponse } from '../../lib/http.js';
import type { SigstoreEndpoints } from './sign-release.js';
import type { IdToken } from './identity.js';
import { failure } from '../../lib/errors.js';
import { parseJson } from '../../lib/json.js';
import { messageIn } from '../registry-problem.js';
import { send, type Service, type ServiceContext } from './service.js';

/** Media type of a bundle: https://docs.sigstore.dev/about/bundle */
export const BUNDLE_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const PAYLOAD_TYPE = 'application/vnd.in-toto+json';

/** A statement with everything that is needed to verify it offline, as JSON. */
export type SigstoreBundle = Record<string, unknown>;

/**
 * Signs a statement with a key that is made now, certified for this job, used once and thrown away.
 * @throws ReleaseError `signing/unavailable`, `signing/failed`; Cancelled
 */
export async function signStatement(
  statement: object,
  { token, claims }: IdToken,
  endpoints: SigstoreEndpoints,
  context: ServiceContext,
): Promise<SigstoreBundle> {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signWith = (data: Buffer) => sign('sha256', data, keys.privateKey);
  const certificate = await certify(
    {
      credentials: { oidcIdentityToken: token.reveal() },
      publicKeyRequest: {
        publicKey: { algorithm: 'ECDSA', content: keys.publicKey.export({ format: 'pem', type: 'spki' }) },
        proofOfPossession: signWith(Buffer.from(claims.sub)).toString('base64'),
      },
    },
    { name: 'Fulcio', url: endpoints.fulcio },
    context,
  );
  const payload = Buffer.from(JSON.stringify(statement));
  const signature = signWith(preAuthEncoding(payload));
  const envelope = {
    payload: payload.toString('base64'),
    payloadType: PAYLOAD_TYPE,
    signatures: [{ sig: signature.toString('base64') }],
  };
  const { type, url } = endpoints.witness;
  const witness =
    type === 'rekor'
      ? { tlogEntries: [await log(envelope, certificate, url, context)] }
      : { timestampVerificationData: await timestamp(signature, url, context) };
  return {
    mediaType: BUNDLE_TYPE,
    verificationMaterial: { certificate: { rawBytes: certificate.raw.toString('base64') }, ...witness },
    dsseEnvelope: envelope,
  };
}

/** https://github.com/secure-systems-lab/dsse/blob/master/protocol.md */
function preAuthEncoding(payload: Buffer): Buffer {
  const head = `DSSEv1 ${PAYLOAD_TYPE.length} ${PAYLOAD_TYPE} ${payload.length} `;
  return Buffer.concat([Buffer.from(head), payload]);
}

const certificates = z.object({ chain: z.object({ certificates: z.array(z.string()).min(1) }) });
const certified = z.union([
  z.object({ signedCertificateEmbeddedSct: certificates }).transform((of) => of.signedCertificateEmbeddedSct),
  z.object({ signedCertificateDetachedSct: certificates }).transform((of) => of.signedCertificateDetachedSct),
]);

/** https://github.com/sigstore/fulcio/blob/main/fulcio.proto */
async function certify(request: object, service: Service, context: ServiceContext): Promise<X509Certificate> {
  const answer = await post('/api/v2/signingCert', request, service, context);
  const [leaf = ''] = read(certified, service, answer).chain.certificates;
  return new X509Certificate(leaf);
}

const logEntry = z.record(
  z.string(),
  z.object({
    body: z.string(),
    integratedTime: z.number(),
    logID: z.string(),
    logIndex: z.number(),
    verification: z.object({
      signedEntryTimestamp: z.string(),
      inclusionProof: z.object({
        checkpoint: z.string(),
        hashes: z.array(z.string()),
        logIndex: z.number(),
        rootHash: z.string(),
        treeSize: z.number(),
      }),
    }),
  }),
);

/** https://github.com/sigstore/rekor/blob/main/openapi.yaml, `dsse` entries. */
async function log(envelope: object, certificate: X509Certificate, url: string, context: ServiceContext) {
  const service = { name: 'Rekor', url };
  const entry = {
    apiVersion: '0.0.1',
    kind: 'dsse',
    spec: {
      proposedContent: {
        envelope: JSON.stringify(envelope),
        verifiers: [Buffer.from(certificate.toString()).toString('base64')],
      },
    },
  };
  const answer = await post('/api/v1/log/entries', entry, service, context);
  // After a lost answer the second try finds the entry there already.
  const { location } = answer.headers;
  const found =
    answer.status === 409 && location !== undefined && URL.canParse(location, service.url)
      ? await send(service, { method: 'GET', path: new URL(location, service.url).pathname }, context)
      : answer;
  const [logged] = Object.values(read(logEntry, service, found));
  if (logged === undefined) throw unreadable(service);
  const { inclusionProof: proof, signedEntryTimestamp } = logged.verification;
  return {
    logIndex: String(logged.logIndex),
    logId: { keyId: fromHex(logged.logID) },
    kindVersion: { kind: entry.kind, version: entry.apiVersion },
    integratedTime: String(logged.integratedTime),
    inclusionPromise: { signedEntryTimestamp },
    inclusionProof: {
      logIndex: String(proof.logIndex),
      rootHash: fromHex(proof.rootHash),
      treeSize: String(proof.treeSize),
      hashes: proof.hashes.map(fromHex),
      checkpoint: { envelope: proof.checkpoint },
    },
    canonicalizedBody: logged.body,
  };
}

/** RFC 3161, asked in JSON: https://github.com/sigstore/timestamp-authority/blob/main/openapi.yaml */
async function timestamp(signature: Buffer, url: string, context: ServiceContext) {
  const service = { name: 'The timestamp authority', url };
  const artifactHash = createHash('sha256').update(signature).digest('base64');
  const request = { artifactHash, hashAlgorithm: 'sha256' };
  const answer = await post('/api/v1/timestamp', request, service, context);
  if (answer.status === 409) throw refused(service, answer, context);
  return { rfc3161Timestamps: [{ signedTimestamp: answer.body.toString('base64') }] };
}

async function post(path: string, body: object, service: Service, context: ServiceContext): Promise<HttpResponse> {
  const headers = { 'content-type': 'application/json' };
  const answer = await send(service, { method: 'POST', path, headers, body: JSON.stringify(body) }, context);
  const { status } = answer;
  if (status !== 409 && (status < 200 || status >= 300)) throw refused(service, answer, context);
  return answer;
}

function read<T>(schema: z.ZodType<T>, service: Service, answer: HttpResponse): T {
  const result = schema.safeParse(parseJson(answer.body));
  if (result.success) return result.data;
  throw unreadable(service);
}

function refused({ name, url }: Service, answer: HttpResponse, { redact }: ServiceContext) {
  const message = `${name} (${new URL(url).host}) refused to sign (${answer.status}): ${redact(messageIn(answer))}.`;
  const fix =
    'Add `id-token: write` to the `permissions` of the job; an OpenID subject that was customised needs `sub` as GitHub makes it. Without signatures: `attest: { sign: off }`.';
  return failure({ code: 'signing/failed', message, fix });
}

function unreadable({ name, url }: Service) {
  const message = `${name} (${new URL(url).host}) gave an unreadable answer.`;
  const fix = 'Check that no proxy on the way changes its answers, then run again.';
  return failure({ code: 'signing/failed', message, fix });
}

function fromHex(text: string): string {
  return Buffer.from(text, 'hex').toString('base64');
}
