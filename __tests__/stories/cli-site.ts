import { randomBytes } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { git } from '../../lab/acme.js';
import { runCli } from '../../lab/runner.js';
import type { StageEnd } from '../../lab/runner/stage-process.js';
import { labFromEnvironment, type Lab } from '../../lab/shared-lab.js';
import { run } from '../../src/lib/process.js';

/** What a command line run may change, besides printing. */
export interface Traces {
  /** Head of main in the bare repository. */
  head: string;
  /** `name:tag` of both images. */
  tags: string[];
  /** Paths below the process's TMPDIR. */
  temp: string[];
  /** Builders that buildx knows for this home, containers, volumes: those of a builder of ours. */
  builders: string[];
}

/** A repository with two images, a Kustomization and a bare origin, and the command line on it. */
export interface CliSite {
  lab: Lab;
  dir: string;
  bare: string;
  /** First part of the image names: `127.0.0.1:PORT/cli-…`. */
  registry: string;
  home: string;
  env: Record<string, string>;
  /** Runs the bundle; never without the lab's daemon, a home and a temporary folder of its own. */
  cli(args: readonly string[], over?: Partial<Parameters<typeof runCli>[0]>): Promise<StageEnd>;
  git(...args: string[]): Promise<string>;
  /** Writes files, commits and pushes them. @returns the commit */
  commit(files: Record<string, string>): Promise<string>;
  write(files: Record<string, string>): Promise<void>;
  read(path: string): Promise<string>;
  /** Changed lines of a commit in the bare repository, as `git diff` shows them. */
  changes(from: string, to?: string): Promise<string[]>;
  docker(...args: string[]): Promise<string>;
  traces(): Promise<Traces>;
  remove(): Promise<void>;
}

export const IMAGES = ['api', 'web'] as const;

/** The configuration of a site; `over` replaces or adds top-level keys. */
export function configText(registry: string, over: Record<string, unknown> = {}): string {
  // JSON is YAML: what is written here is what the program reads.
  return JSON.stringify(
    {
      registry,
      images: { api: {}, web: {} },
      attest: { provenance: 'min', sbom: 'off' },
      deploy: 'k8s',
      ...over,
    },
    null,
    2,
  );
}

export const KUSTOMIZATION = `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
images:
  - name: REGISTRY/api # the API
    newTag: main-0000000
  - name: REGISTRY/web
    newTag: 'main-0000000'
`;

export async function createCliSite(options: { registry?: string } = {}): Promise<CliSite> {
  const lab = labFromEnvironment();
  const base = await mkdtemp(join(tmpdir(), 'cli-site-'));
  const [dir, bare, home, temp] = ['app', 'app.git', 'home', 'tmp'].map((name) => join(base, name)) as [
    string,
    string,
    string,
    string,
  ];
  const host = options.registry ?? lab.registry;
  const registry = `${host}/cli-${randomBytes(5).toString('hex')}`;
  for (const folder of [dir, home, temp]) await mkdir(folder);
  const env = { HOME: home, TMPDIR: temp, DOCKER_HOST: lab.dockerHost };

  const write = async (files: Record<string, string>) => {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(dir, path)), { recursive: true });
      await writeFile(join(dir, path), text);
    }
  };
  const commit = async (files: Record<string, string>) => {
    await write(files);
    await git(dir, ['add', '--all']);
    await git(dir, ['commit', '--quiet', '--allow-empty', '--message', 'Change']);
    await git(dir, ['push', '--quiet', 'origin', 'main']);
    return git(dir, ['rev-parse', 'HEAD']);
  };
  const docker = async (...args: string[]) => {
    const result = await run('docker', args, { env: { PATH: process.env.PATH, ...env } });
    if (result.code !== 0) throw new Error(`docker ${args.join(' ')}: ${result.stderr.toString()}`);
    return result.stdout.toString().trim();
  };

  await git(base, ['init', '--quiet', '--bare', '--initial-branch=main', bare]);
  await git(base, ['clone', '--quiet', bare, dir]);
  await git(dir, ['config', 'user.name', 'A developer']);
  await git(dir, ['config', 'user.email', 'developer@acme.example']);
  await commit({
    'image-release.yml': configText(registry),
    'k8s/kustomization.yml': KUSTOMIZATION.replaceAll('REGISTRY', registry),
    ...Object.fromEntries(IMAGES.map((key) => [`${key}/Dockerfile`, dockerfile(lab, key)])),
  });
  await git(dir, ['remote', 'set-head', 'origin', 'main']);

  return {
    lab,
    dir,
    bare,
    registry,
    home,
    env,
    cli: (args, over = {}) => runCli({ args, cwd: dir, ...over, env: { ...env, ...over.env } }),
    git: (...args) => git(dir, args),
    commit,
    write,
    read: (path) => readFile(join(dir, path), 'utf8'),
    changes: async (from, to = 'main') =>
      (await git(bare, ['diff', '--unified=0', from, to]))
        .split('\n')
        .filter((line) => /^[+-](?!\+\+|--)/.test(line)),
    docker,
    traces: async () => ({
      head: await git(bare, ['rev-parse', 'main']),
      tags: await tagsOf(registry),
      temp: await readdir(temp, { recursive: true }),
      builders: await ownBuilders(docker),
    }),
    remove: () => rm(base, { recursive: true, force: true }),
  };
}

/** Builds in a second; `RUN` makes it need a builder that really runs something. */
export function dockerfile(lab: Lab, key: string, step = `echo ${key} > /built`): string {
  return `FROM ${lab.baseBusybox}\nCOPY . /src/\nRUN ${step}\n`;
}

async function tagsOf(registry: string): Promise<string[]> {
  const [host = '', path = ''] = registry.split('/');
  const lists = await Promise.all(
    IMAGES.map(async (key) => {
      const response = await fetch(`http://${host}/v2/${path}/${key}/tags/list`).catch(() => undefined);
      if (!response?.ok) return [];
      const { tags } = (await response.json()) as { tags: string[] | null };
      return (tags ?? []).map((tag) => `${key}:${tag}`);
    }),
  );
  return lists.flat().sort();
}

async function ownBuilders(docker: CliSite['docker']): Promise<string[]> {
  const lists = await Promise.all([
    docker('buildx', 'ls'),
    docker('ps', '--all', '--format', '{{.Names}}'),
    docker('volume', 'ls', '--format', '{{.Name}}'),
  ]);
  return lists.flatMap((text) => text.split('\n')).filter((line) => /image-release-[0-9a-f]{8}/.test(line));
}

/** The digest that the registry serves for `name:tag`; undefined: none. */
export async function digestOf(reference: string): Promise<string | undefined> {
  const [, host, path, tag] = /^([^/]+)\/(.+):([^:]+)$/.exec(reference) ?? [];
  const accept = [
    'application/vnd.oci.image.index.v1+json',
    'application/vnd.oci.image.manifest.v1+json',
    'application/vnd.docker.distribution.manifest.v2+json',
  ].join(', ');
  const response = await fetch(`http://${host}/v2/${path}/manifests/${tag}`, {
    method: 'HEAD',
    headers: { accept },
  });
  return response.ok ? (response.headers.get('docker-content-digest') ?? undefined) : undefined;
}

/** `file:line:column` of the first place where `text` stands in a file. */
export function placeOf(file: string, content: string, text: string): string {
  const at = content.indexOf(text);
  if (at < 0) throw new Error(`${file} does not hold ${text}`);
  const before = content.slice(0, at).split('\n');
  return `${file}:${before.length}:${before.at(-1)!.length + 1}`;
}

/** Copies a site's work tree, so that a test may break it. */
export async function copyTree(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true });
}
