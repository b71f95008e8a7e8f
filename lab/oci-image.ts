import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { copyFile, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Credentials } from './registry.js';

/** A folder that becomes one layer; everything in it belongs to `owner` (uid = gid). */
export interface LayerSource {
  root: string;
  owner: number;
  /** Only this path below `root`; default: all. */
  only?: string;
}

export interface ImageSettings {
  Env?: string[];
  Entrypoint?: string[];
  Cmd?: string[];
  WorkingDir?: string;
}

interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
}

const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';
const CONFIG = 'application/vnd.oci.image.config.v1+json';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const ARCHITECTURES: Partial<Record<NodeJS.Architecture, string>> = {
  x64: 'amd64',
  arm: 'arm',
  arm64: 'arm64',
};

/**
 * Writes an image for this machine's platform as an OCI image layout, without a container engine. The same
 * folders give the same bytes: times are zero, names sorted, owners given.
 * @param image.from the layout of an image whose layers come first
 */
export async function writeImageLayout(
  dir: string,
  image: { from?: string; layers: readonly LayerSource[]; settings: ImageSettings },
): Promise<void> {
  await mkdir(blobs(dir), { recursive: true });
  const { layers, diffIds } =
    image.from === undefined ? { layers: [], diffIds: [] } : await copyLayers(image.from, dir);
  for (const source of image.layers) {
    const { descriptor, diffId } = await writeLayer(dir, source);
    layers.push(descriptor);
    diffIds.push(diffId);
  }
  const config = await writeBlob(dir, CONFIG, {
    architecture: ARCHITECTURES[process.arch] ?? process.arch,
    os: 'linux',
    created: '1970-01-01T00:00:00Z',
    config: { Env: ['PATH=/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin'], ...image.settings },
    rootfs: { type: 'layers', diff_ids: diffIds },
    history: diffIds.map(() => ({ created: '1970-01-01T00:00:00Z', created_by: 'lab/oci-image' })),
  });
  const manifest = await writeBlob(dir, MANIFEST, { schemaVersion: 2, mediaType: MANIFEST, config, layers });
  await writeFile(join(dir, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  await writeFile(join(dir, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [manifest] }));
}

async function copyLayers(from: string, dir: string): Promise<{ layers: Descriptor[]; diffIds: string[] }> {
  const { manifest } = await readLayout(from);
  for (const { digest } of manifest.layers) await copyFile(blobPath(from, digest), blobPath(dir, digest));
  const config = JSON.parse(await readFile(blobPath(from, manifest.config.digest), 'utf8')) as {
    rootfs: { diff_ids: string[] };
  };
  return { layers: manifest.layers, diffIds: config.rootfs.diff_ids };
}

async function readLayout(dir: string) {
  const index = JSON.parse(await readFile(join(dir, 'index.json'), 'utf8')) as { manifests: [Descriptor] };
  const bytes = await readFile(blobPath(dir, index.manifests[0].digest));
  return { bytes, manifest: JSON.parse(bytes.toString()) as { config: Descriptor; layers: Descriptor[] } };
}

async function writeLayer(dir: string, { root, owner, only = '.' }: LayerSource) {
  const tar = spawn(
    'tar',
    [
      ...['--create', '--sort=name', '--mtime=@0', `--owner=${owner}`, `--group=${owner}`, '--numeric-owner'],
      ...['--format=gnu', '--directory', root, only],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const exit = new Promise<number | null>((resolve) => tar.on('close', resolve));
  const diffId = createHash('sha256');
  const digest = createHash('sha256');
  const partial = join(dir, 'layer.partial');
  await pipeline(
    tar.stdout,
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        diffId.update(chunk);
        yield chunk;
      }
    },
    createGzip({ level: 1 }),
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        digest.update(chunk);
        yield chunk;
      }
    },
    createWriteStream(partial),
  );
  const code = await exit;
  if (code !== 0) throw new Error(`tar of ${root} failed (exit code ${code}).`);
  const name = `sha256:${digest.digest('hex')}`;
  const { size } = await stat(partial);
  await rename(partial, blobPath(dir, name));
  return {
    descriptor: { mediaType: LAYER, digest: name, size },
    diffId: `sha256:${diffId.digest('hex')}`,
  };
}

async function writeBlob(dir: string, mediaType: string, value: unknown): Promise<Descriptor> {
  const bytes = Buffer.from(JSON.stringify(value));
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  await writeFile(blobPath(dir, digest), bytes);
  return { mediaType, digest, size: bytes.length };
}

/**
 * Pushes the one image of a layout to a registry over plain HTTP (the lab's, on loopback).
 * @returns `host/repository:tag`
 */
export async function pushImageLayout(
  dir: string,
  to: { host: string; repository: string; tag: string; auth?: Credentials },
): Promise<string> {
  const base = `http://${to.host}/v2/${to.repository}`;
  const headers: Record<string, string> = to.auth
    ? { authorization: `Basic ${Buffer.from(`${to.auth.username}:${to.auth.password}`).toString('base64')}` }
    : {};
  const request = async (url: string, init: RequestInit & { duplex?: 'half' }): Promise<Response> => {
    const response = await fetch(url, { ...init, headers: { ...headers, ...init.headers } });
    if (!response.ok && !(init.method === 'HEAD' && response.status === 404)) {
      throw new Error(`${init.method} ${url}: ${response.status} ${await response.text()}`);
    }
    return response;
  };
  const { bytes, manifest } = await readLayout(dir);
  for (const { digest, size } of [manifest.config, ...manifest.layers]) {
    if ((await request(`${base}/blobs/${digest}`, { method: 'HEAD' })).ok) continue;
    const started = await request(`${base}/blobs/uploads/`, { method: 'POST' });
    const place = new URL(started.headers.get('location') ?? '', base);
    place.searchParams.set('digest', digest);
    await request(place.href, {
      method: 'PUT',
      headers: { 'content-type': 'application/octet-stream', 'content-length': String(size) },
      body: Readable.toWeb(createReadStream(blobPath(dir, digest))),
      duplex: 'half',
    });
  }
  await request(`${base}/manifests/${to.tag}`, {
    method: 'PUT',
    headers: { 'content-type': MANIFEST },
    body: bytes,
  });
  return `${to.host}/${to.repository}:${to.tag}`;
}

/** Makes the layout in `dir` once: a finished one is taken as it is, a half-written one never stays. */
export async function cacheLayout(dir: string, make: (dir: string) => Promise<void>): Promise<void> {
  if (await stat(join(dir, 'index.json')).catch(() => undefined)) return;
  const draft = `${dir}.${process.pid}`;
  try {
    await make(draft);
    await rename(draft, dir).catch(async (error: NodeJS.ErrnoException) => {
      // Another lab finished the same layout first: same content, so theirs serves.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

const blobs = (dir: string): string => join(dir, 'blobs', 'sha256');
const blobPath = (dir: string, digest: string): string => join(blobs(dir), digest.replace('sha256:', ''));
