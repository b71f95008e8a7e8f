import { createHash, createPublicKey, generateKeyPairSync, verify, X509Certificate } from 'node:crypto';
import {
  fulcioHandler,
  initializeCA,
  initializeCTLog,
  initializeTLog,
  initializeTSA,
  rekorHandler,
  tsaHandler,
} from '@sigstore/mock';
import type { TokenIssuer } from './oidc.js';

export interface SigstoreAnswer {
  status: number;
  body: string | Uint8Array;
  type: string;
  location?: string;
}

/** One Sigstore: who certifies, and what proves when. */
export interface SigstoreInstance {
  certify(body: string): Promise<SigstoreAnswer>;
  /** Rekor: an entry that it has already is a conflict, and the answer says where that one is. */
  log(body: string): Promise<SigstoreAnswer>;
  /** An entry of the log by its id. */
  readLog(id: string): Promise<SigstoreAnswer>;
  /** RFC 3161. */
  timestamp(body: string): Promise<SigstoreAnswer>;
  /** What verifiers trust, in the form of Sigstore's `trusted_root.json`. */
  trustedRoot: object;
}

/**
 * @param kind `public-good`: signatures are logged, certificates too, as sigstore.dev does it · `github`: they get
 * timestamps, and nothing is logged, as GitHub's own instance for private repositories does it
 */
export async function createInstance(kind: 'public-good' | 'github', issuer: TokenIssuer): Promise<SigstoreInstance> {
  const [ctKeys, logKeys] = [newKeys('P-256'), newKeys('P-256')];
  const ctLog = kind === 'public-good' ? await initializeCTLog(ctKeys) : undefined;
  const authority = await initializeCA(newKeys('P-384'), ctLog);
  const log = await initializeTLog('https://rekor.sigstore.dev', logKeys);
  const stamps = await initializeTSA(newKeys('P-384'));
  // GitHub's authority stamps whole seconds; the client can't read a fraction whose last digit is a zero.
  Object.assign(stamps, { getCurrentTime: () => new Date(Math.floor(Date.now() / 1000) * 1000) });
  const [fulcio, rekor, tsa] = [
    fulcioHandler(authority, { subjectClaim: WORKFLOW }),
    rekorHandler(log),
    tsaHandler(stamps),
  ];
  const logged = new Map<string, SigstoreAnswer>();
  const since = new Date(Date.now() - 60_000).toISOString();
  const logIn = (baseUrl: string, publicKey: Buffer) => ({
    baseUrl,
    hashAlgorithm: 'SHA2_256',
    publicKey: {
      rawBytes: publicKey.toString('base64'),
      keyDetails: 'PKIX_ECDSA_P256_SHA_256',
      validFor: { start: since },
    },
    logId: { keyId: createHash('sha256').update(publicKey).digest('base64') },
  });
  const authorityIn = (commonName: string, ...certificates: ArrayBufferView[]) => ({
    subject: { organization: 'sigstore.mock', commonName },
    certChain: { certificates: certificates.map((der) => ({ rawBytes: base64(der) })) },
    validFor: { start: since },
  });

  return {
    async certify(body) {
      const refusal = refuseCertificate(body, issuer);
      return refusal ?? answerOf(await fulcio.fn(namingWorkflow(body)));
    },
    async log(body) {
      const entry = canonicalEntry(body);
      if (entry === undefined) return refused(400, 'error processing entry: invalid signature');
      const text = JSON.stringify(entry);
      const id = sha256(text).value;
      if (logged.has(id)) {
        const message = 'an equivalent entry already exists in the transparency log';
        return { ...refused(409, message), location: `/api/v1/log/entries/${id}` };
      }
      const answer = answerOf(await rekor.fn(text));
      logged.set(id, answer);
      return answer;
    },
    readLog: async (id) => ({
      ...(logged.get(id) ?? refused(404, 'entry not found')),
      status: logged.has(id) ? 200 : 404,
    }),
    timestamp: async (body) => answerOf(await tsa.fn(body)),
    trustedRoot: {
      mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
      tlogs: kind === 'public-good' ? [logIn('https://rekor.sigstore.dev', log.publicKey)] : [],
      certificateAuthorities: [authorityIn('sigstore', authority.rootCertificate)],
      ctlogs: ctLog === undefined ? [] : [logIn('https://ctfe.sigstore.dev', ctLog.publicKey)],
      timestampAuthorities:
        kind === 'github' ? [authorityIn('tsa', stamps.intCertificate, stamps.rootCertificate)] : [],
    },
  };
}

/** Fulcio certifies a job of GitHub by its workflow, the mock by a claim: it gets one that says so. */
const WORKFLOW = 'workflow_uri';

function namingWorkflow(body: string): string {
  const request = JSON.parse(body) as { credentials: { oidcIdentityToken: string } };
  const [header, claims = '', signature] = request.credentials.oidcIdentityToken.split('.');
  const found = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, string>;
  const named = { ...found, [WORKFLOW]: `https://github.com/${found['job_workflow_ref']}` };
  const told = Buffer.from(JSON.stringify(named)).toString('base64url');
  request.credentials.oidcIdentityToken = [header, told, signature].join('.');
  return JSON.stringify(request);
}

/** Fulcio proves the token and the possession of the key before it certifies; the mock does neither. */
function refuseCertificate(body: string, issuer: TokenIssuer): SigstoreAnswer | undefined {
  const { credentials, publicKeyRequest } = JSON.parse(body) as {
    credentials: { oidcIdentityToken: string };
    publicKeyRequest: { publicKey: { content: string }; proofOfPossession: string };
  };
  const claims = issuer.read(credentials.oidcIdentityToken, 'sigstore');
  if (claims === undefined) return refused(401, 'There was an error processing the identity token');
  const possessed = verify(
    'sha256',
    Buffer.from(claims.sub ?? ''),
    createPublicKey(publicKeyRequest.publicKey.content),
    Buffer.from(publicKeyRequest.proofOfPossession, 'base64'),
  );
  return possessed ? undefined : refused(400, 'The signature supplied in the request could not be verified');
}

/**
 * Rekor keeps hashes and signature of an envelope, not the envelope: pkg/types/dsse/v0.0.1/entry.go.
 * Undefined: it does not verify.
 */
function canonicalEntry(body: string): object | undefined {
  const { spec } = JSON.parse(body) as {
    spec: { proposedContent: { envelope: string; verifiers: string[] } };
  };
  const { envelope: text, verifiers } = spec.proposedContent;
  const envelope = JSON.parse(text) as {
    payload: string;
    payloadType: string;
    signatures: { sig: string }[];
  };
  const payload = Buffer.from(envelope.payload, 'base64');
  const [signature] = envelope.signatures;
  const [verifier] = verifiers;
  const { publicKey } = new X509Certificate(Buffer.from(verifier ?? '', 'base64'));
  const type = envelope.payloadType;
  const encoded = Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `), payload]);
  if (!verify('sha256', encoded, publicKey, Buffer.from(signature?.sig ?? '', 'base64'))) return undefined;
  return {
    apiVersion: '0.0.1',
    kind: 'dsse',
    spec: {
      envelopeHash: sha256(text),
      payloadHash: sha256(payload),
      signatures: [{ signature: signature?.sig, verifier }],
    },
  };
}

function sha256(data: string | Buffer) {
  return { algorithm: 'sha256', value: createHash('sha256').update(data).digest('hex') };
}

function newKeys(namedCurve: 'P-256' | 'P-384') {
  return generateKeyPairSync('ec', { namedCurve });
}

function answerOf(result: {
  statusCode: number;
  response: string | ArrayBufferView;
  contentType?: string;
}): SigstoreAnswer {
  const { statusCode: status, response, contentType: type = 'text/plain' } = result;
  return { status, body: typeof response === 'string' ? response : bytesOf(response), type };
}

/** As the gRPC gateway before Fulcio, and Rekor's own server, word it. */
export function refused(status: number, message: string): SigstoreAnswer {
  return { status, body: JSON.stringify({ code: status, message }), type: 'application/json' };
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function base64(view: ArrayBufferView): string {
  return Buffer.from(bytesOf(view)).toString('base64');
}
