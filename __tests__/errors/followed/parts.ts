import type { RegistryClient } from '../../../src/registry/client.js';
import { readPlatforms, type PushedPlatforms } from '../../../src/registry/multi-platform/read-platforms.js';
import { plannedImage } from '../../builders/samples.js';
import { told, type FollowedFix, type Told } from '../followed-fix.js';

const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
const IMAGE = plannedImage('api', { platforms: ['linux/amd64', 'linux/arm64'] });
const COMMIT = '1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d';

/** A registry with one index per digest, each for the given platform. */
function registryOf(indexes: Record<string, string>): RegistryClient {
  const getManifest: RegistryClient['getManifest'] = async (_, reference) => {
    const { [reference]: architecture } = indexes;
    const mediaType = 'application/vnd.oci.image.manifest.v1+json';
    const manifest = { mediaType, digest: reference.replace(/^sha256:../, 'sha256:00'), size: 1 };
    const manifests = [{ ...manifest, platform: { os: 'linux', architecture } }];
    const bytes = Buffer.from(JSON.stringify({ manifests }));
    return { bytes, digest: reference, mediaType: 'application/vnd.oci.image.index.v1+json' };
  };
  return { getManifest } as RegistryClient;
}

const claim = (digit: string, platform: string, over: Partial<PushedPlatforms> = {}): PushedPlatforms => ({
  key: 'api',
  image: IMAGE.image,
  digest: digest(digit),
  platforms: [platform],
  commit: COMMIT,
  status: 'built',
  ...over,
});

/** Problems of merging the platforms that these jobs pushed. */
const joined = (...pushed: PushedPlatforms[]): Promise<Told> => {
  const client = registryOf({ [digest('1')]: 'amd64', [digest('2')]: 'amd64', [digest('3')]: 'arm64' });
  return told(() => readPlatforms({ client, images: [IMAGE], pushed, commit: COMMIT }));
};

export const partsFixes: readonly FollowedFix[] = [
  {
    code: 'plan/parts-conflict',
    provoke: () => joined(claim('1', 'linux/amd64'), claim('2', 'linux/amd64')),
    follow: ({ fix }) => {
      expect(fix).toContain('`platforms: linux/amd64` in one of them alone');
      return joined(claim('1', 'linux/amd64'), claim('3', 'linux/arm64'));
    },
  },
];
