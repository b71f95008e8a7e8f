import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { startRun, type RunScript } from '../../../testing/fake-github/workflow-runs.js';
import {
  digestOf,
  NAMELESS,
  oneJob,
  releases,
  resultLines,
  setDispatchStage,
  TOKEN,
  until,
  type DispatchStage,
  type Ended,
} from './stage.js';

jest.setTimeout(60_000);

let stage: DispatchStage;
beforeEach(async () => {
  stage = await setDispatchStage();
  stage.actions({ script: releases });
});
afterEach(async () => {
  expect(stage.github.faults.pending()).toEqual([]);
  await stage.stop();
});

const runs = () => stage.github.repository('acme/app').runs ?? [];
const dispatches = () => stage.github.requests.filter(({ path }) => path.endsWith('/dispatches'));
const only = ({ problems }: Ended) => {
  expect(problems).toHaveLength(1);
  return problems[0]!;
};

test('a release by the workflow: its steps and its log are told, and its digests are the result', async () => {
  const { released, said, problems } = await stage.release();
  expect(problems).toEqual([]);
  expect(released?.result.images).toEqual(
    ['api', 'web'].map((key, index) => ({
      key,
      image: `ghcr.io/acme/${key}`,
      digest: digestOf(['a', 'b'][index]!),
      pushed: 'under-release-tag',
      seconds: 0,
      steps: { total: 0, cached: 0 },
    })),
  );
  expect(released).toMatchObject({
    outcome: 'released',
    run: { id: String(runs()[0]!.id), url: `${stage.github.url}/acme/app/actions/runs/${runs()[0]!.id}` },
    deployments: [{ status: 'committed', commit: 'c'.repeat(40) }],
  });
  expect(released?.result.steps.map(({ name }) => name)).toEqual([
    'release › Set up job',
    'release › Run acme/image-release@v1',
  ]);
  expect(said[0]).toMatch(/^Starting release\.yml of acme\/app on main \([0-9a-f]{7}\)\.$/);
  expect(said).toContain(`Run ${runs()[0]!.id}: ${released?.run.url}`);
  expect(said).toContain('release  | ▸ Runner Image');
  expect(said).toContain('release  | api  #7 [2/3] RUN npm ci  4.2s');
  // Groups are folded, as on the page.
  expect(said.join('\n')).not.toMatch(/Ubuntu|image-release-result/);
});

test('steps are told while they happen, the log when the job has ended', async () => {
  let go = () => {};
  const script = oneJob(async (job, control) => {
    await job.step('Build', async (log) => {
      log('building');
      await new Promise<void>((resolve) => (go = resolve));
      resultLines(control).forEach(log);
    });
    job.end('success');
  });
  stage.actions({ script });
  const lines: string[] = [];
  const under = stage.release();
  await until(() => stage.github.requests.some(({ path }) => path.includes('/jobs?')));
  await sleep(100);
  go();
  lines.push(...(await under).said);
  const order = [
    'release: started on ubuntu-latest',
    'release › Build …',
    'release › Build  done',
    'release  | building',
  ];
  const places = order.map((start) => lines.findIndex((line) => line.startsWith(start)));
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(places).not.toContain(-1);
});

test('what is asked for reaches the inputs of the workflow; logs and errors never hold the token', async () => {
  const { request } = await stage.setting();
  const { said } = await stage.release({
    request: { ...request, images: ['api'], noCache: true, deploy: 'false' },
  });
  expect(dispatches()[0]!.body).toMatchObject({
    ref: 'main',
    inputs: {
      images: 'api',
      'no-cache': 'true',
      deploy: 'false',
      'dispatch-id': expect.stringMatching(/^id\d+$/),
    },
  });
  expect(said[0]).toMatch(/ with images=api, deploy=false, no-cache=true\.$/);
  expect(said.join('\n')).not.toContain(TOKEN);
  const logs = stage.github.requests.filter(({ path }) => path.startsWith('/_logs/'));
  expect(logs.map(({ token, status }) => ({ token, status }))).toEqual([{ token: undefined, status: 200 }]);
});

test('an option that the workflow does not take is refused by name before anything is started', async () => {
  const { request } = await stage.setting();
  const asked = { ...request, force: true, platforms: ['linux/arm64'] };
  const { problems } = await stage.release({ request: asked });
  expect(problems.map(({ code, message }) => [code, message])).toEqual([
    [
      'dispatch/option-not-taken',
      "release.yml can't be asked for platforms `linux/arm64`: its input `platforms` is not handed on to this action.",
    ],
    ['dispatch/option-not-taken', "release.yml can't be asked for force `true`: it has no input `force`."],
  ]);
  expect(problems[0]!.fix).toContain('platforms: ${{ inputs.platforms }}');
  expect(stage.github.requests).toEqual([]);
});

describe('which run is ours', () => {
  const script: RunScript = async (control) => {
    // Whoever is asked for web only makes web: the results of two runs can't be taken for one another.
    const letter = control.run.inputs['images'] === 'api' ? 'a' : 'd';
    await oneJob(async (job) => {
      await job.step('Build', async (log) => resultLines(control, { api: letter, web: letter }).forEach(log));
      job.end('success');
    })(control);
  };
  const two = async () => {
    const { request } = await stage.setting();
    return Promise.all(
      ['api', 'web'].map((key) => stage.release({ request: { ...request, images: [key] } })),
    );
  };

  test.each([
    ['as GitHub says itself', { readLagMs: 60 }],
    ['by its id, on a server that does not say', { runDetails: 'unknown-key' as const, listLagMs: 90 }],
  ])('two started at once each find their own, %s', async (_, options) => {
    stage.actions({ script, ...options });
    const ended = await two();
    expect(ended.map(({ released }) => released?.result.images[0]?.digest)).toEqual([
      digestOf('a'),
      digestOf('d'),
    ]);
    const ids = ended.map(({ released }) => released?.run.id);
    expect(new Set(ids).size).toBe(2);
    expect(dispatches().filter(({ status }) => status !== 422)).toHaveLength(2);
  });

  /** Starts a run beside ours as soon as that is there. */
  const beside = async (login: string) => {
    await until(() => runs().length > 0);
    const { workflow, sha } = runs()[0]!;
    const actor = { login, type: 'User' as const, id: 2 };
    const order = { workflow, sha, branch: 'main', event: 'workflow_dispatch', actor };
    startRun(stage.github.repository('acme/app'), order);
  };
  const nameless = async () => {
    await stage.commit('.github/workflows/release.yml', NAMELESS);
    stage.actions({ script: releases, runDetails: 'unknown-key', listLagMs: 50 });
    return stage.release({ workflows: [{ path: '.github/workflows/release.yml', text: NAMELESS }] });
  };

  test('two started at once by one person, that nothing tells apart, are not guessed at', async () => {
    const [ended] = await Promise.all([nameless(), beside('ada')]);
    expect(only(ended)).toMatchObject({
      code: 'dispatch/ambiguous-run',
      fix: expect.stringContaining('run-name: Release ${{ inputs.dispatch-id }}'),
      detail: runs()
        .map(({ id }) => `${stage.github.url}/acme/app/actions/runs/${id}`)
        .reverse()
        .join('\n'),
    });
  });

  test('without an id the one run that can be it is it, whatever else is newer', async () => {
    const [ended] = await Promise.all([nameless(), beside('grace')]);
    expect(ended.released?.run.id).toBe(String(runs()[0]!.id));
  });

  test('a run that never appears is given up, with the page to look at', async () => {
    stage.actions({ script: releases, readLagMs: 600_000 });
    expect(only(await stage.release())).toMatchObject({
      code: 'dispatch/run-not-found',
      fix: expect.stringContaining('/acme/app/actions/workflows/release.yml'),
    });
  });

  test('an order whose answer is lost is looked for, not sent again', async () => {
    const match = { method: 'POST', path: '/dispatches' };
    stage.github.faults.push({ match, fault: { type: '5xx-after-landing', end: 'cut' } });
    const { released, said } = await stage.release();
    expect(released?.result.images).toHaveLength(2);
    expect(said.join('\n')).toContain('looking whether the run was started');
    expect(runs()).toHaveLength(1);
  });

  test('a run of a commit that somebody pushed in between is cancelled and not taken', async () => {
    const script = oneJob(async (_, { signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    });
    stage.actions({ script });
    const match = { method: 'POST', path: '/dispatches' };
    stage.github.faults.push({ match, fault: { type: 'stale' } });
    expect(only(await stage.release()).code).toBe('dispatch/other-commit');
    await runs()[0]!.ended;
    expect(runs()[0]!.conclusion).toBe('cancelled');
  });
});
