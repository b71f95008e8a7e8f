import type { Problem } from '../lib/errors.js';
import type { PlannedImage } from '../plan/plan.js';
import {
  expectBlob,
  fetchBlob,
  fetchManifest,
  readable,
  REBUILD,
  type Check,
  type ExpectedImage,
} from './check.js';
import type { FetchedManifest, RegistryClient } from './client.js';
import {
  type Descriptor,
  type ImageDocument,
  type ImageManifest,
  imageSize,
  normalizePlatform,
  parseConfigPlatform,
  parseImageDocument,
  parseManifest,
} from './manifest.js';
import type { PublishedPlatform } from './published-image.js';
import { verifyAttestations } from './verify-attestations.js';

export type Verification =
  | { status: 'sound'; document: FetchedManifest; platforms: PublishedPlatform[] }
  | { status: 'unsound'; problems: Problem[] };

/** What the plan promises of an image. An SBOM that is wanted at best is no promise: the image is whole without it. */
export function expectedOf({
  platforms,
  attest: { provenance, sbom },
}: Pick<PlannedImage, 'platforms' | 'attest'>): ExpectedImage {
  return { platforms, provenance, sbom: sbom === 'off' || sbom.optional ? 'off' : 'on' };
}

/**
 * Asks the registry whether an image stands there whole: every platform with its config and layers, SBOM
 * and provenance as expected, each speaking of the very manifest that it is attached to. Everything that is
 * wrong is found in one go; only cancellation is thrown.
 */
export async function verifyImage(options: {
  client: RegistryClient;
  key: string;
  image: string;
  digest: string;
  expected: ExpectedImage;
}): Promise<Verification> {
  const { client, key, image, digest, expected } = options;
  const problems: Problem[] = [];
  const check: Check = {
    client,
    image,
    expected,
    report: (code, message, fix) => problems.push({ code, severity: 'error', image: key, message, fix }),
    pass: (found) => problems.push(...found.map((problem) => ({ ...problem, image: key }))),
  };
  const document = await fetchManifest(check, digest);
  if (document === undefined) return { status: 'unsound', problems };
  const parsed = readable(check, `${image}@${digest}`, () => parseImageDocument(document.bytes));
  if (parsed === undefined) return { status: 'unsound', problems };
  const platforms =
    parsed.type === 'index'
      ? await verifyIndex(check, digest, parsed)
      : await verifySingle(check, digest, parsed.manifest);
  if (problems.length > 0) return { status: 'unsound', problems };
  return { status: 'sound', document, platforms };
}

async function verifyIndex(
  check: Check,
  digest: string,
  index: ImageDocument & { type: 'index' },
): Promise<PublishedPlatform[]> {
  expectPlatforms(
    check,
    digest,
    index.platforms.map(({ platform }) => platform),
  );
  const verified = await Promise.all(
    index.platforms.map(async (entry) => {
      const fetched = await fetchManifest(check, entry.digest);
      const name = `${check.image}@${entry.digest}`;
      const manifest = fetched && readable(check, name, () => parseManifest(fetched.bytes));
      const attestations = index.attestations.filter(({ of }) => of === entry.digest);
      return manifest && verifyPlatform(check, entry.digest, manifest, attestations, entry.platform);
    }),
  );
  return verified.filter((platform) => platform !== undefined);
}

/** An image without index: its platform is in its config, and it has no place for attestations. */
async function verifySingle(
  check: Check,
  digest: string,
  manifest: ImageManifest,
): Promise<PublishedPlatform[]> {
  const verified = await verifyPlatform(check, digest, manifest, []);
  if (verified === undefined) return [];
  expectPlatforms(check, digest, [verified.platform]);
  return [verified];
}

function expectPlatforms(check: Check, digest: string, found: string[]) {
  const { expected, image, report } = check;
  const wanted = expected.platforms.map(normalizePlatform);
  if (wanted.length === 0 && found.length === 0) {
    report('registry/platform-missing', `${image}@${digest} holds no platform at all.`, REBUILD);
  }
  for (const platform of wanted.filter((name) => !found.includes(name))) {
    report(
      'registry/platform-missing',
      `${image}@${digest} lacks the platform ${platform}; it has: ${found.join(', ') || 'none'}.`,
      'Check `platforms`, and that the builder can build all of them (`docker buildx inspect`).',
    );
  }
}

async function verifyPlatform(
  check: Check,
  digest: string,
  manifest: ImageManifest,
  attestations: { digest: string }[],
  platform?: string,
): Promise<PublishedPlatform | undefined> {
  const where = `${check.image}@${digest}`;
  const [configured, , attested] = await Promise.all([
    verifyConfig(check, where, manifest.config),
    verifyLayers(check, where, manifest),
    verifyAttestations(
      check,
      digest,
      attestations.map((entry) => entry.digest),
    ),
  ]);
  const name = platform ?? configured;
  return name === undefined ? undefined : { platform: name, digest, size: imageSize(manifest), ...attested };
}

async function verifyConfig(check: Check, where: string, config: Descriptor): Promise<string | undefined> {
  const name = `The config ${config.digest} of ${where}`;
  const bytes = await fetchBlob(check, name, config.digest);
  return bytes && readable(check, name, () => parseConfigPlatform(bytes));
}

async function verifyLayers(check: Check, where: string, { layers }: ImageManifest): Promise<void> {
  const own = layers.filter(({ urls }) => !urls?.length);
  await Promise.all(own.map(({ digest }) => expectBlob(check, `The layer ${digest} of ${where}`, digest)));
}
