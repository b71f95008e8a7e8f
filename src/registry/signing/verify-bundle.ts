import { X509Certificate } from 'node:crypto';
import { bundleFromJSON, isBundleWithDsseEnvelope } from '@sigstore/bundle';
import type { TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { attempt } from '../../lib/json.js';
import { messageOf } from '../../lib/errors.js';
import { parseStatement } from '../attestations.js';
import type { SigstoreBundle } from './sign-statement.js';

/** The expected signer and subject of a bundle. */
export interface ExpectedSigner {
  /** `sha256:…` of the image. */
  digest: string;
  /** `owner/name` of the repository whose workflow signs. */
  repository: string;
  /** The issuer of workflow identities: `https://token.actions.githubusercontent.com`. */
  issuer: string;
}

/** The signer of a valid signature. */
export interface Signer {
  /** The workflow that signed, as in its certificate. */
  workflow: string;
  predicateType: string;
}

/** Extension of Fulcio's certificates: https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md */
const SOURCE_REPOSITORY = '1.3.6.1.4.1.57264.1.12';

/** The organization that has certified the key of a bundle; undefined: it can't be read. */
export function certifierOf(json: SigstoreBundle): string | undefined {
  return attempt(() => {
    const { content } = bundleFromJSON(json).verificationMaterial;
    if (content.$case !== 'certificate' && content.$case !== 'x509CertificateChain') return undefined;
    const certificate =
      content.$case === 'certificate' ? content.certificate : content.x509CertificateChain.certificates[0];
    return /^O=(.*)$/m.exec(new X509Certificate(certificate?.rawBytes ?? '').issuer)?.[1];
  }, undefined);
}

/**
 * Verifies a bundle: signature, certificate, log entry or timestamp, signer and subject.
 * @returns the signer, or why the bundle is invalid, a clause
 */
export function verifyBundle(json: SigstoreBundle, root: TrustedRoot, { digest, repository, issuer }: ExpectedSigner) {
  try {
    const bundle = bundleFromJSON(json);
    // A Sigstore without a log has a timestamp authority instead.
    const verifier = new Verifier(toTrustMaterial(root), {
      tlogThreshold: Math.min(root.tlogs.length, 1),
      ctlogThreshold: Math.min(root.ctlogs.length, 1),
      timestampThreshold: 1,
    });
    const { identity } = verifier.verify(toSignedEntity(bundle));
    if (!isBundleWithDsseEnvelope(bundle)) return 'it signs no statement';
    const statement = parseStatement(bundle.content.dsseEnvelope.payload);
    if (!statement.subjects.includes(digest)) return 'it describes other images';
    const vouching = identity?.extensions?.issuer ?? 'nobody';
    // Enterprises may have a separate issuer below GitHub's.
    if (vouching !== issuer && !vouching.startsWith(`${issuer}/`))
      return `its signer is vouched for by ${vouching}, not by ${issuer}`;
    const found = repositoryIn(identity?.oids);
    if (found === undefined || found.toLowerCase() !== repository.toLowerCase())
      return `a workflow of ${found ?? 'an unknown repository'} signed it, not one of ${repository}`;
    return { workflow: identity?.subjectAlternativeName ?? found, predicateType: statement.predicateType };
  } catch (error) {
    return messageOf(error);
  }
}

const UTF8_STRING = 0x0c;

/** Its value is a URL as a DER UTF8String: X.690, 8.1.3 */
function repositoryIn(oids: readonly { oid?: { id: number[] }; value: Buffer }[] = []): string | undefined {
  const der = oids.find(({ oid }) => oid?.id.join('.') === SOURCE_REPOSITORY)?.value;
  if (der?.[0] !== UTF8_STRING) return undefined;
  const length = der[1] ?? 0;
  const text = der.subarray(length < 0x80 ? 2 : 2 + (length & 0x7f)).toString();
  return new URL(text).pathname.slice(1);
}
