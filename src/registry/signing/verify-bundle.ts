import { X509Certificate } from 'node:crypto';
import { bundleFromJSON, isBundleWithDsseEnvelope, type Bundle } from '@sigstore/bundle';
import type { TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { messageOf } from '../../lib/errors.js';
import { parseStatement } from '../attestations.js';
import type { SigstoreBundle } from './sign-statement.js';

/** Who must have signed, and what. */
export interface ExpectedSigner {
  /** `sha256:…` of the image. */
  digest: string;
  /** `owner/name` of the repository whose workflow signs. */
  repository: string;
  /** Who vouches for workflows: `https://token.actions.githubusercontent.com`. */
  issuer: string;
}

/** A signature that holds. */
export interface Signer {
  /** The workflow that signed, as in its certificate. */
  workflow: string;
  predicateType: string;
}

/** Extension of Fulcio's certificates: https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md */
const SOURCE_REPOSITORY = '1.3.6.1.4.1.57264.1.12';

/** The organization that has certified the key of a bundle; undefined: it can't be read. */
export function certifierOf(json: SigstoreBundle): string | undefined {
  try {
    const { content } = read(json).verificationMaterial;
    if (content.$case !== 'certificate' && content.$case !== 'x509CertificateChain') return undefined;
    const certificate =
      content.$case === 'certificate' ? content.certificate : content.x509CertificateChain.certificates[0];
    return /^O=(.*)$/m.exec(new X509Certificate(certificate?.rawBytes ?? '').issuer)?.[1];
  } catch {
    return undefined;
  }
}

/**
 * Verifies a bundle: signature, certificate, log entry or timestamp, who signed and what about.
 * @returns why it does not hold, a clause, when it doesn't
 */
export function verifyBundle(
  json: SigstoreBundle,
  root: TrustedRoot,
  { digest, repository, issuer }: ExpectedSigner,
): Signer | string {
  try {
    const bundle = read(json);
    // What a Sigstore keeps no log of can't be asked to be in one; then a timestamp authority stands in.
    const verifier = new Verifier(toTrustMaterial(root), {
      tlogThreshold: Math.min(root.tlogs.length, 1),
      ctlogThreshold: Math.min(root.ctlogs.length, 1),
      timestampThreshold: 1,
    });
    const { identity } = verifier.verify(toSignedEntity(bundle));
    if (!isBundleWithDsseEnvelope(bundle)) return 'it signs no statement';
    const statement = parseStatement(bundle.content.dsseEnvelope.payload);
    if (!statement.subjects.includes(digest)) return 'it speaks of other images';
    const vouching = identity?.extensions?.issuer ?? 'nobody';
    // Enterprises may have an issuer of their own below GitHub's.
    if (vouching !== issuer && !vouching.startsWith(`${issuer}/`))
      return `its signer is vouched for by ${vouching}, not by ${issuer}`;
    const found = repositoryIn(identity?.oids);
    if (found === undefined || found.toLowerCase() !== repository.toLowerCase())
      return `a workflow of ${found ?? 'an unknown repository'} signed it, not one of ${repository}`;
    return {
      workflow: identity?.subjectAlternativeName ?? found,
      predicateType: statement.predicateType,
    };
  } catch (error) {
    return messageOf(error);
  }
}

function read(json: SigstoreBundle): Bundle {
  return bundleFromJSON(json);
}

type Oids = readonly { oid?: { id: number[] }; value: Buffer }[];

function repositoryIn(oids: Oids = []): string | undefined {
  const value = oids.find(({ oid }) => oid?.id.join('.') === SOURCE_REPOSITORY)?.value;
  const text = value && readUtf8(value);
  return text === undefined ? undefined : new URL(text).pathname.slice(1);
}

/** A DER UTF8String: X.690, 8.1.3 */
function readUtf8(der: Buffer): string | undefined {
  const UTF8 = 0x0c;
  if (der[0] !== UTF8) return undefined;
  const first = der[1] ?? 0;
  const start = first < 0x80 ? 2 : 2 + (first & 0x7f);
  return der.subarray(start).toString('utf8');
}
