import { plannedImage } from '../builders/samples.js';
import type { BuiltImage } from '../../src/builders/built.js';
import type { PlannedImage } from '../../src/plan/plan.js';
import type { TagOrdering } from '../../src/registry/moving-tags/tag-ordering.js';
import { publish, type PublishOptions } from '../../src/registry/publish.js';
import type { Fault, SeenRequest } from './front.js';
import { login, type Site } from './site.js';
import { listTags, PROVENANCE, pushImage, pushSingle, tagDigest } from './test-images.js';

export const LOGIN = { username: 'bot', password: 'publish-marker' };

let count = 0;

/** Images of one release (two by default), each in its own repository, pushed by digest; `latest` names older ones. */
export async function release(
  site: Site,
  options: { keys?: string[]; tags?: string[]; broken?: 'web'; pushed?: BuiltImage['pushed'] } = {},
) {
  const number = ++count;
  const path = `r${number}`;
  const tags = options.tags ?? ['main-1234567', 'latest', '1.2'];
  const images: PlannedImage[] = [];
  const built: BuiltImage[] = [];
  const earlier: Record<string, string> = {};
  for (const key of options.keys ?? ['api', 'web']) {
    const repository = `${path}/${key}`;
    const attestations = options.broken === key ? () => [PROVENANCE] : undefined;
    const underTag = options.pushed === 'under-release-tag' ? tags[0] : undefined;
    const old = await pushSingle(site.registry, repository, `${key} before`, undefined, 'latest');
    const { digest } = await pushImage(site.registry, repository, { seed: key, attestations }, underTag);
    earlier[key] = old.digest;
    images.push(planned(key, `${site.front.host}/${repository}`, tags));
    built.push({
      key,
      image: `${site.front.host}/${repository}`,
      digest,
      pushed: options.pushed ?? 'by-digest',
      seconds: 1,
      steps: { total: 1, cached: 0 },
    });
  }
  const digests = Object.fromEntries(built.map(({ key, digest }) => [key, digest]));
  const tag = (key: string, name: string) => tagDigest(site.registry, `${path}/${key}`, name);
  return {
    path,
    images,
    built,
    earlier,
    digests,
    tag,
    tags: (key: string) => listTags(site.registry, `${path}/${key}`),
  };
}

function planned(key: string, image: string, tags: string[]): PlannedImage {
  const attest = { provenance: 'max', sbom: {} } as const;
  const [releaseTag = '', ...others] = tags;
  const movingTags = Object.fromEntries(others.map((tag) => [tag, 'commit' as const]));
  return plannedImage(key, { image, tags, movingTags, releaseTag, attest, sourceDateEpoch: 0 });
}

/** The commit that releases here are made from. */
export const SOURCE = { commit: '1234567'.padEnd(40, '0'), commitTime: 1_700_000_000 };

/** No ledger, and a history that knows no commit. */
export const NO_ORDERING: TagOrdering = {
  mode: 'forward-only',
  compare: async () => 'unknown',
  newest: async () => [],
};

/** Nothing was read of what is published. */
export const NOTHING_READ = { verified: [], unread: [] };

export const run = (
  site: Site,
  options: Pick<PublishOptions, 'images' | 'built'> & Partial<PublishOptions>,
) =>
  publish({
    source: SOURCE,
    ordering: NO_ORDERING,
    ...NOTHING_READ,
    client: site.client(login(LOGIN), { signal: options.signal }),
    ...options,
  });

export const puts = (tag: string) => (request: SeenRequest) =>
  request.method === 'PUT' && request.path.endsWith(`/manifests/${tag}`);

/** A registry that deletes tags, which Debian's doesn't: the tag is gone for whoever asks the front. */
export function deletingTags(fault: (request: SeenRequest) => Fault | undefined) {
  const gone = new Set<string>();
  return (request: SeenRequest): Fault | undefined => {
    const { method, path } = request;
    if (method === 'DELETE' && path.includes('/manifests/')) {
      gone.add(path);
      return { status: 202 };
    }
    if (method === 'PUT') gone.delete(path);
    if (gone.has(path)) return { status: 404 };
    return fault(request);
  };
}
