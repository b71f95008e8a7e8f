import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMap, parseDocument } from 'yaml';
import { run } from '../src/lib/process.js';

const EXAMPLE = join(dirname(dirname(fileURLToPath(import.meta.url))), 'examples', 'acme');
const PREFIX = 'ghcr.io/acme';

export interface AcmeRepository {
  /** The work tree, on branch main, with `origin` set. */
  dir: string;
  /** The bare repository that `origin` names. */
  bare: string;
  /** First part of both image names: `127.0.0.1:PORT/acme`. */
  registry: string;
  /** 40 hex digits: head of main. */
  commit: string;
  /** Runs git in the work tree; @returns stdout without the final newline. */
  git(...args: string[]): Promise<string>;
}

/**
 * Copies `examples/acme` to a git repository with a bare origin, and points it at the lab: registry, base
 * image, SBOM scanner. The Dockerfiles stay as they are; `contexts` replaces their base image.
 * @param options.dir made here: holds `acme` (work tree) and `acme.git` (bare)
 * @param options.registry `127.0.0.1:PORT`
 * @param options.baseNode what stands for `node:24-alpine`, with tag
 * @param options.prefix image name prefix below the registry; default `acme`
 */
export async function createAcmeRepository(options: {
  dir: string;
  registry: string;
  baseNode: string;
  scanner?: string;
  prefix?: string;
}): Promise<AcmeRepository> {
  const dir = join(options.dir, 'acme');
  const bare = join(options.dir, 'acme.git');
  const registry = `${options.registry}/${options.prefix ?? 'acme'}`;
  await mkdir(options.dir, { recursive: true });
  await cp(EXAMPLE, dir, { recursive: true, filter: (path) => !/\/(node_modules|web\/dist)$/.test(path) });
  await pointAtLab(dir, { registry, baseNode: options.baseNode, scanner: options.scanner });
  const commit = await commitAndPush(dir, bare);
  return { dir, bare, registry, commit, git: (...args) => git(dir, args) };
}

async function pointAtLab(dir: string, lab: { registry: string; baseNode: string; scanner?: string }) {
  const path = join(dir, 'image-release.yml');
  const document = parseDocument(await readFile(path, 'utf8'));
  document.set('registry', lab.registry);
  const images = document.get('images');
  if (!isMap<{ value: string }>(images)) throw new Error('examples/acme/image-release.yml has no images.');
  for (const { key } of images.items) {
    document.setIn(['images', key.value, 'contexts'], {
      'node:24-alpine': `docker-image://${lab.baseNode}`,
    });
  }
  if (lab.scanner !== undefined) document.set('attest', { sbom: 'on', scanner: lab.scanner });
  await writeFile(path, document.toString());

  for (const folder of ['k8s', 'k8s/overlays/staging', 'k8s/overlays/production']) {
    const file = join(dir, folder, 'kustomization.yml');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replaceAll(`${PREFIX}/`, `${lab.registry}/`));
  }
}

async function commitAndPush(dir: string, bare: string): Promise<string> {
  await git(dir, ['init', '--quiet', '--initial-branch=main']);
  for (const [key, value] of [
    ['user.name', 'Acme developer'],
    ['user.email', 'developer@acme.example'],
    ['commit.gpgSign', 'false'],
  ] as const) {
    await git(dir, ['config', key, value]);
  }
  await git(dir, ['add', '--all']);
  await git(dir, ['commit', '--quiet', '--message', 'Start Acme']);
  await git(dir, ['clone', '--quiet', '--bare', dir, bare]);
  await git(dir, ['remote', 'add', 'origin', bare]);
  await git(dir, ['fetch', '--quiet', 'origin']);
  await git(dir, ['branch', '--quiet', '--set-upstream-to=origin/main']);
  return git(dir, ['rev-parse', 'HEAD']);
}

/**
 * Runs git without the user's own settings.
 * @throws Error with git's message when it fails
 */
export async function git(dir: string, args: readonly string[]): Promise<string> {
  const env = { PATH: process.env.PATH, HOME: dir, GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0' };
  const result = await run('git', args, { cwd: dir, env });
  if (result.code !== 0) throw new Error(`git ${args.join(' ')}: ${result.stderr.toString().trim()}`);
  return result.stdout.toString().replace(/\n$/, '');
}
