import { symlinkSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { run } from '../../src/lib/process.js';
import type { Descriptions, Key } from './dockerfiles.js';

/** A repository on disk, and the images to build from it. */
export interface BuildRequest {
  /** Letters and digits. */
  name: string;
  folder: string;
  descriptions: Descriptions;
  keys: readonly Key[];
}

/** By image, the digests of its uncompressed layers, lowest first, as one string for comparison. */
export type DiffIds = Partial<Record<Key, string>>;

export interface Site {
  /** Parent of all folders to build. */
  root: string;
  /** `127.0.0.1:PORT`. */
  registry: string;
  builder: string;
  env: NodeJS.ProcessEnv;
}

/**
 * Builds images of repositories with BuildKit and reads their layers from the registry.
 * Layers that BuildKit has already built come from its cache, with the same bytes.
 * @throws Error with the errors in the builder's output
 */
export async function buildAll(site: Site, requests: readonly BuildRequest[]): Promise<DiffIds[]> {
  const metadataFile = join(site.root, `metadata-${requests[0]?.name}.json`);
  const input = JSON.stringify(definition(site, requests));
  const bake = () =>
    run('docker', ['buildx', 'bake', '--builder', site.builder, '--metadata-file', metadataFile, '-f', '-', 'all'], {
      env: site.env,
      cwd: site.root,
      input,
    });
  let { code, stderr } = await bake();
  // The daemon may lose a step of a cancelled build, and only notices it when a build needs the step again.
  if (code !== 0 && /snapshot \w+ does not exist/.test(stderr.toString())) ({ code, stderr } = await bake());
  if (code !== 0) {
    const lines = stderr.toString().split('\n');
    const told = lines.filter((line) => /error/i.test(line) && !line.includes('http2')).slice(0, 20);
    throw new Error(`The builds failed:\n${[...told, ...lines.slice(-20)].join('\n')}`);
  }
  const metadata = JSON.parse(await readFile(metadataFile, 'utf8')) as Record<string, Metadata>;
  await rm(metadataFile);
  return Promise.all(
    requests.map(async ({ name, keys }) => {
      const entries = keys.map(async (key) => {
        const digest = metadata[`${name}_${key}`]?.['containerimage.digest'] ?? '';
        return [key, await readDiffIds(site.registry, digest)] as const;
      });
      return Object.fromEntries(await Promise.all(entries));
    }),
  );
}

interface Metadata {
  'containerimage.digest'?: string;
}

function definition(site: Site, requests: readonly BuildRequest[]) {
  const target: Record<string, unknown> = {};
  const targets: string[] = [];
  for (const { name, folder, descriptions, keys } of requests) {
    const within = relative(site.root, folder);
    const add = (key: Key) => {
      if (`${name}_${key}` in target) return;
      const { context, dockerfile, dockerfileInline, contexts, ...image } = descriptions[key];
      const here = contextOf(site, { name: `${name}_${key}`, folder: join(folder, context) });
      for (const source of Object.values(contexts))
        if (source.startsWith('image:')) add(source.slice('image:'.length) as Key);
      target[`${name}_${key}`] = {
        context: here,
        ...(dockerfileInline === undefined
          ? { dockerfile: relative(join(within, context), join(within, dockerfile)) }
          : { 'dockerfile-inline': dockerfileInline }),
        ...(image.target !== undefined && { target: image.target }),
        args: { ...image.args, SOURCE_DATE_EPOCH: '1700000000' },
        labels: image.labels,
        platforms: image.platforms,
        contexts: Object.fromEntries(
          Object.entries(contexts).map(([alias, source]) => [
            alias,
            source.startsWith('image:') ? `target:${name}_${source.slice(6)}` : join(within, source),
          ]),
        ),
        ...image.extra,
        // Not stored as images of the daemon: two builds of one image at the same time would conflict there.
        output: [
          `type=image,name=${site.registry}/mutations,push-by-digest=true,name-canonical=true,push=true,store=false`,
        ],
      };
    };
    for (const key of keys) {
      add(key);
      targets.push(`${name}_${key}`);
    }
  }
  return { group: { all: { targets } }, target };
}

/**
 * The folder under a unique name. For a name that it has seen before, buildx only transfers files whose size, time or
 * mode differs from the last transfer, and misses other changes.
 */
function contextOf({ root }: Site, of: { name: string; folder: string }): string {
  symlinkSync(of.folder, join(root, `context-${of.name}`));
  return `context-${of.name}`;
}

async function readDiffIds(registry: string, digest: string): Promise<string> {
  const repository = `http://${registry}/v2/mutations`;
  const read = async (path: string): Promise<unknown> => {
    const answer = await fetch(`${repository}/${path}`, {
      headers: {
        accept: 'application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json',
      },
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return answer.json();
  };
  const manifest = (await read(`manifests/${digest}`)) as { config: { digest: string } };
  const config = (await read(`blobs/${manifest.config.digest}`)) as { rootfs: { diff_ids: string[] } };
  return config.rootfs.diff_ids.join(' ');
}
