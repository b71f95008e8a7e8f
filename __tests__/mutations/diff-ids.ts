import { readFile, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { run } from '../../src/lib/process.js';
import { KEYS, type Descriptions, type Key } from './repository.js';

/** A repository on disk, and what of it is built. */
export interface BuildRequest {
  name: string;
  folder: string;
  descriptions: Descriptions;
}

/** Digests of the uncompressed layers, the lowest first, by image; one string each, to be compared. */
export type DiffIds = Record<Key, string>;

interface Site {
  /** Above all folders that are built. */
  root: string;
  /** `127.0.0.1:PORT`. */
  registry: string;
  builder: string;
  env: NodeJS.ProcessEnv;
}

/**
 * Builds every image of every repository with BuildKit, in one go, and reads from the registry what came out.
 * What BuildKit has built already comes out of its cache: the same bytes.
 * @throws Error with the end of the builder's output
 */
export async function buildAll(site: Site, requests: readonly BuildRequest[]): Promise<DiffIds[]> {
  const metadataFile = join(site.root, `metadata-${requests[0]?.name}.json`);
  const { code, stderr } = await run(
    'docker',
    ['buildx', 'bake', '--builder', site.builder, '--metadata-file', metadataFile, '-f', '-', 'all'],
    { env: site.env, cwd: site.root, input: JSON.stringify(definition(site, requests)) },
  );
  if (code !== 0) {
    const lines = stderr.toString().split('\n');
    const told = lines.filter((line) => /error/i.test(line) && !line.includes('http2')).slice(0, 20);
    throw new Error(`The builds failed:\n${[...told, ...lines.slice(-20)].join('\n')}`);
  }
  const metadata = JSON.parse(await readFile(metadataFile, 'utf8')) as Record<string, Metadata>;
  await rm(metadataFile);
  const configs = new Map<string, Promise<string>>();
  return Promise.all(
    requests.map(async ({ name }) => {
      const entries = KEYS.map(async (key) => {
        const digest = metadata[`${name}_${key}`]?.['containerimage.digest'] ?? '';
        const known = configs.get(digest) ?? readDiffIds(site.registry, digest);
        configs.set(digest, known);
        return [key, await known] as const;
      });
      return Object.fromEntries(await Promise.all(entries)) as DiffIds;
    }),
  );
}

interface Metadata {
  'containerimage.digest'?: string;
}

function definition(site: Site, requests: readonly BuildRequest[]) {
  const target: Record<string, unknown> = {};
  for (const { name, folder, descriptions } of requests) {
    const within = relative(site.root, folder);
    for (const key of KEYS) {
      const { context, dockerfile, dockerfileInline, contexts, ...image } = descriptions[key];
      const here = join(within, context);
      target[`${name}_${key}`] = {
        context: here,
        ...(dockerfileInline === undefined
          ? { dockerfile: relative(here, join(within, dockerfile)) }
          : { 'dockerfile-inline': dockerfileInline }),
        ...(image.target !== undefined && { target: image.target }),
        args: { ...image.args, SOURCE_DATE_EPOCH: '1700000000' },
        labels: image.labels,
        contexts: Object.fromEntries(
          Object.entries(contexts).map(([alias, source]) => [
            alias,
            source.startsWith('image:') ? `target:${name}_${source.slice(6)}` : join(within, source),
          ]),
        ),
        output: [
          `type=image,name=${site.registry}/mutations,push-by-digest=true,name-canonical=true,push=true`,
        ],
      };
    }
  }
  return { group: { all: { targets: Object.keys(target) } }, target };
}

async function readDiffIds(registry: string, digest: string): Promise<string> {
  const repository = `http://${registry}/v2/mutations`;
  const read = async (path: string): Promise<unknown> => {
    const answer = await fetch(`${repository}/${path}`, {
      headers: {
        accept:
          'application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json',
      },
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return answer.json();
  };
  const manifest = (await read(`manifests/${digest}`)) as { config: { digest: string } };
  const config = (await read(`blobs/${manifest.config.digest}`)) as { rootfs: { diff_ids: string[] } };
  return config.rootfs.diff_ids.join(' ');
}
