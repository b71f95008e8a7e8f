import type { TrustedRoot } from '@sigstore/protobuf-specs';
import { ReleaseError, type Problem } from '../../lib/errors.js';
import type { RegistryClient } from '../client.js';
import { MalformedDocument } from '../manifest.js';
import { findBundles } from './referrers.js';
import type { SigstoreBundle } from './sign-statement.js';
import type { ExpectedSigner, Signer } from './verify-bundle.js';

/** An image whose signatures are looked at. */
export interface CheckedImage {
  key: string;
  /** Repository reference without tag. */
  image: string;
  digest: string;
}

export interface SignatureCheck {
  client: RegistryClient;
  /** Whether there has to be a signature; one that is there is verified in any case. */
  required: 'github' | 'none';
  /** Undefined: nobody knows who should have signed. */
  signer?: Omit<ExpectedSigner, 'digest'>;
  /** The bundles that are kept elsewhere, asked for where the registry has none. */
  listElsewhere(digest: string): Promise<SigstoreBundle[]>;
  /** What a bundle is verified against. @throws ReleaseError `signing/trusted-root` */
  rootsFor(bundle: SigstoreBundle): Promise<TrustedRoot[]>;
}

export type CheckedSignatures = { signer?: Signer; problems: Problem[] };

const PROVENANCE = /^https:\/\/slsa\.dev\/provenance\//;

/**
 * Verifies that a workflow of the repository signed an image. Of several signatures one has to hold: others may be
 * of other tools, or older than the repository's present name.
 * @throws Cancelled
 */
export async function verifySignatures(
  { key, image, digest }: CheckedImage,
  check: SignatureCheck,
): Promise<CheckedSignatures> {
  const name = `${image}@${digest}`;
  const problem = (code: Problem['code'], message: string, fix: string): CheckedSignatures => ({
    problems: [{ code, severity: 'error', image: key, message, fix }],
  });
  try {
    const bundles = await bundlesOf({ key, image, digest }, check);
    if (bundles.length === 0) {
      return { problems: check.required === 'none' ? [] : [missingSignature({ key, image, digest })] };
    }
    if (bundles.every(isSignedByKey)) {
      const { problems } = problem(
        'signing/unchecked',
        `${name} is signed by a key and by no workflow, which is not verified here.`,
        `Verify it with its public key: cosign verify --key KEY ${name}.`,
      );
      return { problems: problems.map((found) => ({ ...found, severity: severityIn(check) })) };
    }
    if (check.signer === undefined) {
      return problem(
        'signing/unchecked',
        `${name} is signed, and which repository should have signed it is not known.`,
        'Run this in a checkout of the repository at GitHub that the image is built from.',
      );
    }
    const { signer, reasons } = await tryAll(bundles, { ...check.signer, digest }, check);
    return signer
      ? { signer, problems: [] }
      : problem(
          'signing/invalid',
          `No signature of ${name} holds: ${mostTelling(reasons).join('; ')}.`,
          'Do not trust it before you know who signed it; `image-release rollback` puts the release before it back.',
        );
  } catch (error) {
    if (error instanceof MalformedDocument) {
      const message = `A signature of ${name} ${error.message}.`;
      return problem('signing/invalid', message, 'Release the image again.');
    }
    if (!(error instanceof ReleaseError)) throw error;
    const severity = severityIn(check);
    return { problems: error.problems.map((found) => ({ ...found, severity, image: key })) };
  }
}

export function missingSignature({ key, image, digest }: CheckedImage): Problem {
  return {
    code: 'signing/missing',
    severity: 'error',
    image: key,
    message: `${image}@${digest} carries no signature, and \`attest.sign\` asks for one.`,
    fix: 'Release it again: what is not signed is built anew.',
  };
}

/** What can't be checked is an error where a signature has to be. */
function severityIn({ required }: SignatureCheck): Problem['severity'] {
  return required === 'none' ? 'warning' : 'error';
}

/** Cosign with a key of its own writes such bundles. */
function isSignedByKey(bundle: SigstoreBundle): boolean {
  const material = bundle['verificationMaterial'];
  return typeof material === 'object' && material !== null && 'publicKey' in material;
}

/** That another Sigstore does not know the certificate says nothing where its own has spoken. */
function mostTelling(reasons: readonly string[]): string[] {
  const unique = [...new Set(reasons)];
  const telling = unique.filter((reason) => !/certificate chain/.test(reason));
  return telling.length > 0 ? telling : unique;
}

async function bundlesOf({ image, digest }: CheckedImage, check: SignatureCheck): Promise<SigstoreBundle[]> {
  const beside = await findBundles(check.client, image, digest);
  return beside.length > 0 || check.required === 'none' ? beside : check.listElsewhere(digest);
}

async function tryAll(
  bundles: readonly SigstoreBundle[],
  expected: ExpectedSigner,
  { required, rootsFor }: SignatureCheck,
): Promise<{ signer?: Signer; reasons: string[] }> {
  const { verifyBundle } = await import('./verify-bundle.js');
  const reasons: string[] = [];
  for (const bundle of bundles) {
    for (const root of await rootsFor(bundle)) {
      const signer = verifyBundle(bundle, root, expected);
      if (typeof signer === 'string') reasons.push(signer);
      else if (required === 'none' || PROVENANCE.test(signer.predicateType)) return { signer, reasons: [] };
      else reasons.push('it is no provenance');
    }
  }
  return { reasons };
}
