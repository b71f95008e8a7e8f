import { mkdirSync, readdirSync, readFileSync, readlinkSync, lstatSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Readable } from 'node:stream';
import type { ContextRequest } from '../../../src/builders/context/context.js';
import { packContext } from '../../../src/builders/context/pack.js';
import { parseIgnore } from '../../../src/dockerfile/ignore/ignore.js';
import { run } from '../../../src/lib/process.js';

export const DOCKERFILE = 'FROM scratch\nCOPY . /all/\n';

export function requestOf(folder: string, ignore = '', rest: Partial<ContextRequest> = {}): ContextRequest {
  const rules = parseIgnore(ignore);
  if ('doubt' in rules) throw new Error(rules.doubt);
  return { image: 'api', name: 'api', folder, rules, dockerfile: DOCKERFILE, ...rest };
}

export async function packed(request: ContextRequest): Promise<Buffer> {
  const { stream, done } = packContext(request);
  const bytes = await collect(stream);
  await done;
  return bytes;
}

export async function collect(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Unpacks with the real tar. @returns its exit code */
export async function unpack(archive: Buffer, into: string): Promise<number> {
  mkdirSync(into, { recursive: true });
  const { code } = await run('tar', ['-xzpf', '-', '-C', into], { env: process.env, input: archive });
  return code;
}

/** One line for each entry below a folder: `path mode content`, `path/ mode` or `path -> target`. */
export function listFolder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((dirent) => {
      const path = join(dirent.parentPath, dirent.name);
      const name = relative(folder, path);
      if (dirent.isSymbolicLink()) return `${name} -> ${readlinkSync(path)}`;
      const mode = (lstatSync(path).mode & 0o7777).toString(8);
      return dirent.isDirectory() ? `${name}/ ${mode}` : `${name} ${mode} ${readFileSync(path, 'latin1')}`;
    })
    .sort();
}
