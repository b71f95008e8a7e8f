import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createAcmeRepository, git, type AcmeRepository } from '../testing/acme.js';
import { startFakeGithub } from '../testing/fake-github/server.js';
import { runJob } from '../testing/runner.js';
import { startDelayProxy, type LoggedRequest } from '../testing/delay-proxy.js';
import { countRoundTrips, type RoundTrips } from '../testing/round-trips.js';
import type { Lab } from './shared-lab.js';

/** What a job asked. */
export interface Counts {
  registry: RoundTrips;
  /** The part of the builder, which pulls and pushes layers. */
  builder: RoundTrips;
  github: RoundTrips;
  seconds: number;
  /** Of `image-release` alone, in their order. */
  log: { registry: LoggedRequest[]; github: LoggedRequest[] };
}

/** The example of this repository on a registry and a GitHub that are far away, as jobs see it. */
export interface CountedReleases {
  acme: AcmeRepository;
  /** Images in the registry behind the distance. */
  lab: Pick<Lab, 'dockerHost' | 'baseNode' | 'scanner'> & { registry: string };
  /** `http://token@127.0.0.1:PORT/acme/app`, behind the distance. */
  cloneUrl: string;
  /** Commits a change of one file, or none, and pushes it past the proxies. */
  push(file?: string): Promise<void>;
  /** One run of the Action for what is checked out. @throws Error with its log if it fails */
  job(inputs?: Record<string, string>): Promise<{ counts: Counts; outputs: Record<string, string> }>;
  /** The requests of other programs while `work` runs. */
  count(work: () => Promise<unknown>): Promise<Counts>;
  stop(): Promise<void>;
}

const TOKEN = 'ghs_CountedTokenThatMayWrite0123456789';

/** @param delayMs 0 would leave no order in the log: what happens side by side has to overlap */
export async function startCountedReleases(
  lab: Lab,
  { dir, delayMs }: { dir: string; delayMs: { registry: number; github: number } },
): Promise<CountedReleases> {
  const registry = await startDelayProxy({ target: lab.registry, delayMs: delayMs.registry });
  const far = (reference: string) => reference.replace(lab.registry, registry.host);
  const scanner = far(lab.scanner);
  const baseNode = far(lab.baseNode);
  const acme = await createAcmeRepository({ dir, registry: registry.host, baseNode, scanner, prefix: 'counted' });
  const github = await startFakeGithub({
    repositories: [{ owner: 'acme', name: 'app', dir: acme.bare, defaultBranch: 'main', tokens: { [TOKEN]: 'write' } }],
    rateLimit: 100_000,
  });
  const api = await startDelayProxy({ target: new URL(github.url).host, delayMs: delayMs.github });
  const server = `http://${api.host}`;
  await acme.git('remote', 'set-url', 'origin', `${server}/acme/app`);
  let runs = 7_000_000_000;

  const count = async (work: () => Promise<unknown>): Promise<Counts> => {
    registry.log.length = 0;
    api.log.length = 0;
    const began = performance.now();
    await work();
    const seconds = (performance.now() - began) / 1000;
    const isOurs = ({ client }: LoggedRequest) => client.startsWith('image-release');
    const log = { registry: registry.log.filter(isOurs), github: [...api.log] };
    return {
      registry: countRoundTrips(log.registry),
      builder: countRoundTrips(registry.log.filter((request) => !isOurs(request))),
      github: countRoundTrips(log.github),
      seconds,
      log,
    };
  };

  const pushPayload = async () => {
    const sha = await acme.git('rev-parse', 'HEAD');
    const repository = { full_name: 'acme/app', html_url: `${server}/acme/app`, default_branch: 'main' };
    const head = { id: sha, message: await acme.git('log', '-1', '--format=%B') };
    const payload = { ref: 'refs/heads/main', after: sha, head_commit: head, commits: [head], repository };
    return { name: 'push', ref: 'refs/heads/main', sha, payload } as const;
  };

  return {
    acme,
    lab: { dockerHost: lab.dockerHost, registry: registry.host, baseNode, scanner },
    cloneUrl: `http://x-access-token:${TOKEN}@${api.host}/acme/app`,
    count,
    async push(file) {
      await git(acme.dir, ['pull', '--quiet', '--ff-only', acme.bare, 'main']);
      if (file !== undefined) await appendFile(join(acme.dir, file), '\n');
      await acme.git('commit', '--quiet', '--all', '--allow-empty', '--message', 'Change the example');
      await acme.git('push', '--quiet', acme.bare, 'HEAD');
    },
    async job(inputs = {}) {
      await mkdir(join(dir, 'buildx'), { recursive: true });
      const event = await pushPayload();
      let outputs: Record<string, string> = {};
      const counts = await count(async () => {
        const { main } = await runJob({
          ...{ workspace: acme.dir, event, inputs, token: TOKEN, repository: 'acme/app', runId: String(++runs) },
          urls: { server, api: `${server}/api/v3`, graphql: `${server}/api/graphql` },
          env: { DOCKER_HOST: lab.dockerHost, BUILDX_CONFIG: join(dir, 'buildx') },
          withoutPost: true,
        });
        if (main.exitCode !== 0) throw new Error(main.log);
        ({ outputs } = main);
      });
      return { counts, outputs };
    },
    async stop() {
      await api.stop();
      await github.stop();
      await registry.stop();
    },
  };
}
