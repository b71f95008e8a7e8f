import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createAcmeRepository, git } from '../../testing/acme.js';
import { LESS_GC } from '../../testing/processes.js';
import { startFakeGithub, type FakeGithub } from '../../testing/fake-github/server.js';
import type { Level, TokenAccess } from '../../testing/fake-github/repository.js';
import { runJob, type ActionRun, type JobResult } from '../../testing/runner.js';
import { labFromEnvironment } from '../../lab/shared-lab.js';
import { run } from '../../src/lib/process.js';
import type { ImageOutput } from '../../src/report/outputs.js';
import { pushEvent } from './events.js';
import { viewRepository } from './registry-view.js';

export const lab = labFromEnvironment();
export const REPOSITORY = 'acme/app';
export const TOKEN = 'ghs_StoryTokenThatMayWrite0123456789';
/** Like the token of a job with `permissions: { contents: read }`. */
export const READ_TOKEN = 'ghs_StoryTokenThatOnlyReads876543210';

/** A repository on the fake GitHub, with a checkout as after actions/checkout, and unique image names. */
export interface Shop {
  /** The checkout. */
  dir: string;
  /** The repository that the fake GitHub serves. */
  bare: string;
  /** First part of all image names: `127.0.0.1:PORT/…`. */
  prefix: string;
  github: FakeGithub;
  /** Runs git in the checkout. */
  git(...args: string[]): Promise<string>;
  /** Runs git in the repository that the fake GitHub serves. */
  origin(...args: string[]): Promise<string>;
  /** Writes files in the checkout, commits and pushes them; @returns the commit */
  push(files: Record<string, string>, message?: string): Promise<string>;
  /** Another checkout, detached at `commit`; @returns its folder */
  checkOut(commit: string): Promise<string>;
  /** Environment of the docker CLI; buildx stores its builders where the jobs find them. */
  dockerEnv: { HOME: string; DOCKER_HOST: string; BUILDX_CONFIG: string };
  docker(...args: string[]): Promise<string>;
  /** Tags of an image in the registry, sorted. */
  tags(key: string): Promise<string[]>;
  /** Digest of an image under a tag; undefined if the registry has none. */
  digest(key: string, tag: string): Promise<string | undefined>;
  /** Values of `newTag` in the Kustomization on a branch, in file order. */
  deployed(branch?: string): Promise<string[]>;
  /** Branches, tags and ledgers of the repository that the fake GitHub serves, with their commits. */
  refs(): Promise<string>;
  /** Runs the Action; by default for a push of the checkout. The post step runs by default only with `cancel`. */
  job(run?: Partial<ActionRun>): Promise<JobResult>;
  close(): Promise<void>;
}

export interface ShopOptions {
  /** Default: the registry of the lab, without login. */
  registry?: string;
  dockerHost?: string;
  /** Keys of image-release.yml that add to or replace the default ones. */
  settings?: Record<string, unknown>;
  /** Settings by image key that add to or replace the default ones. */
  images?: Record<string, object>;
  /** Files of the first commit that add to or replace the default ones. */
  files?: Record<string, string>;
  tokens?: Record<string, Level | TokenAccess>;
  /** Further private repositories on the fake GitHub, by `owner/name`; each has one branch, `main`. */
  beside?: Record<string, Beside>;
}

interface Beside {
  /** @param prefix first part of the image names */
  files(prefix: string): Record<string, string>;
  tokens: Record<string, Level | TokenAccess>;
}

/** Opens a shop with two small images, `api` and `web`, without SBOM, so that a run takes a second or two. */
export async function openShop(options: ShopOptions = {}): Promise<Shop> {
  const folder = await mkdtemp(join(tmpdir(), 'shop-'));
  const prefix = `${options.registry ?? lab.registry}/${newName('shop')}`;
  const dir = join(folder, 'app');
  const files = { ...shopFiles(prefix, options), ...options.files };
  for (const [path, text] of Object.entries(files)) await write(dir, path, text);
  const bare = join(folder, 'app.git');
  await git(dir, ['init', '--quiet', '--initial-branch=main']);
  await commitAll(dir, 'Open the shop');
  await git(dir, ['clone', '--quiet', '--bare', dir, bare]);
  return serve({ folder, dir, bare, prefix, options });
}

/** Opens the example of this repository with the registry of the lab. */
export async function openAcme(): Promise<Shop> {
  const folder = await mkdtemp(join(tmpdir(), 'shop-'));
  const { dir, bare, registry } = await createAcmeRepository({
    dir: folder,
    registry: lab.registry,
    baseNode: lab.baseNode,
    scanner: lab.scanner,
    prefix: newName('acme'),
  });
  return serve({ folder, dir, bare, prefix: registry, options: {} });
}

async function serve(site: {
  folder: string;
  dir: string;
  bare: string;
  prefix: string;
  options: ShopOptions;
}): Promise<Shop> {
  const { folder, dir, bare, prefix, options } = site;
  const [owner = '', name = ''] = REPOSITORY.split('/');
  const tokens = { [TOKEN]: 'write', [READ_TOKEN]: 'read', ...options.tokens } as const;
  const github = await startFakeGithub({
    repositories: [
      { owner, name, dir: bare, defaultBranch: 'main', tokens },
      ...(await createBeside(folder, prefix, options.beside ?? {})),
    ],
    // Two hundred runs in one shop exceed GitHub's hourly limit.
    rateLimit: 100_000,
  });
  // As after actions/checkout: no credentials in the URL.
  await git(dir, ['remote', 'remove', 'origin']).catch(() => {});
  await git(dir, ['remote', 'add', 'origin', `${github.url}/${REPOSITORY}`]);

  const dockerEnv = {
    PATH: process.env['PATH'],
    ...LESS_GC,
    HOME: folder,
    DOCKER_HOST: options.dockerHost ?? lab.dockerHost,
    BUILDX_CONFIG: join(folder, 'buildx'),
  };
  return {
    dir,
    bare,
    prefix,
    github,
    git: (...args) => git(dir, args),
    origin: (...args) => git(bare, args),
    push: async (files, message = 'Change the shop') => {
      await git(dir, ['pull', '--quiet', '--ff-only', bare, 'main']);
      for (const [path, text] of Object.entries(files)) await write(dir, path, text);
      const commit = await commitAll(dir, message);
      await git(dir, ['push', '--quiet', bare, 'HEAD']);
      return commit;
    },
    checkOut: async (commit) => {
      const other = join(folder, newName('checkout'));
      await git(folder, ['clone', '--quiet', bare, other]);
      await git(other, ['remote', 'set-url', 'origin', `${github.url}/${REPOSITORY}`]);
      await git(other, ['checkout', '--quiet', '--detach', commit]);
      return other;
    },
    dockerEnv,
    docker: async (...args) => {
      const { code, stdout, stderr } = await run('docker', args, { cwd: dir, env: dockerEnv });
      if (code !== 0) throw new Error(`docker ${args.join(' ')}\n${stderr.toString()}`);
      return stdout.toString();
    },
    tags: (key) => viewRepository(`${prefix}/${key}`).tags(),
    digest: async (key, tag) => (await viewRepository(`${prefix}/${key}`).manifest(tag))?.digest,
    deployed: (branch = 'main') => tagsIn(bare, 'k8s/kustomization.yaml', branch),
    refs: () => git(bare, ['for-each-ref']),
    job: async (changes = {}) =>
      runJob({
        workspace: dir,
        event: changes.event ?? (await pushEvent(changes.workspace ?? dir)),
        token: TOKEN,
        repository: REPOSITORY,
        urls: { server: github.url, api: github.apiUrl, graphql: github.graphqlUrl },
        withoutPost: changes.cancel === undefined,
        ...changes,
        env: { DOCKER_HOST: dockerEnv.DOCKER_HOST, BUILDX_CONFIG: dockerEnv.BUILDX_CONFIG, ...changes.env },
      }),
    close: async () => {
      await github.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function createBeside(folder: string, prefix: string, beside: Record<string, Beside>) {
  return Promise.all(
    Object.entries(beside).map(async ([fullName, { files, tokens }]) => {
      const [owner = '', name = ''] = fullName.split('/');
      const work = join(folder, 'beside', fullName);
      for (const [path, text] of Object.entries(files(prefix))) await write(work, path, text);
      await git(work, ['init', '--quiet', '--initial-branch=main']);
      await commitAll(work, 'Begin');
      await git(work, ['clone', '--quiet', '--bare', work, `${work}.git`]);
      return { owner, name, dir: `${work}.git`, defaultBranch: 'main', private: true, tokens };
    }),
  );
}

function shopFiles(prefix: string, options: ShopOptions): Record<string, string> {
  const image = (key: string) => ({
    context: key,
    contexts: { busybox: `docker-image://${lab.baseBusybox}` },
    ...options.images?.[key],
  });
  const config = {
    registry: prefix,
    attest: { sbom: 'off' },
    // Runs here have no Actions cache and would print a warning.
    cache: 'none',
    deploy: { kustomization: 'k8s' },
    images: { api: image('api'), web: image('web') },
    ...options.settings,
  };
  return {
    // JSON is YAML.
    'image-release.yml': `${JSON.stringify(config, null, 2)}\n`,
    'api/Dockerfile': dockerfile('COPY greeting /greeting', 'COPY greeting /greeted'),
    'api/greeting': `api of ${prefix}\n`,
    'web/Dockerfile': dockerfile('COPY page /page', 'COPY page /printed'),
    'web/page': `web of ${prefix}\n`,
    'k8s/kustomization.yaml': kustomization(prefix),
    'k8s/pods.yaml': pods({ api: 'api', web: 'web' }),
  };
}

/** Values of `newTag` in a Kustomization of a repository, in file order. */
export async function tagsIn(dir: string, path: string, branch = 'main'): Promise<string[]> {
  const text = await git(dir, ['show', `${branch}:${path}`]);
  return [...text.matchAll(/newTag: '?([\w.-]+)/g)].map(([, tag = '']) => tag);
}

/** The release tag of a commit on main. */
export const tagOf = (commit: string) => `main-${commit.slice(0, 7)}`;

/** The output `images` of a run. */
export const imagesOf = ({ main }: JobResult) =>
  JSON.parse(main.outputs['images'] ?? '{}') as Record<string, ImageOutput>;

/** Exit code and annotations of a run, to compare with `DONE`. */
export const endOf = ({ main: { exitCode, annotations } }: JobResult) => ({ exitCode, annotations });
export const DONE = { exitCode: 0, annotations: [] };

/** The summary without link targets. */
export function withoutLinks(summary: string): string {
  return summary.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1');
}

/** A Dockerfile that passes all checks. */
export function dockerfile(...instructions: string[]): string {
  return `${['FROM busybox', ...instructions, 'USER 1000', 'HEALTHCHECK NONE'].join('\n')}\n`;
}

/** Manifests of one pod per image, by pod name. */
export function pods(images: Record<string, string>): string {
  const manifests = Object.entries(images).map(([name, image]) =>
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name },
      spec: { containers: [{ name: 'main', image }] },
    }),
  );
  return `${manifests.join('\n---\n')}\n`;
}

/** A Kustomization of both images, both at `main-0000000`. @param resources paths, separated by commas */
export function kustomization(prefix: string, resources = 'pods.yaml'): string {
  return `# What the cluster runs.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [${resources}]
images:
  # speaks
  - name: api
    newName: ${prefix}/api
    newTag: main-0000000   # set by the release
  - newTag: 'main-0000000' # shows
    newName: ${prefix}/web
    name: web
`;
}

/** A name that no other test on this machine uses. */
export function newName(kind: string): string {
  return `${kind}-${randomBytes(4).toString('hex')}`;
}

async function write(dir: string, path: string, text: string): Promise<void> {
  await mkdir(dirname(join(dir, path)), { recursive: true });
  await writeFile(join(dir, path), text);
}

async function commitAll(dir: string, message: string): Promise<string> {
  await git(dir, ['add', '--all']);
  const author = ['-c', 'user.name=Acme developer', '-c', 'user.email=developer@acme.example'];
  await git(dir, [...author, 'commit', '--quiet', '--message', message]);
  return git(dir, ['rev-parse', 'HEAD']);
}
