import { INPUTS_ANNOTATION } from '../../plan/baseline.js';
import type { FetchedManifest, RegistryClient } from '../client.js';
import type { Candidate } from './order.js';
import { MalformedDocument, parseImageDocument, parseManifest, parseRunConfig } from '../manifest.js';

/** The origin of a published image; undefined where its annotations are missing or unreadable. */
export interface Origin extends Partial<Pick<Candidate, 'commit' | 'releaseTag' | 'committed'>> {
  /** `dev.image-release.inputs` */
  fingerprint?: string;
}

/**
 * Reads the annotations of a published image. Docker's own driver writes none; then the labels of the same names count
 * (https://github.com/opencontainers/image-spec/blob/main/annotations.md).
 * @throws ReleaseError `registry/*`; an unreadable document has no origin
 */
export async function readOrigin(
  client: RegistryClient,
  image: string,
  { bytes }: Pick<FetchedManifest, 'bytes'>,
): Promise<Origin> {
  try {
    const document = parseImageDocument(bytes);
    const annotated = originIn(document.annotations);
    if (annotated.commit !== undefined) return annotated;
    const manifest =
      document.type === 'manifest' ? document.manifest : await firstPlatform(client, image, document.platforms);
    const config = manifest && (await client.getBlob(image, manifest.config.digest));
    if (config === undefined) return annotated;
    return { ...originIn(parseRunConfig(config).Labels ?? {}), ...annotated };
  } catch (error) {
    if (error instanceof MalformedDocument) return {};
    throw error;
  }
}

async function firstPlatform(client: RegistryClient, image: string, platforms: { digest: string }[]) {
  const [platform] = platforms;
  const fetched = platform && (await client.getManifest(image, platform.digest));
  return fetched && parseManifest(fetched.bytes);
}

function originIn(annotations: Record<string, string>): Origin {
  const commit = annotations['org.opencontainers.image.revision'];
  const releaseTag = annotations['org.opencontainers.image.version'];
  const committed = Date.parse(annotations['org.opencontainers.image.created'] ?? '') / 1000;
  const fingerprint = annotations[INPUTS_ANNOTATION];
  return {
    ...(commit !== undefined && /^[0-9a-f]{7,64}$/.test(commit) && { commit }),
    ...(releaseTag && { releaseTag }),
    ...(!Number.isNaN(committed) && { committed }),
    ...(fingerprint && { fingerprint }),
  };
}
