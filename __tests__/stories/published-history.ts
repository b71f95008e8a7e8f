import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../../src/lib/process.js';
import { LESS_GC } from '../../testing/processes.js';
import { createRegistryClient, type RegistryClient } from '../../src/registry/client.js';
import { attachBundle } from '../../src/registry/signing/referrers.js';
import type { SigstoreBundle } from '../../src/registry/signing/sign-statement.js';
import { pushBlob, pushManifest, sha256 } from '../registry/fixtures/images.js';
import { configuration, KEYS, kustomization, manifests, openCliSite, type CliSite } from './cli-site.js';
import { SharedCli, type SharedEnd } from './shared-cli.js';
import { lab } from './shop.js';

const PLATFORMS = ['linux/amd64', 'linux/arm64'];
const DAY = 86_400_000;
const COSIGN = fileURLToPath(new URL('../../testing/fake-cosign', import.meta.url));
const KEY = { COSIGN_PRIVATE_KEY: 'key-of-acme', COSIGN_PUBLIC_KEY: 'key-of-acme' };
const SIGNING = { PATH: `${COSIGN}:${process.env['PATH']}`, ...KEY };

export interface Published {
  /** `api:main-1a2b3c4` */
  name: string;
  digest: string;
  /** Digests of the index and of its platforms, attestations, and signatures. */
  family: string[];
}

/** A project with two images on two platforms, releases to staging, and promotions to production. */
export interface HistorySite extends CliSite {
  client: RegistryClient;
  /** Releases a new commit with the bundle: cached, attested, and signed. @returns its tag */
  release(): Promise<string>;
  /** Publishes an older release or preview of both images: manifests of the last release, dated back. */
  publish(tag: string, daysAgo: number): Promise<void>;
  /** Publishes a signed release per age, of a commit on main or, if older than 92 days, of none. @returns their tags */
  publishCommits(daysAgo: readonly number[]): Promise<string[]>;
  deploy(tag: string): Promise<void>;
  promote(): Promise<void>;
  /** Runs the CLI with the signing key. */
  signing(args: readonly string[]): Promise<SharedEnd>;
  /** All published images, by `key:tag`. */
  published: Map<string, Published>;
  repositoryOf(key: string): string;
}

/** @param host of the registry */
export async function openHistorySite(host: string): Promise<HistorySite> {
  const site = await openCliSite({ registry: host });
  const registry = { host };
  const repositoryOf = (key: string) => `${site.prefix}/${key}`.slice(host.length + 1);
  const client = createRegistryClient({ credentials: async () => undefined, userAgent: 'tests' });
  const published = new Map<string, Published>();
  const commits = new Map<string, string>();
  const copying = 'FROM scratch\nCOPY words /words\nUSER 1000\nHEALTHCHECK NONE\n';
  await site.commit({
    'image-release.yml': configuration(site.prefix, {
      images: Object.fromEntries(KEYS.map((key) => [key, { platforms: PLATFORMS }])),
      attest: { provenance: 'min', sbom: 'off', sign: 'cosign' },
      builder: { type: 'remote', endpoint: lab.buildkit },
      cache: 'registry',
      deploy: [
        { kustomization: 'k8s', channel: 'staging' },
        { kustomization: 'production', channel: 'production', when: 'promoted' },
      ],
    }),
    'production/kustomization.yml': kustomization(site.prefix),
    'production/pods.yaml': manifests(site.prefix)['k8s/pods.yaml'],
    ...Object.fromEntries(KEYS.map((key) => [`${key}/Dockerfile`, copying])),
  });

  const shared = new SharedCli();
  const signing: HistorySite['signing'] = async (args) => {
    const env = { ...SIGNING, ...LESS_GC, HOME: site.home, TMPDIR: site.temp, DOCKER_HOST: lab.dockerHost };
    const end = await shared.run({ args, cwd: site.dir, env }, 120_000);
    if (end === undefined) throw new Error(`${args.join(' ')} did not end.`);
    return end;
  };
  const must = async (args: readonly string[]) => {
    const { exitCode, stdout, stderr } = await signing(args);
    if (exitCode !== 0) throw new Error(`${args.join(' ')}: ${stdout}${stderr}`);
    return stdout;
  };
  const manifestOf = async (key: string, reference: string) => {
    const fetched = await client.getManifest(`${site.prefix}/${key}`, reference);
    return { ...fetched!, json: JSON.parse(fetched!.bytes.toString()) };
  };

  /** Attaches a bundle to an image, as GitHub does. @returns the digests of the referrer and of the referrers tag */
  async function refer(key: string, digest: string): Promise<string[]> {
    const image = `${site.prefix}/${key}`;
    const bundle = { of: digest } as unknown as SigstoreBundle;
    const predicate = { predicateType: 'https://slsa.dev/provenance/v1', now: new Date() };
    const referrer = await attachBundle(client, image, (await client.getManifest(image, digest))!, {
      bundle,
      ...predicate,
    });
    return [referrer, (await client.getManifest(image, digest.replace(':', '-')))!.digest];
  }

  async function remember(key: string, tag: string): Promise<void> {
    const { digest, json } = await manifestOf(key, tag);
    const signature = await client.getManifest(`${site.prefix}/${key}`, `${digest.replace(':', '-')}.sig`);
    const parts = (json.manifests as { digest: string }[]).map((entry) => entry.digest);
    const family = [digest, ...parts, ...(signature ? [signature.digest] : []), ...(await refer(key, digest))];
    published.set(`${key}:${tag}`, { name: `${key}:${tag}`, digest, family });
  }

  /** Copies the manifests of a release to another tag, dated back. @returns the digest */
  async function copy(key: string, from: string, tag: string, daysAgo: number): Promise<string> {
    const repository = repositoryOf(key);
    const time = new Date(Date.now() - daysAgo * DAY).toISOString();
    const own = { 'org.opencontainers.image.version': tag, 'org.opencontainers.image.created': time };
    const { json: index } = await manifestOf(key, from);
    const entries = new Map<string, { digest: string; size: number }>();
    for (const entry of index.manifests) {
      const { json } = await manifestOf(key, entry.digest);
      const subject = entry.annotations?.['vnd.docker.reference.digest'];
      if (subject === undefined) {
        json.annotations = { ...json.annotations, ...own };
      } else {
        const { digest } = entries.get(subject)!;
        const blob = (await client.getBlob(`${site.prefix}/${key}`, json.layers[0].digest))!.toString();
        const statement = blob
          .replaceAll(subject.slice(7), digest.slice(7))
          .replaceAll(commits.get(from)!, commits.get(tag) ?? 'f'.repeat(40))
          .replaceAll(/("\w*finishedOn":")[^"]*/gi, `$1${time}`);
        json.layers[0].digest = await pushBlob(registry, repository, statement);
        json.layers[0].size = statement.length;
        entry.annotations['vnd.docker.reference.digest'] = digest;
      }
      const pushed = await pushManifest(registry, repository, entry.mediaType, json);
      entries.set(entry.digest, pushed);
      Object.assign(entry, { digest: pushed.digest, size: pushed.size });
    }
    index.annotations = { ...index.annotations, ...own };
    return (await pushManifest(registry, repository, index.mediaType, index, tag)).digest;
  }

  let newest = '';
  /** @returns the image names with digests */
  const copyBoth = (tag: string, daysAgo: number) =>
    Promise.all(KEYS.map(async (key) => `${site.prefix}/${key}@${await copy(key, newest, tag, daysAgo)}`));
  const rememberBoth = (tag: string) => Promise.all(KEYS.map((key) => remember(key, tag)));
  return {
    ...site,
    ...{ client, published, repositoryOf, signing },
    async publish(tag, daysAgo) {
      await copyBoth(tag, daysAgo);
      await rememberBoth(tag);
    },
    async release() {
      const commit = await site.commit({
        'api/words': `api ${published.size}\n`,
        'web/words': `web ${published.size}\n`,
      });
      await must(['release']);
      newest = `main-${commit.slice(0, 7)}`;
      commits.set(newest, commit);
      await rememberBoth(newest);
      return newest;
    },
    async publishCommits(ages) {
      const tags: string[] = [];
      const images: string[] = [];
      for (const daysAgo of ages) {
        const commit = daysAgo > 92 ? sha256(String(daysAgo)).slice(7, 47) : await site.commit({});
        const tag = `main-${commit.slice(0, 7)}`;
        commits.set(tag, commit);
        tags.push(tag);
        images.push(...(await copyBoth(tag, daysAgo)));
      }
      const sign = ['sign', '--yes', '--key', 'env://COSIGN_PRIVATE_KEY', ...images];
      await run(process.execPath, [join(COSIGN, 'cosign.mjs'), ...sign], { env: KEY });
      for (const tag of tags) await rememberBoth(tag);
      return tags;
    },
    async deploy(tag) {
      const images = KEYS.flatMap((key) => ['--image', `${key}=${site.prefix}/${key}:${tag}`]);
      await must(['deploy', ...images, '--source', commits.get(tag)!, '--channel', 'staging']);
    },
    promote: async () => void (await must(['promote', '--from', 'staging', '--to', 'production'])),
    async close() {
      shared.end();
      client.close();
      await site.close();
    },
  };
}
