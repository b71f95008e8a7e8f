import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { git } from '../acme.js';
import { startFakeGithub, type FakeGithub } from '../fake-github/server.js';
import { runCli } from '../runner.js';
import { createRandom } from '../random.js';
import type { StageEnd } from '../runner/stage-process.js';
import { judge } from './judge.js';
import { landUnrelated, layCourse, referenceOf, type Course } from './course.js';
import { drawFaults, type Way } from './faults.js';
import { drawRuns, IMAGES, type RacingRun } from './runs.js';

/** How a race ended. */
export interface RaceResult {
  seed: number;
  way: Way;
  /** Everything that is not as it has to be, as sentences; empty: all is well. */
  faults: string[];
  /** How many runs ended with which exit code. */
  exitCodes: Record<number, number>;
  deployCommits: number;
  seconds: number;
}

const TOKEN = 'ghs_TokenOfTheRace0123456789';
const HISTORY = 9;
const UNRELATED = 3;

/**
 * Lets processes of the bundled command line deploy to one branch at the same time, with random faults of the
 * server and commits of others in between.
 */
export async function race(seed: number, way: Way, processes = 20): Promise<RaceResult> {
  const began = Date.now();
  const random = createRandom(seed);
  const dir = await mkdtemp(join(tmpdir(), 'race-'));
  let github: FakeGithub | undefined;
  try {
    const course = await layCourse(dir, HISTORY, seed);
    github = await startFakeGithub({
      repositories: [
        {
          owner: 'acme',
          name: 'app',
          dir: course.bare,
          defaultBranch: 'main',
          private: true,
          tokens: { [TOKEN]: 'write' },
        },
      ],
      rateLimit: 1_000_000,
    });
    await connect(course, github);
    const runs = drawRuns(random, processes, course.commits);
    github.faults.push(...drawFaults(random, way, processes / 2));
    const env = await environment(dir, way, github);
    const others = Array.from({ length: UNRELATED }, (_, index) => ({
      name: `Unrelated ${index}`,
      delay: random() * 3000,
    }));
    const [ends] = await Promise.all([
      Promise.all(runs.map((run) => runOne(run, course, env))),
      Promise.all(
        others.map(async ({ name, delay }) => {
          await wait(delay);
          await landUnrelated(course.bare, name);
        }),
      ),
    ]);
    const verdict = await judge({ course, runs, ends, unrelated: others.map(({ name }) => name) });
    const faults = [...verdict.faults, ...otherWays(way, github)];
    return { seed, way, ...verdict, faults, seconds: (Date.now() - began) / 1000 };
  } finally {
    await github?.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

/** Runs that take another way than they should prove nothing of it. */
function otherWays(way: Way, { requests }: FakeGithub): string[] {
  const taken = new Set(
    requests.flatMap(({ path, operations }): Way[] => {
      if (operations.includes('updateRefs')) return ['the GitHub API'];
      return path.endsWith('/git-receive-pack') ? ['git over HTTP'] : [];
    }),
  );
  return taken.size === 1 && taken.has(way) ? [] : [`written through ${[...taken].join(' and ')}, not ${way}`];
}

async function connect({ checkout }: Course, github: FakeGithub): Promise<void> {
  const url = new URL(github.cloneUrl('acme/app'));
  url.username = 'x-access-token';
  url.password = TOKEN;
  await git(checkout, ['remote', 'set-url', 'origin', url.href]);
  await git(checkout, ['remote', 'set-head', 'origin', 'main']).catch(() => {});
}

async function environment(dir: string, way: Way, github: FakeGithub): Promise<Record<string, string>> {
  const home = join(dir, 'home');
  await mkdir(home);
  const shared = { HOME: home, TMPDIR: home };
  if (way === 'git over HTTP') return shared;
  return {
    ...shared,
    GITHUB_TOKEN: TOKEN,
    GITHUB_API_URL: github.apiUrl,
    GITHUB_GRAPHQL_URL: github.graphqlUrl,
    GITHUB_SERVER_URL: github.url,
  };
}

async function runOne(
  { run, source, tags, delay }: RacingRun,
  { checkout, commits }: Course,
  env: Record<string, string>,
): Promise<StageEnd> {
  const images = IMAGES.flatMap((key) => {
    const tag = tags[key];
    return tag === undefined ? [] : ['--image', `${key}=${referenceOf(key, tag)}`];
  });
  await wait(delay);
  return runCli({
    args: [...['deploy', ...images], ...['--source', commits[source]!, '--run', String(run), '--no-registry-check']],
    cwd: checkout,
    env,
  });
}
