import type { TrustedRoot } from '@sigstore/protobuf-specs';
import { problem, type Problem, type ProblemDraft } from '../../lib/errors.js';
import { problemsIn } from '../check.js';
import type { RegistryClient } from '../client.js';
import { MalformedDocument } from '../manifest.js';
import { findBundles } from './referrers.js';
import type { SigstoreBundle } from './sign-statement.js';
import type { ExpectedSigner, Signer } from './verify-bundle.js';

/** An image whose signatures are verified. */
export interface CheckedImage {
  key: string;
  /** Repository reference without tag. */
  image: string;
  digest: string;
}

export interface SignatureCheck {
  client: RegistryClient;
  /** Whether a signature is required; an existing one is verified in any case. */
  required: 'github' | 'none';
  /** Undefined: the expected signer is not known. */
  signer?: Omit<ExpectedSigner, 'digest'>;
  /** Bundles stored outside the registry, read if the registry has none. */
  listElsewhere(digest: string): Promise<SigstoreBundle[]>;
  /** The trusted roots for a bundle. @throws ReleaseError `signing/unchecked` */
  rootsFor(bundle: SigstoreBundle): Promise<TrustedRoot[]>;
}

export type CheckedSignatures = { signer?: Signer; problems: Problem[] };

const PROVENANCE = /^https:\/\/slsa\.dev\/provenance\//;

/**
 * Verifies that a workflow of the repository signed an image. Of several signatures one has to be valid: others may be
 * of other tools, or older than the repository's present name.
 * @throws Cancelled
 */
export async function verifySignatures(
  { key, image, digest }: CheckedImage,
  check: SignatureCheck,
): Promise<CheckedSignatures> {
  const name = `${image}@${digest}`;
  const report = (draft: ProblemDraft, severity: Problem['severity'] = 'error'): CheckedSignatures => ({
    problems: [{ ...problem({ ...draft, image: key }), severity }],
  });
  try {
    const attached = await findBundles(check.client, image, digest);
    const isComplete = attached.length > 0 || check.required === 'none';
    const bundles = isComplete ? attached : await check.listElsewhere(digest);
    if (bundles.length === 0) {
      return { problems: check.required === 'none' ? [] : [missingSignature({ key, image, digest })] };
    }
    if (bundles.every(isSignedByKey)) {
      const message = `${name} is signed by a key and by no workflow, which is not verified here.`;
      const fix = `Verify it with its public key: cosign verify --key KEY ${name}.`;
      return report({ code: 'signing/unchecked', message, fix }, severityIn(check));
    }
    if (check.signer === undefined) {
      const message = `${name} is signed, but the repository that should have signed it is not known.`;
      const fix = 'Run this in a checkout of the GitHub repository that the image is built from.';
      return report({ code: 'signing/unchecked', message, fix });
    }
    const { signer, reasons } = await tryAll(bundles, { ...check.signer, digest }, check);
    if (signer) return { signer, problems: [] };
    const message = `No signature of ${name} is valid: ${mostTelling(reasons).join('; ')}.`;
    return report({ code: 'signing/invalid', message });
  } catch (error) {
    if (error instanceof MalformedDocument) {
      const message = `A signature of ${name} ${error.message}.`;
      return report({ code: 'signing/invalid', message, fix: 'Release the image again.' });
    }
    return { problems: problemsIn(error, key).map((found) => ({ ...found, severity: severityIn(check) })) };
  }
}

export function missingSignature({ key, image, digest }: CheckedImage): Problem {
  const message = `${image}@${digest} has no signature, but \`attest.sign\` asks for one.`;
  return problem({ code: 'signing/missing', image: key, message });
}

/** A signature that can't be verified is an error if one is required. */
function severityIn({ required }: SignatureCheck): Problem['severity'] {
  return required === 'none' ? 'warning' : 'error';
}

/** Cosign with a key writes such bundles. */
function isSignedByKey(bundle: SigstoreBundle): boolean {
  const material = bundle['verificationMaterial'];
  return typeof material === 'object' && material !== null && 'publicKey' in material;
}

/** Another Sigstore doesn't know the certificate anyway: the configured one gives the reason. */
function mostTelling(reasons: readonly string[]): string[] {
  const unique = [...new Set(reasons)];
  const telling = unique.filter((reason) => !/certificate chain/.test(reason));
  return telling.length > 0 ? telling : unique;
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
