import { setTimeout as sleep } from 'node:timers/promises';
import { Secret } from '../../../src/lib/secret.js';
import type { RunScript } from '../../../testing/fake-github/workflow-runs.js';
import {
  createDispatchFixture,
  digestOf,
  NO_OPTIONS,
  oneJob,
  READER,
  releases,
  resultLines,
  TOKEN,
  until,
  WORKFLOW,
  type DispatchFixture,
  type Ended,
  type Over,
} from './fixtures.js';

let fixture: DispatchFixture;
beforeEach(async () => {
  fixture = await createDispatchFixture();
  fixture.actions({ script: releases });
});
afterEach(async () => {
  expect(fixture.github.faults.pending()).toEqual([]);
  await fixture.stop();
});

const FILE = '.github/workflows/release.yml';
const runs = () => fixture.github.repository('acme/app').runs ?? [];
const dispatches = () => fixture.github.requests.filter(({ path }) => path.endsWith('/dispatches'));
const only = ({ problems }: Ended) => {
  expect(problems).toHaveLength(1);
  return problems[0]!;
};

test('prints steps and logs of the workflow run in order, and returns its digests', async () => {
  let go = () => {};
  const script = oneJob(async (job, control) => {
    await job.step('Set up job', async (log) => log('##[group]Runner Image\nUbuntu\n##[endgroup]'));
    await job.step('Build', async (log) => {
      log('building');
      await new Promise<void>((resolve) => (go = resolve));
      for (const line of ['##[group]Result', ...resultLines(control), '##[endgroup]']) log(line);
    });
    job.end('success');
  });
  fixture.actions({ script });
  const under = fixture.release();
  await until(() => fixture.github.requests.some(({ path }) => path.includes('/jobs?')));
  await sleep(100);
  go();
  const { released, said, problems } = await under;
  const url = `${fixture.github.url}/acme/app/actions/runs/${runs()[0]!.id}`;
  expect(problems).toEqual([]);
  expect(released?.images).toEqual(
    ['api', 'web'].map((key, index) => ({
      ...{ key, image: `ghcr.io/acme/${key}`, digest: digestOf(['a', 'b'][index]!) },
      ...{ pushed: 'under-release-tag', seconds: 0, steps: { total: 0, cached: 0 } },
    })),
  );
  expect(released?.elsewhere).toMatchObject({
    ...{ url, outcome: 'released', deployments: [{ status: 'committed', commit: 'c'.repeat(40) }] },
  });
  expect(released?.steps.map(({ name }) => name)).toEqual(['release › Set up job', 'release › Build']);
  const order = [
    /^Starting release\.yml of acme\/app on main \([0-9a-f]{7}\)\.$/,
    new RegExp(`^Run ${runs()[0]!.id}: ${url}$`),
    /^release: started on ubuntu-latest/,
    /^release › Build …/,
    /^release › Build {2}done/,
    /^release {2}\| ▸ Runner Image/,
    /^release {2}\| building/,
  ];
  const places = order.map((pattern) => said.findIndex((line) => pattern.test(line)));
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(places).not.toContain(-1);
  // Groups are folded, as on GitHub's page.
  expect(said.join('\n')).not.toMatch(/Ubuntu|image-release-result/);
});

test('passes options as workflow inputs, and never prints the token or sends it with log requests', async () => {
  const { said } = await fixture.release({
    request: { ...NO_OPTIONS, images: ['api'], noCache: true, deploy: 'false' },
  });
  const inputs = { images: 'api', 'no-cache': 'true', deploy: 'false' };
  expect(dispatches()[0]!.body).toMatchObject({ ref: 'main', inputs });
  expect(said[0]).toMatch(/ with images=api, deploy=false, no-cache=true\.$/);
  expect(said.join('\n')).not.toContain(TOKEN);
  const logs = fixture.github.requests.filter(({ path }) => path.startsWith('/_logs/'));
  expect(logs.map(({ token, status }) => ({ token, status }))).toEqual([{ token: undefined, status: 200 }]);
});

test('rejects each option without a workflow input, before any request', async () => {
  const { problems } = await fixture.release({
    request: { ...NO_OPTIONS, rebuild: true, platforms: ['linux/arm64'] },
  });
  expect(problems.map(({ code, message }) => [code, message])).toEqual([
    [
      'dispatch/inputs',
      "release.yml can't take platforms `linux/arm64`: no step of this action reads its input `platforms`.",
    ],
    ['dispatch/inputs', "release.yml can't take rebuild `true`: it has no input `rebuild`."],
  ]);
  expect(problems[0]!.fix).toContain('platforms: ${{ inputs.platforms }}');
  expect(fixture.github.requests).toEqual([]);
});

describe('finding the started run:', () => {
  test('two concurrent releases follow their own runs', async () => {
    const script: RunScript = async (control) => {
      const letter = control.run.inputs['images'] === 'api' ? 'a' : 'd';
      await oneJob(async (job) => {
        await job.step('Build', async (log) => resultLines(control, { api: letter, web: letter }).forEach(log));
        job.end('success');
      })(control);
    };
    fixture.actions({ script, readLagMs: 60 });
    const ended = await Promise.all(
      ['api', 'web'].map((key) => fixture.release({ request: { ...NO_OPTIONS, images: [key] } })),
    );
    expect(ended.map(({ released }) => released?.images[0]?.digest)).toEqual([digestOf('a'), digestOf('d')]);
    expect(dispatches()).toHaveLength(2);
  });

  test.each<[string, () => void]>([
    ['that never appears', () => fixture.actions({ script: releases, readLagMs: 600_000 })],
    [
      'whose dispatch response is lost',
      () => {
        const match = { method: 'POST', path: '/dispatches' };
        fixture.github.faults.push({ match, fault: { type: '5xx-after-landing', end: 'cut' } });
      },
    ],
  ])('a run %s is not started again: the outcome is unknown, and the fix links to the workflow', async (_, arrange) => {
    arrange();
    expect(only(await fixture.release())).toMatchObject({
      code: 'dispatch/outcome-unknown',
      fix: expect.stringContaining('/acme/app/actions/workflows/release.yml'),
    });
    expect(runs()).toHaveLength(1);
  });

  test("quotes the server, and starts no run, if the server doesn't support `return_run_details`", async () => {
    fixture.actions({ script: releases, runDetails: 'unknown-key' });
    expect(only(await fixture.release())).toMatchObject({
      code: 'dispatch/refused',
      detail: expect.stringContaining('return_run_details'),
    });
    expect(runs()).toEqual([]);
  });

  test('cancels the run if it builds another commit that was pushed in the meantime', async () => {
    const script = oneJob(async (_, { signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    });
    fixture.actions({ script });
    const match = { method: 'POST', path: '/dispatches' };
    fixture.github.faults.push({ match, fault: { type: 'stale' } });
    expect(only(await fixture.release())).toMatchObject({
      code: 'dispatch/not-pushed',
      message: expect.stringContaining('pushed to main in between'),
    });
    await runs()[0]!.ended;
    expect(runs()[0]!.conclusion).toBe('cancelled');
  });
});

describe('starts no run, and reports an error with a fix, for', () => {
  test.each<[string, () => Promise<Over | void> | Over | void, string, RegExp]>([
    [
      'a commit that was not pushed',
      async () => void (await fixture.commit('api/Dockerfile', 'FROM scratch\n', 'keep')),
      'dispatch/not-pushed',
      /^Commit \w{7} is not on GitHub: branch main is at \w{7} there\./,
    ],
    [
      'a branch that was not pushed',
      () => ({
        replan: (plan) => ({ ...plan, source: { ...plan.source, ref: { type: 'branch', name: 'topic' } } }),
      }),
      'dispatch/not-pushed',
      /^The branch topic is not on GitHub \(acme\/app\)\./,
    ],
    [
      'a branch that is ahead on GitHub',
      async () => {
        await fixture.commit('note.txt', 'newer\n');
        await fixture.git('reset', '--quiet', '--hard', 'HEAD^');
      },
      'dispatch/not-pushed',
      /^Branch main on GitHub is at \w{7}, 1 ahead of this checkout/,
    ],
    [
      'a checkout without a branch or tag',
      () => ({ replan: (plan) => ({ ...plan, source: { ...plan.source, ref: { type: 'commit' } } }) }),
      'dispatch/not-pushed',
      /on no branch and no tag/,
    ],
    [
      "a repository that the token can't access",
      () => ({ name: 'acme/other' }),
      'dispatch/refused',
      /^Can't read acme\/other on GitHub: GitHub finds no such repository/,
    ],
    [
      'a disabled workflow',
      () => fixture.actions({ disabled: ['release.yml'] }),
      'dispatch/refused',
      /^Can't start release\.yml: /,
    ],
    [
      'a read-only token',
      () => ({ token: new Secret(READER) }),
      'dispatch/refused',
      /the token lacks `actions: write`/,
    ],
    [
      'an invalid token',
      () => ({ token: new Secret('nobody-knows-it') }),
      'dispatch/refused',
      /the token is wrong or has expired\.$/,
    ],
    [
      'a workflow that is not on the default branch yet',
      () => ({ workflows: [{ path: '.github/workflows/new.yml', text: WORKFLOW }] }),
      'dispatch/refused',
      /^Can't start new\.yml: GitHub finds no such repository or workflow/,
    ],
    [
      'an input that the workflow file on GitHub lacks',
      async () => {
        await fixture.commit(FILE, WORKFLOW.replace(/ +images:.*\n/, ''));
        return { request: { ...NO_OPTIONS, images: ['api'] } };
      },
      'dispatch/refused',
      /^Can't start release\.yml: GitHub refuses it\.$/,
    ],
  ])('%s', async (_, arrange, code, message) => {
    const over = (await arrange()) ?? {};
    const problem = only(await fixture.release(over));
    expect(problem).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(problem.fix).toMatch(/\w+/);
    expect(runs()).toEqual([]);
  });
});
