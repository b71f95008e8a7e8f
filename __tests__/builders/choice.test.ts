import { checkBuilders, findBuilder, nextBuilderWarning, withoutFailed } from '../../src/builders/builder-choice.js';
import type { BuildFacts, BuildProbes } from '../../src/facts/build-facts.js';
import type { Problem } from '../../src/lib/errors.js';
import {
  chosen,
  CLUSTER,
  decide,
  DEVPOD,
  docker,
  DOWN,
  ENDPOINT,
  HOST,
  inputs,
  LOGGED_IN,
  NESTED,
  NOTHING,
  ON_DISK,
  RELEASE_WORKFLOW,
  SERVER,
  WORKFLOW,
} from './fixtures/choice.js';

const FAR = {
  name: 'far',
  driver: 'remote',
  nodes: [{ name: 'far0', endpoint: 'tcp://far:1', status: 'running', platforms: ['linux/amd64'] }],
};

describe('auto selects the first builder that can build:', () => {
  const devpod = { ...NOTHING, cluster: CLUSTER, forge: LOGGED_IN };
  const workflows = [RELEASE_WORKFLOW];
  const nested = { ...devpod, docker: docker(SERVER), storage: NESTED };

  test.each<[string, BuildFacts, string, RegExp]>([
    [
      'the current buildx builder',
      { ...devpod, docker: docker(SERVER), storage: ON_DISK },
      'buildx',
      /default \(docker driver\)\.$/,
    ],
    [
      "another buildx builder if Docker can't nest overlayfs",
      { ...nested, builders: [FAR] },
      'buildx',
      /^Docker here can't nest overlayfs: .*\/var\/lib\/docker .*mounted at \/.*EINVAL\); building with the builder far/,
    ],
    [
      "a BuildKit endpoint if Docker can't nest overlayfs",
      { ...nested, endpoints: [ENDPOINT] },
      'remote',
      /building with the BuildKit at tcp:\/\/buildkitd:1234\.$/,
    ],
    [
      "BuildKit pods if Docker can't nest overlayfs",
      nested,
      'kubernetes',
      /building with BuildKit pods in the namespace builds\.$/,
    ],
    [
      'Kaniko if BuildKit pods are forbidden',
      { ...nested, cluster: { ...CLUSTER, podSecurity: 'baseline' } },
      'kaniko',
      /^Docker here can't nest overlayfs.*; building with Kaniko in the namespace builds\.$/,
    ],
    [
      'the workflow if root pods are forbidden, too',
      { ...nested, cluster: { ...CLUSTER, podSecurity: 'restricted' } },
      'dispatch',
      /building with the workflow release\.yml on GitHub\.$/,
    ],
    [
      'Kaniko if the docker command is missing',
      devpod,
      'kaniko',
      /^The docker command is not on PATH; building with Kaniko/,
    ],
    [
      'the current buildx builder on overlayfs if its storage driver is `native`',
      { ...nested, docker: docker({ ...SERVER, storageDriver: 'native' }) },
      'buildx',
      /default/,
    ],
    [
      "the current remote builder even if Docker can't nest overlayfs",
      { ...nested, docker: docker(SERVER, 'remote') },
      'buildx',
      /remote driver/,
    ],
  ])('%s', (_, facts, type, sentence) => {
    const decision = chosen(inputs(facts, { workflows }));
    expect(decision.builder.type).toBe(type);
    expect(decision.sentence).toMatch(sentence);
  });

  test("no pod builder in the cluster of a laptop's kubectl, unless one is configured", () => {
    const laptop = { ...NOTHING, machine: HOST, docker: docker(DOWN), cluster: CLUSTER };
    expect(decide(inputs(laptop)).status).toBe('impossible');
    const settings = [{ type: 'kaniko', namespace: 'images' }] as const;
    const asked = inputs(laptop, { choice: { type: 'auto', settings: [...settings] } });
    expect(chosen(asked)).toMatchObject({
      builder: { type: 'kaniko', settings: settings[0] },
    });
  });

  test('no inactive buildx builder, which would have to be started', () => {
    const stopped = { ...FAR, driver: 'kubernetes', nodes: [{ ...FAR.nodes[0]!, status: 'inactive' }] };
    const laptop = { ...NOTHING, machine: HOST, docker: docker(DOWN), builders: [stopped] };
    expect(decide(inputs(laptop)).status).toBe('impossible');
  });
});

describe("settings that Kaniko doesn't support", () => {
  const beyond: Problem = {
    code: 'kaniko/unsupported',
    severity: 'error',
    message: 'No SSH.',
    fix: 'Go on.',
  };
  const devpod = { ...NOTHING, cluster: CLUSTER, forge: LOGGED_IN };

  test('make auto select the next builder if they are errors', () => {
    const asked = inputs(devpod, { kanikoUnsupported: [beyond], workflows: [RELEASE_WORKFLOW] });
    expect(chosen(asked).builder.type).toBe('dispatch');
  });

  test('are returned with the chosen Kaniko if they are warnings', () => {
    const warning = { ...beyond, severity: 'warning' } as const;
    expect(chosen(inputs(devpod, { kanikoUnsupported: [warning] }))).toMatchObject({
      builder: { type: 'kaniko' },
      warnings: [warning],
    });
  });
});

describe('a configured list of builders', () => {
  test('is tried in order', () => {
    const facts = { ...NOTHING, docker: docker(SERVER), storage: ON_DISK, cluster: CLUSTER };
    const settings = [{ type: 'remote', nodes: [] }, { type: 'kaniko' }, { type: 'buildx' }] as const;
    const endpoints = [{ ...ENDPOINT, answer: { status: 'no-answer', message: 'ECONNREFUSED' } as const }];
    const nodes = [{ endpoint: ENDPOINT.address, platforms: [] }];
    const asked = inputs(
      { ...facts, endpoints },
      { choice: { type: 'listed', settings: [{ ...settings[0], nodes }, settings[1], settings[2]] } },
    );
    expect(chosen(asked)).toMatchObject({
      builder: { type: 'kaniko' },
      sentence: expect.stringMatching(/^The BuildKit at tcp:\/\/buildkitd:1234 .*ECONNREFUSED; building with Kaniko/),
    });
  });

  test('with one entry gives the error of that builder', () => {
    const facts = { ...NOTHING, machine: HOST };
    const asked = inputs(facts, { choice: { type: 'listed', settings: [{ type: 'kaniko' }] } });
    expect(decide(asked)).toMatchObject({
      status: 'impossible',
      problems: [{ code: 'cluster/kubectl', fix: expect.any(String) }],
    });
  });

  test('with only `dispatch` selects buildx inside the workflow', () => {
    const facts = { ...NOTHING, machine: WORKFLOW, docker: docker(SERVER), storage: ON_DISK };
    const asked = inputs(facts, { choice: { type: 'listed', settings: [{ type: 'dispatch' }] } });
    expect(chosen(asked).builder.type).toBe('buildx');
  });
});

describe('probing facts', () => {
  function probesOf(facts: BuildFacts) {
    const asked: string[] = [];
    const names = ['docker', 'storage', 'builders', 'endpoints', 'cluster', 'forge'] as const;
    const entries = names.map((name) => [
      name,
      async () => {
        asked.push(name);
        return facts[name];
      },
    ]);
    return { asked, probes: Object.fromEntries(entries) as BuildProbes };
  }

  test('stops after docker and storage on a host where Docker can build', async () => {
    const { asked, probes } = probesOf({ ...NOTHING, docker: docker(SERVER), storage: ON_DISK });
    await findBuilder(inputs({ machine: HOST }), probes);
    expect(asked).toEqual(['docker', 'storage']);
  });

  test('runs each probe once, in the order of the builders', async () => {
    const { asked, probes } = probesOf({ ...NOTHING, docker: docker(DOWN), cluster: CLUSTER });
    const { decision } = await findBuilder(inputs({ machine: DEVPOD }), probes);
    expect(decision.status).toBe('chosen');
    expect(asked).toEqual(['docker', 'builders', 'endpoints', 'cluster']);
  });

  test('checks every builder for doctor', async () => {
    const { probes } = probesOf({ ...NOTHING, docker: docker(SERVER), storage: NESTED, cluster: CLUSTER });
    const checked = await checkBuilders(inputs({ machine: DEVPOD }), probes);
    expect(checked.map(({ type, check }) => [type, check.status])).toEqual([
      ['buildx', 'impossible'],
      ['remote', 'absent'],
      ['kubernetes', 'usable'],
      ['kaniko', 'usable'],
      ['dispatch', 'impossible'],
    ]);
  });
});

describe('if no builder can build', () => {
  test('one error lists each builder with its reason and fix', () => {
    const decision = decide(inputs({ ...NOTHING, docker: docker(SERVER), storage: NESTED }));
    if (decision.status !== 'impossible') throw new Error(decision.status);
    expect(decision.problems).toHaveLength(1);
    const [{ code, detail }] = decision.problems;
    expect(code).toBe('build/no-builder');
    expect(
      detail!
        .split('\n')
        .slice(1)
        .map((line) => line.trim().split(':')[0]),
    ).toEqual(['buildx', 'remote', 'kubernetes', 'kaniko', 'dispatch']);
    expect(detail).toMatch(/overlayfs.*volume/);
    expect(detail).toMatch(/BUILDKIT_HOST is not set.*Set BUILDKIT_HOST/);
    expect(detail).toMatch(/kubectl is not on PATH.*Install kubectl/);
  });

  test('the Docker error comes first on a host', () => {
    expect(decide(inputs({ ...NOTHING, machine: HOST, docker: docker(DOWN) }))).toMatchObject({
      status: 'impossible',
      problems: [
        {
          code: 'build/daemon-unreachable',
          detail: expect.stringMatching(/There is no other builder:\n  remote: /),
        },
      ],
    });
  });

  test.each([
    [{ repository: 'acme/app', gh: 'logged-out' } as const, [], 'dispatch/no-token'],
    [{ gh: 'missing' } as const, [], 'dispatch/no-repository'],
    [LOGGED_IN, ['api/words', 'web/words'], 'dispatch/not-pushed'],
  ])('dispatch is rejected with forge %j and uncommitted files %j', (forge, uncommitted, code) => {
    const choice = { type: 'listed' as const, settings: [{ type: 'dispatch' as const }] };
    const asked = inputs({ ...NOTHING, forge }, { choice, uncommitted, workflows: [RELEASE_WORKFLOW] });
    expect(decide(asked)).toMatchObject({ status: 'impossible', problems: [{ code }] });
  });
});

describe('a chosen builder that turns out to be unusable', () => {
  const facts = { ...NOTHING, docker: docker(SERVER), storage: ON_DISK, endpoints: [ENDPOINT] };
  const nested: Problem = {
    code: 'build/nested-overlay',
    severity: 'error',
    message: "Image api: the builder's state is on overlayfs.",
    fix: 'Use a volume.',
  };

  test('is replaced by the next builder, and no builder is tried twice', () => {
    const asked = inputs(facts);
    const first = chosen(asked);
    const second = withoutFailed(asked, first.id, [nested])!;
    const next = chosen(second);
    expect(next.builder.type).toBe('remote');
    expect(nextBuilderWarning(nested, next)).toMatchObject({
      code: 'build/next-builder',
      severity: 'warning',
      message: expect.stringMatching(/overlayfs; building with the BuildKit at/),
    });
    expect(withoutFailed(second, first.id, [nested])).toBeUndefined();
    const last = withoutFailed(second, next.id, [{ ...nested, code: 'build/builder-unusable' }])!;
    expect(decide(last)).toMatchObject({
      status: 'impossible',
      problems: [{ code: 'build/no-builder' }],
    });
  });

  test('is reported with its own failure, not with the reasons against earlier builders', () => {
    const asked = inputs({ ...NOTHING, docker: docker(DOWN), endpoints: [], cluster: CLUSTER });
    const pods = chosen(asked);
    expect(pods).toMatchObject({ id: 'kubernetes', sentence: expect.stringContaining('Docker daemon') });
    const message = 'No node takes the pod image-release-1.';
    const unable: Problem = { ...nested, code: 'cluster/unschedulable', message };
    const next = chosen(withoutFailed(asked, pods.id, [unable])!);
    expect(nextBuilderWarning(unable, next).message).toBe(
      'The chosen builder could not build. No node takes the pod image-release-1; building with Kaniko in the namespace builds.',
    );
  });

  test('is not replaced if a Dockerfile step failed', () => {
    expect(withoutFailed(inputs(facts), 'buildx', [{ ...nested, code: 'build/step-failed' }])).toBeUndefined();
  });
});
