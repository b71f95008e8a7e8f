import type { TextFile } from '../../../src/facts/build-files-checkout.js';
import { accessProblem } from '../../../src/builders/dispatch/github.js';
import { watchRelease } from '../../../src/builders/dispatch/watch.js';
import type { Problem } from '../../../src/lib/errors.js';
import { Secret } from '../../../src/lib/secret.js';
import {
  fastClock,
  NO_OPTIONS,
  oneJob,
  releases,
  TOKEN,
  WORKFLOW,
  type DispatchFixture,
  type Over,
} from '../../builders/dispatch/fixtures.js';
import { told, type FollowedFix, type Told } from '../followed-fix.js';
import { commandIn } from './command-in.js';

const PATH = '.github/workflows/release.yml';
const only = (text: string, path = PATH): TextFile[] => [{ path, text }];
const access = (over: object): Told => {
  const problem: Problem | undefined = accessProblem({ repository: 'acme/app', gh: 'missing', ...over });
  return problem === undefined ? [] : [problem];
};
const logged = { from: 'GITHUB_TOKEN', secret: new Secret(TOKEN) };

export function dispatchFixes(fixture: () => DispatchFixture): FollowedFix[] {
  const github = () => fixture().github;
  const serve = () => fixture().actions({ script: releases });
  const release = async (over?: Over): Promise<Told> => {
    const ended = await fixture().release(over);
    if (ended.problems.length === 0) expect(ended.released?.images).toHaveLength(2);
    return ended.problems;
  };
  const afterwards = () => {
    serve();
    return release();
  };
  const watch = async (): Promise<Told> =>
    told(async () =>
      watchRelease({
        ...{ github: await fixture().connect(), commit: await fixture().git('rev-parse', 'HEAD') },
        ...{ workflows: only(WORKFLOW), clock: fastClock, say: () => {} },
        ...{ signal: new AbortController().signal, redact: (text: string) => text },
      }),
    );
  return [
    {
      code: 'dispatch/no-repository',
      provoke: () => access({ repository: undefined, token: logged }),
      follow({ fix }) {
        expect(fix).toMatch(/^Set the remote `origin` to the repository on GitHub/);
        return access({ token: logged });
      },
    },
    {
      code: 'dispatch/no-token',
      provoke: () => access({}),
      follow({ fix }) {
        expect(fix).toMatch(/^Set GITHUB_TOKEN to a token with `actions: write`/);
        return access({ token: logged });
      },
    },
    {
      code: 'dispatch/no-workflow',
      provoke: () => release({ workflows: only(WORKFLOW.replace(/ {2}workflow_dispatch:[^]*?(?=jobs:)/, '')) }),
      async follow({ fix }) {
        expect(fix).toMatch(/^Add `workflow_dispatch:` to the `on:` of release\.yml/);
        return afterwards();
      },
    },
    {
      code: 'dispatch/inputs',
      provoke: () => release({ request: { ...NO_OPTIONS, rebuild: true } }),
      async follow({ fix }) {
        const [, input, passed] =
          /`(rebuild:)` under `on\.workflow_dispatch\.inputs`, and `([^`]+)` under `with`/.exec(fix) ?? [];
        const text = WORKFLOW.replace('inputs:\n', `inputs:\n      ${input}\n`).replace(
          'with:\n',
          `with:\n          ${passed}\n`,
        );
        serve();
        await fixture().commit(PATH, text);
        return release({ request: { ...NO_OPTIONS, rebuild: true }, workflows: only(text) });
      },
    },
    {
      code: 'dispatch/not-pushed',
      async provoke() {
        await fixture().commit('api/Dockerfile', 'FROM scratch\n', 'keep');
        return release();
      },
      async follow(problem) {
        await fixture().git(...commandIn(problem, 'git'));
        return afterwards();
      },
    },
    {
      code: 'dispatch/refused',
      provoke: () => release({ workflows: only(WORKFLOW, '.github/workflows/new.yml') }),
      async follow({ fix }) {
        serve();
        expect(fix).toMatch(/^Merge the workflow into the default branch first/);
        await fixture().commit('.github/workflows/new.yml', WORKFLOW);
        return release({ workflows: only(WORKFLOW, '.github/workflows/new.yml') });
      },
    },
    {
      code: 'dispatch/unreachable',
      async provoke() {
        github().faults.push({ match: { path: '/commits/' }, times: 1e6, fault: { type: 'cut' } });
        return release();
      },
      async follow({ fix }) {
        expect(fix).toMatch(/^Run again later/);
        github().faults.clear();
        return afterwards();
      },
    },
    {
      code: 'dispatch/outcome-unknown',
      async provoke() {
        serve();
        const match = { method: 'POST', path: '/dispatches' };
        github().faults.push({ match, fault: { type: '5xx-after-landing', end: 'cut' } });
        return release();
      },
      async follow({ fix }) {
        const [, page] = /^Look at (\S+) before you start it again\.$/.exec(fix) ?? [];
        expect(page).toBe(`${github().url}/acme/app/actions/workflows/release.yml`);
        const runs = github().repository('acme/app').runs!;
        expect(runs).toHaveLength(1);
        await runs[0]!.ended;
        return release();
      },
    },
    {
      code: 'dispatch/run-not-found',
      provoke: () => watch(),
      async follow({ fix }) {
        expect(fix).toContain('`image-release release --builder dispatch`');
        expect(await afterwards()).toEqual([]);
        return watch();
      },
    },
    {
      code: 'dispatch/failed',
      provoke() {
        const script = oneJob(async (job) => {
          await job.step('Run acme/image-release@v1', async (log) => {
            log('##[error]npm ci failed');
            return 'failure';
          });
          job.end('failure');
        });
        fixture().actions({ script });
        return release();
      },
      follow({ fix, detail }) {
        expect(fix).toMatch(/^Read the lines of the failed step/);
        expect(detail).toContain('npm ci failed');
        return afterwards();
      },
    },
    {
      code: 'dispatch/no-result',
      provoke() {
        const script = oneJob(async (job) => {
          await job.step('Build', async (log) => log('docker build .'));
          job.end('success');
        });
        fixture().actions({ script });
        return release();
      },
      follow({ fix }) {
        expect(fix).toMatch(/^Let the workflow use this action/);
        return afterwards();
      },
    },
  ];
}
