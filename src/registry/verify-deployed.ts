import { problem, warning, type Problem } from '../lib/errors.js';
import { verifyImage } from './verify.js';
import type { RegistryClient } from './client.js';
import type { ExpectedImage } from './check.js';
import type { PublishedPlatform } from './published-image.js';
import type { Signer } from './signing/verify-bundle.js';
import type { CheckedImage } from './signing/verify-signatures.js';

/** A deployed image, and what it has to be. */
export interface DeployedImage extends CheckedImage {
  expected: ExpectedImage;
  /** The required signature; `repository` is that of the workflow, `owner/name`. */
  sign: 'github' | 'cosign' | 'off';
  repository?: string;
  /** The recorded commit that it was built from; undefined: none is recorded. */
  commit?: string;
}

export interface VerifiedDeployment {
  /** Empty when the image is not sound. */
  platforms: PublishedPlatform[];
  /** Of a valid signature. */
  signer?: Signer;
  problems: readonly Problem[];
}

/**
 * Verifies a deployed image as a release verifies its images (see verifyImage), and that its provenance names the
 * recorded commit, if it names one at all.
 * @throws Cancelled
 */
export async function verifyDeployed(client: RegistryClient, image: DeployedImage): Promise<VerifiedDeployment> {
  const { key, digest, expected } = image;
  const verification = await verifyImage({ client, key, image: image.image, digest, expected });
  if (verification.status === 'unsound') return { platforms: [], problems: verification.problems };
  const { platforms } = verification;
  return { platforms, problems: platforms.flatMap((platform) => sourceProblems(image, platform)) };
}

/** Compares the commit in the provenance with the recorded one. */
export function sourceProblems(
  { key, image, commit }: Pick<DeployedImage, 'key' | 'image' | 'commit'>,
  { platform, digest, provenance }: PublishedPlatform,
): Problem[] {
  const revision = provenance?.revision;
  if (commit === undefined || revision === undefined) return [];
  const name = `${image}@${digest} (${platform})`;
  const clean = revision.replace(/-dirty$/, '');
  if (!clean.startsWith(commit) && !commit.startsWith(clean)) {
    const message = `The provenance of ${name} names commit ${clean}, but ${commit} is on record.`;
    const fix = `Find out who built it; then deploy what you trust: \`image-release deploy --image ${key}=${image}:TAG --source COMMIT\`.`;
    return [problem({ code: 'deploy/other-source', image: key, message, fix })];
  }
  if (clean === revision) return [];
  const message = `${name} was built from a work tree that differed from commit ${clean}.`;
  const fix = 'Commit before you release; releases from Actions are built from what is committed.';
  return [warning({ code: 'preflight/uncommitted-changes', image: key, message, fix })];
}
