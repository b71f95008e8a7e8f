import type { Plan } from '../../plan/plan.js';
import { parseStatement } from '../attestations.js';
import type { RegistryClient } from '../client.js';
import { MalformedDocument } from '../index-manifest.js';
import { findBundles, tagOf } from './referrers.js';
import type { SigstoreBundle } from './sign-statement.js';
import { PROVENANCE_TYPE } from './statement.js';

/**
 * Whether an image carries a signature of the kind that the configuration asks for. That it also verifies is for
 * `verify` to tell: here the question is what a release would have to add.
 * @throws ReleaseError `registry/*`; Cancelled
 */
export async function isSigned(
  client: RegistryClient,
  image: string,
  digest: string,
  sign: NonNullable<Plan['sign']>,
): Promise<boolean> {
  const bundles = await findBundles(client, image, digest).catch((error: unknown) => {
    if (error instanceof MalformedDocument) return [];
    throw error;
  });
  if (sign === 'github') return bundles.some((bundle) => speaksOf(bundle, digest));
  // Cosign before version 3 put signatures under a tag of its own, and still can.
  return bundles.length > 0 || (await client.headManifest(image, `${tagOf(digest)}.sig`)) !== undefined;
}

function speaksOf(bundle: SigstoreBundle, digest: string): boolean {
  const { dsseEnvelope: envelope } = bundle as { dsseEnvelope?: { payload?: unknown } };
  if (typeof envelope?.payload !== 'string') return false;
  try {
    const { predicateType, subjects } = parseStatement(Buffer.from(envelope.payload, 'base64'));
    return predicateType === PROVENANCE_TYPE && subjects.includes(digest);
  } catch (error) {
    if (error instanceof MalformedDocument) return false;
    throw error;
  }
}
