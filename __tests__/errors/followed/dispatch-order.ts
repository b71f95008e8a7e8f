import { startRun } from '../../../testing/fake-github/workflow-runs.js';
import { Secret } from '../../../src/lib/secret.js';
import {
  NAMELESS,
  oneJob,
  READER,
  releases,
  until,
  WORKFLOW,
  type DispatchStage,
} from '../../builders/dispatch/stage.js';
import type { FollowedFix } from '../followed-fix.js';
import { commandIn } from './command-in.js';
import { only, PATH, released } from './dispatch-release.js';

/** What GitHub says to the order. */
export function orderFixes(stage: () => DispatchStage): FollowedFix[] {
  const release = released(stage);
  const github = () => stage().github;
  const serve = () => stage().actions({ script: releases });
  const afterwards = () => {
    serve();
    return release();
  };
  const gitAndRelease = async (problem: Parameters<FollowedFix['follow']>[0]) => {
    serve();
    await stage().git(...commandIn(problem, 'git'));
    return release();
  };
  const nameless = async (more: object = {}) => {
    await stage().commit(PATH, NAMELESS);
    stage().actions({ script: releases, runDetails: 'unknown-key', listLagMs: 50, ...more });
    return release({ workflows: only(NAMELESS) });
  };
  /** The same person starts another run as soon as ours is there. */
  const another = async () => {
    const repository = github().repository('acme/app');
    const before = repository.runs?.length ?? 0;
    await until(() => (repository.runs?.length ?? 0) > before);
    const { workflow, sha } = repository.runs!.at(-1)!;
    const actor = { login: 'ada', type: 'User' as const, id: 2 };
    startRun(repository, { workflow, sha, branch: 'main', event: 'workflow_dispatch', actor });
  };
  return [
    {
      code: 'dispatch/not-pushed',
      async provoke() {
        await stage().commit('api/Dockerfile', 'FROM scratch\n', 'keep');
        return release();
      },
      follow: gitAndRelease,
    },
    {
      code: 'dispatch/behind',
      async provoke() {
        await stage().commit('note.txt', 'newer\n');
        await stage().git('reset', '--quiet', '--hard', 'HEAD^');
        return release();
      },
      follow: async (problem) => {
        await stage().git('branch', '--quiet', '--set-upstream-to=origin/main');
        return gitAndRelease(problem);
      },
    },
    {
      code: 'dispatch/not-permitted',
      provoke: () => release({ token: new Secret(READER) }),
      async follow({ fix }) {
        serve();
        expect(fix).toMatch(/^Add `actions: write`/);
        Object.assign(github().repository('acme/app').tokens!, { [READER]: 'write' });
        return release({ token: new Secret(READER) });
      },
    },
    {
      code: 'dispatch/not-found',
      provoke: () => release({ workflows: only(WORKFLOW, '.github/workflows/new.yml') }),
      async follow({ fix }) {
        serve();
        expect(fix).toMatch(/^Merge new\.yml into the default branch first/);
        await stage().commit('.github/workflows/new.yml', WORKFLOW);
        return release({ workflows: only(WORKFLOW, '.github/workflows/new.yml') });
      },
    },
    {
      code: 'dispatch/refused',
      async provoke() {
        stage().actions({ disabled: ['release.yml'] });
        return release();
      },
      async follow(problem) {
        expect(commandIn(problem, 'gh')).toEqual(['workflow', 'enable', 'release.yml']);
        return afterwards();
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
      code: 'dispatch/rate-limited',
      async provoke() {
        const fault = { type: 'rate-limited', status: 403, limit: 'primary' } as const;
        github().faults.push({ match: { path: '/commits/' }, fault });
        return release();
      },
      async follow({ fix }) {
        expect(fix).toMatch(/with a token of your own/);
        return afterwards();
      },
    },
    {
      code: 'dispatch/outcome-unknown',
      async provoke() {
        const match = { method: 'POST', path: '/dispatches' };
        github().faults.push({ match, fault: { type: '5xx-after-landing', end: 'cut' } });
        return nameless({ runDetails: undefined });
      },
      async follow({ fix }) {
        const [, page] = /^Look at (\S+) before you start it again\.$/.exec(fix) ?? [];
        expect(page).toBe(`${github().url}/acme/app/actions/workflows/release.yml`);
        const runs = github().repository('acme/app').runs!;
        expect(runs).toHaveLength(1);
        await runs[0]!.ended;
        return release({ workflows: only(NAMELESS) });
      },
    },
    {
      code: 'dispatch/run-not-found',
      async provoke() {
        stage().actions({ script: releases, readLagMs: 600_000 });
        return release();
      },
      async follow({ fix }) {
        expect(fix).toContain(`${github().url}/acme/app/actions/workflows/release.yml`);
        return afterwards();
      },
    },
    {
      code: 'dispatch/ambiguous-run',
      provoke: async () => (await Promise.all([nameless(), another()]))[0],
      async follow({ fix }) {
        const [, input, title] = /the input `([\w-]+)` and show it: `(run-name: [^`]+)`/.exec(fix) ?? [];
        const text = `${title}\n${NAMELESS.replace('inputs:\n', `inputs:\n      ${input}: { default: '' }\n`)}`;
        await stage().commit(PATH, text);
        const both = [release({ workflows: only(text) }), another()] as const;
        return (await Promise.all(both))[0];
      },
    },
    {
      code: 'dispatch/other-commit',
      async provoke() {
        stage().actions({
          script: oneJob(async (_, { signal }) => {
            await new Promise((resolve) => signal.addEventListener('abort', resolve));
          }),
        });
        github().faults.push({ match: { method: 'POST', path: '/dispatches' }, fault: { type: 'stale' } });
        return release();
      },
      async follow({ fix }) {
        expect(fix).toBe('Pull, and run again: `git pull --ff-only`.');
        await stage().git('pull', '--quiet', '--ff-only', 'origin', 'main');
        return afterwards();
      },
    },
  ];
}
