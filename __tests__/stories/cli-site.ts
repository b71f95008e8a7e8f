import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openTerminal, type TerminalOrder, type TerminalSession } from '../../testing/terminal.js';
import { git } from '../../testing/acme.js';
import { LESS_GC } from '../../testing/processes.js';
import { runCli } from '../../testing/runner.js';
import type { StageEnd } from '../../testing/runner/stage-process.js';
import { run } from '../../src/lib/process.js';
import { ownBuilderTraces } from '../builder-traces.js';
import { viewRepository } from './registry-view.js';
import { CLI } from './shared-cli.js';
import { dockerfile, lab, newName, pods } from './shop.js';

/** Everything except its output that a run of the CLI may change. */
export interface Traces {
  /** Head of main in the bare repository. */
  head: string;
  /** `key:tag` of both images. */
  tags: string[];
  /** Paths below the process's TMPDIR. */
  temp: string[];
  /** Builders, containers, and volumes that image-release created. */
  builders: string[];
  /** Output of `git status` for the work tree. */
  status: string;
}

/** A work tree with two images, a Kustomization, and a bare origin, in which the CLI runs. */
export interface CliSite {
  dir: string;
  bare: string;
  /** First part of the image names: `127.0.0.1:PORT/cli-…`. */
  prefix: string;
  home: string;
  temp: string;
  /** Runs the bundle with a private home and temporary folder, on the lab's daemon. */
  cli(args: readonly string[], over?: Partial<Parameters<typeof runCli>[0]>): Promise<StageEnd>;
  /** Runs the bundle at a terminal, by default with 80 columns. */
  terminal(args: readonly string[], over?: Partial<TerminalOrder>): TerminalSession;
  git(...args: string[]): Promise<string>;
  read(path: string): Promise<string>;
  /** Writes files (undefined removes one), commits and pushes. @returns the commit */
  commit(files: Record<string, string | undefined>): Promise<string>;
  /** Commits the configuration with some keys replaced. */
  configure(over: Record<string, unknown>): Promise<string>;
  /** Lines that changed between two revisions of the bare repository, prefixed with `+` or `-`. */
  changedLines(from: string, to?: string): Promise<string[]>;
  /** Tags of the image in the registry. */
  tags(key: string): Promise<string[]>;
  digest(key: string, tag: string): Promise<string | undefined>;
  docker(...args: string[]): Promise<string>;
  /** Selects the daemon's BuildKit as a remote builder, which can push by digest. */
  useRemoteBuilder(): Promise<void>;
  traces(): Promise<Traces>;
  close(): Promise<void>;
}

export const KEYS = ['api', 'web'] as const;

export function kustomization(prefix: string): string {
  return `# What the cluster runs.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [pods.yaml]
images:
  - name: ${prefix}/api # speaks
    newTag: main-0000000
  - name: page
    newName: ${prefix}/web
    newTag: 'main-0000000'   # shows
`;
}

/** The Kustomization, and one pod per image with the image name of its entry. */
export function manifests(prefix: string): Record<string, string> {
  return {
    'k8s/kustomization.yml': kustomization(prefix),
    'k8s/pods.yaml': pods({ api: `${prefix}/api`, web: 'page' }),
  };
}

/** The configuration as JSON, which is valid YAML. */
export function configuration(prefix: string, over: Record<string, unknown> = {}): string {
  const contexts = { busybox: `docker-image://${lab.baseBusybox}` };
  const config = {
    registry: prefix,
    images: { api: { contexts }, web: { contexts } },
    attest: { provenance: 'min', sbom: 'off' },
    deploy: 'k8s',
    ...over,
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

/** The image settings of `configuration`, with some added or replaced. */
export function image(over: object = {}): object {
  return { contexts: { busybox: `docker-image://${lab.baseBusybox}` }, ...over };
}

/**
 * @param options.registry host; default: the lab's registry
 * @param options.dockerHost default: the lab's daemon
 * @param options.like site to copy, with the same image names
 */
export async function openCliSite(
  options: { registry?: string; dockerHost?: string; like?: CliSite } = {},
): Promise<CliSite> {
  const base = await mkdtemp(join(tmpdir(), 'cli-site-'));
  const at = (name: string) => join(base, name);
  const [dir, bare, home, temp] = [at('app'), at('app.git'), at('home'), at('tmp')];
  const prefix = options.like?.prefix ?? `${options.registry ?? lab.registry}/${newName('cli')}`;
  const env = { ...LESS_GC, HOME: home, TMPDIR: temp, DOCKER_HOST: options.dockerHost ?? lab.dockerHost };

  const docker = async (...args: string[]) => {
    const result = await run('docker', args, { cwd: dir, env: { PATH: process.env['PATH'], ...env } });
    if (result.code !== 0) throw new Error(`docker ${args.join(' ')}: ${result.stderr.toString()}`);
    return result.stdout.toString().trim();
  };
  const commit = async (files: Record<string, string | undefined>) => {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(dir, path)), { recursive: true });
      if (text === undefined) await rm(join(dir, path), { recursive: true });
      else await writeFile(join(dir, path), text);
    }
    await git(dir, ['add', '--all']);
    await git(dir, ['commit', '--quiet', '--allow-empty', '--message', 'Change']);
    const tip = await git(bare, ['for-each-ref', '--format=%(objectname)', 'refs/heads/main']);
    const isBehind = tip !== '' && !(await git(dir, ['rev-list', '--max-count=50', 'HEAD'])).includes(tip);
    if (isBehind) await git(dir, ['pull', '--quiet', '--rebase', 'origin', 'main']);
    await git(dir, ['push', '--quiet', 'origin', 'HEAD']);
    return git(dir, ['rev-parse', 'HEAD']);
  };
  const view = (key: string) => viewRepository(`${prefix}/${key}`);
  const tags = (key: string) => view(key).tags();

  if (options.like) {
    await run('cp', ['-a', `${dirname(options.like.dir)}/.`, base], { env: { PATH: process.env['PATH'] } });
    await git(dir, ['remote', 'set-url', 'origin', bare]);
  } else {
    for (const folder of [home, temp]) await mkdir(folder);
    await git(base, ['init', '--quiet', '--bare', '--initial-branch=main', bare]);
    await git(base, ['init', '--quiet', '--initial-branch=main', dir]);
    for (const [key, value] of [
      ['user.name', 'Acme developer'],
      ['user.email', 'developer@acme.example'],
    ] as const) {
      await git(dir, ['config', key, value]);
    }
    await git(dir, ['remote', 'add', 'origin', bare]);
    await commit({
      'image-release.yml': configuration(prefix),
      ...manifests(prefix),
      ...Object.fromEntries(
        KEYS.flatMap((key) => [
          [`${key}/Dockerfile`, dockerfile('COPY words /words', 'COPY words /said')],
          [`${key}/words`, `${key} of ${prefix}\n`],
        ]),
      ),
    });
  }

  return {
    dir,
    bare,
    prefix,
    home,
    temp,
    cli: (args, over = {}) => runCli({ args, cwd: dir, ...over, env: { ...env, ...over.env } }),
    terminal: (args, over = {}) =>
      openTerminal({
        ...{ command: [process.execPath, CLI, ...args], cwd: dir, columns: 80, rows: 24, ...over },
        env: { PATH: process.env['PATH'], ...env, ...over.env },
      }),
    git: (...args) => git(dir, args),
    read: (path) => readFile(join(dir, path), 'utf8'),
    commit,
    configure: (over) => commit({ 'image-release.yml': configuration(prefix, over) }),
    changedLines: async (from, to = 'main') =>
      (await git(bare, ['diff', '--unified=0', from, to])).split('\n').filter((line) => /^[+-](?![+-]{2} )/.test(line)),
    tags,
    digest: async (key, tag) => (await view(key).manifest(tag))?.digest,
    docker,
    useRemoteBuilder: async () => {
      await docker('buildx', 'create', '--name', 'remote', '--driver', 'remote', '--use', lab.buildkit);
    },
    traces: async () => ({
      head: await git(bare, ['rev-parse', 'main']),
      tags: (await Promise.all(KEYS.map(async (key) => (await tags(key)).map((tag) => `${key}:${tag}`)))).flat(),
      temp: await readdir(temp, { recursive: true }),
      builders: await ownBuilderTraces(env),
      status: await git(dir, ['status', '--porcelain']),
    }),
    close: () => rm(base, { recursive: true, force: true }),
  };
}

/** `file:line:column` of the first occurrence of `words` in `text`. */
export function placeOf(file: string, text: string, words: string): string {
  const at = text.indexOf(words);
  if (at < 0) throw new Error(`${file} does not hold ${words}`);
  const lines = text.slice(0, at).split('\n');
  return `${file}:${lines.length}:${lines.at(-1)!.length + 1}`;
}
