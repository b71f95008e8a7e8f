import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { git } from '../../../testing/acme.js';
import type { FakeRepository } from '../../../testing/fake-github/repository.js';
import { startFakeGithub, type FakeGithub } from '../../../testing/fake-github/server.js';
import type { ActionsOptions, JobControl, RunControl, RunScript } from '../../../testing/fake-github/workflow-runs.js';
import { connectRepository } from '../../../src/app/dispatch.js';
import { dispatchRelease, type DispatchContext } from '../../../src/builders/dispatch/dispatch.js';
import type { Clock } from '../../../src/builders/dispatch/github.js';
import { resultLine } from '../../../src/builders/dispatch/run-result.js';
import { Cancelled, ReleaseError, type Problem } from '../../../src/lib/errors.js';
import { Secret } from '../../../src/lib/secret.js';
import type { ProgressEvent } from '../../../src/builders/progress-events.js';
import type { Plan } from '../../../src/plan/plan.js';
import { plannedImage, planOf } from '../samples.js';

export const TOKEN = 'a-writers-token';
export const READER = 'a-readers-token';
/** Speed of the test clock: a poll of 2 s takes 20 ms. */
const SPEED = 100;

export const WORKFLOW = `name: Release
on:
  push: { branches: [main] }
  workflow_dispatch:
    inputs:
      images: { default: '' }
      no-cache: { type: boolean, default: false }
      deploy: { default: auto }
      platforms: { default: '' }
jobs:
  release:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - uses: acme/image-release@v1
        with:
          images: \${{ inputs.images }}
          no-cache: \${{ inputs.no-cache || false }}
          deploy: \${{ inputs.deploy || 'auto' }}
`;

export const NO_OPTIONS: DispatchContext['request'] = {
  images: [],
  extraTags: [],
  platforms: [],
  push: 'auto',
  deploy: 'auto',
  order: 'forward-only',
  noCache: false,
  rebuild: false,
};

export interface DispatchFixture {
  github: FakeGithub;
  dir: string;
  /** Head of main. */
  head(): Promise<string>;
  git(...args: string[]): Promise<string>;
  /** Writes a file, commits it, and pushes the commit unless `where` is `keep`. */
  commit(path: string, text: string, where?: 'push' | 'keep'): Promise<string>;
  actions(options: ActionsOptions): void;
  /** Releases the checkout. */
  release(over?: Over): Promise<Ended>;
  /** Connects to the repository in the same way as a release. */
  connect(over?: Partial<Parameters<typeof connectRepository>[0]>): ReturnType<typeof connectRepository>;
  stop(): Promise<void>;
}

export interface Over extends Partial<Omit<DispatchContext, 'github'>> {
  name?: string;
  token?: Secret;
  signal?: AbortSignal;
  replan?: (plan: Plan) => Plan;
}

/** Result and printed lines of a dispatch. */
export interface Ended {
  said: string[];
  released?: Awaited<ReturnType<typeof dispatchRelease>>;
  problems: readonly Problem[];
  cancelled?: string;
}

const began = Date.now();
export const fastClock: Clock = {
  now: () => began + (Date.now() - began) * SPEED,
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      const stop = () => {
        clearTimeout(timer);
        reject(new Cancelled('waiting'));
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', stop);
        resolve();
      }, ms / SPEED);
      signal?.addEventListener('abort', stop, { once: true });
      if (signal?.aborted) stop();
    }),
};

let template: Promise<string> | undefined;

/** A repository with the workflow, made once and copied for each test. */
async function makeTemplate(): Promise<string> {
  const base = await mkdtemp(join(tmpdir(), 'dispatch-template-'));
  const [dir, bare] = [join(base, 'app'), join(base, 'app.git')];
  await git(base, ['init', '--quiet', '--bare', '--initial-branch=main', bare]);
  await git(base, ['init', '--quiet', '--initial-branch=main', dir]);
  for (const [key, value] of Object.entries({ 'user.name': 'Ada', 'user.email': 'ada@acme.example' }))
    await git(dir, ['config', key, value]);
  await git(dir, ['remote', 'add', 'origin', '../app.git']);
  await mkdir(join(dir, '.github/workflows'), { recursive: true });
  await writeFile(join(dir, '.github/workflows/release.yml'), WORKFLOW);
  await git(dir, ['add', '--all']);
  await git(dir, ['commit', '--quiet', '--message', 'Begin']);
  await git(dir, ['push', '--quiet', 'origin', 'HEAD']);
  return base;
}

export async function createDispatchFixture(over: Partial<FakeRepository> = {}): Promise<DispatchFixture> {
  const base = await mkdtemp(join(tmpdir(), 'dispatch-'));
  const [dir, bare] = [join(base, 'app'), join(base, 'app.git')];
  await cp(await (template ??= makeTemplate()), base, { recursive: true });
  const commit: DispatchFixture['commit'] = async (path, text, where = 'push') => {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), text);
    await git(dir, ['add', '--all']);
    await git(dir, ['commit', '--quiet', '--message', `Write ${path}`]);
    if (where === 'push') await git(dir, ['push', '--quiet', 'origin', 'HEAD']);
    return git(dir, ['rev-parse', 'HEAD']);
  };
  const person = {
    login: 'ada',
    type: 'User' as const,
    permissions: { actions: 'write', contents: 'read' } as const,
  };
  const github = await startFakeGithub({
    repositories: [
      {
        ...{ owner: 'acme', name: 'app', dir: bare, defaultBranch: 'main' },
        tokens: { [TOKEN]: person, [READER]: 'read' },
        ...over,
      },
    ],
    rateLimit: 100_000,
  });
  const connect: DispatchFixture['connect'] = (over = {}) =>
    connectRepository({
      ...{ name: 'acme/app', apiUrl: github.apiUrl, token: new Secret(TOKEN), env: {}, clock: fastClock },
      ...{ signal: new AbortController().signal, say: () => {}, ...over },
    });

  return {
    github,
    dir,
    commit,
    connect,
    git: (...args) => git(dir, args),
    head: () => git(bare, ['rev-parse', 'main']),
    actions: (options) => void (github.repository('acme/app').actions = options),
    async release(over = {}) {
      const said: string[] = [];
      const say = (line: string) => void said.push(line);
      const { signal = new AbortController().signal, replan = (plan: Plan) => plan } = over;
      const { name, token, ...changes } = { name: 'acme/app', token: new Secret(TOKEN), ...over };
      const { clock = fastClock } = changes;
      const planned = planOf([plannedImage('api'), plannedImage('web')]);
      Object.assign(planned.source, { commit: await git(dir, ['rev-parse', 'HEAD']), repository: name });
      const context = {
        ...{ settings: { type: 'dispatch' as const }, serverUrl: github.url, request: NO_OPTIONS },
        ...{ workflows: [{ path: '.github/workflows/release.yml', text: WORKFLOW }] },
        ...{ clock, github: await connect({ name, token, clock, signal, say }) },
        ...changes,
      };
      const build = {
        ...{ plan: replan(planned), signal, say },
        onProgress: (event: ProgressEvent) => void (event.type === 'log' && said.push(event.line)),
        redact: (text: string) => text.replaceAll(TOKEN, '***'),
      };
      try {
        return { said, problems: [], released: await dispatchRelease(context, build) };
      } catch (error) {
        if (error instanceof ReleaseError) return { said, problems: error.problems };
        if (error instanceof Cancelled) return { said, problems: [], cancelled: error.message };
        throw error;
      }
    },
    async stop() {
      await github.stop();
      await rm(base, { recursive: true, force: true });
    },
  };
}

/** Waits until the condition holds. @throws Error after 20 s */
export async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; !holds();) {
    if (Date.now() > end) throw new Error(`never: ${holds.toString()}`);
    await sleep(5);
  }
}

export const digestOf = (letter: string) => `sha256:${letter.repeat(64)}`;

/** Lines that the Action prints at the end of a release of `api` and `web`. */
export function resultLines({ run }: Pick<RunControl, 'run'>, letters = { api: 'a', web: 'b' }): string[] {
  const at = { run: String(run.id), attempt: 1 };
  return [
    ...Object.entries(letters).map(([key, letter]) =>
      resultLine({
        ...{ type: 'image' as const, ...at, key, image: `ghcr.io/acme/${key}`, digest: digestOf(letter) },
        ...{
          releaseTag: 'main-1234567',
          tags: ['main-1234567', 'latest'],
          status: 'built',
          platforms: ['linux/amd64'],
        },
      }),
    ),
    resultLine({
      ...{ type: 'run' as const, ...at, commit: run.sha, outcome: 'released', images: Object.keys(letters) },
      deployments: [
        {
          status: 'committed',
          kustomization: 'k8s/kustomization.yml',
          images: ['api', 'web'],
          commit: 'c'.repeat(40),
        },
      ],
    }),
  ];
}

/** A run with one job that calls `work`. */
export function oneJob(work: (job: JobControl, control: RunControl) => Promise<void>, labels?: string[]): RunScript {
  return async (control) => {
    control.begin();
    const job = control.job('release', labels);
    job.begin();
    await work(job, control);
  };
}

/** A successful run that prints its result. */
export const releases: RunScript = oneJob(async (job, control) => {
  await job.step('Set up job', async (log) => log('##[group]Runner Image\nUbuntu\n##[endgroup]'));
  await job.step('Run acme/image-release@v1', async (log) => {
    log('api  #7 [2/3] RUN npm ci  4.2s');
    for (const line of ['##[group]For whoever started this run', ...resultLines(control), '##[endgroup]']) log(line);
  });
  job.end('success');
});
