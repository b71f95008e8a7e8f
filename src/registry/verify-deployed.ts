import type { Problem } from '../lib/errors.js';
import { verifyImage } from './verify.js';
import type { RegistryClient } from './client.js';
import type { ExpectedImage } from './check.js';
import type { PublishedPlatform } from './published-image.js';
import type { Signer } from './signing/verify-bundle.js';

/** An image that is deployed, and what is to be true of it. */
export interface DeployedImage {
  key: string;
  /** Repository reference without tag. */
  image: string;
  digest: string;
  expected: ExpectedImage;
  /** Who is to have signed it; `repository` is that of the workflow, `owner/name`. */
  sign: 'github' | 'cosign' | 'off';
  repository?: string;
  /** The commit that it is said to be built from; undefined: nobody said. */
  commit?: string;
}

export interface Attested {
  /** Empty when the image is not sound. */
  platforms: PublishedPlatform[];
  /** Whose signature holds. */
  signer?: Signer;
  problems: readonly Problem[];
}

/**
 * Verifies an image that is deployed as a release verifies what it publishes (see verifyImage), and that its
 * provenance names the commit that it is said to be built from, where it names one at all.
 * @throws Cancelled
 */
export async function verifyDeployed(client: RegistryClient, image: DeployedImage): Promise<Attested> {
  const { key, digest, expected } = image;
  const verification = await verifyImage({ client, key, image: image.image, digest, expected });
  if (verification.status === 'unsound') return { platforms: [], problems: verification.problems };
  const { platforms } = verification;
  return { platforms, problems: platforms.flatMap((platform) => sourceProblems(image, platform)) };
}

/** What speaks against the commit that an image is said to be built from. */
export function sourceProblems(
  { key, image, commit }: Pick<DeployedImage, 'key' | 'image' | 'commit'>,
  { platform, digest, provenance }: PublishedPlatform,
): Problem[] {
  const revision = provenance?.revision;
  if (commit === undefined || revision === undefined) return [];
  const name = `${image}@${digest} (${platform})`;
  const clean = revision.replace(/-dirty$/, '');
  if (!clean.startsWith(commit) && !commit.startsWith(clean)) {
    return [
      {
        code: 'deploy/other-source',
        severity: 'error',
        message: `The provenance of ${name} names commit ${clean}, but ${commit} is on record.`,
        fix: `Find out who built it; then deploy what you trust: \`image-release deploy --image ${key}=${image}:TAG --source COMMIT\`.`,
        image: key,
      },
    ];
  }
  if (clean === revision) return [];
  return [
    {
      code: 'preflight/uncommitted-changes',
      severity: 'warning',
      message: `${name} was built from a work tree that differed from commit ${clean}.`,
      fix: 'Commit before you release; releases from Actions are built from what is committed.',
      image: key,
    },
  ];
}
