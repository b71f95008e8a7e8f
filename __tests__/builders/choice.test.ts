import { chooseBuilder } from '../../src/builders/builder-choice.js';
import type { BuildFacts } from '../../src/facts/build-facts.js';
import type { Problem } from '../../src/lib/errors.js';
import {
  CLUSTER,
  docker,
  DOWN,
  HOST,
  LOGGED_IN,
  NESTED,
  NOTHING,
  ON_DISK,
  question,
  RELEASE_WORKFLOW,
  SERVER,
  WORKFLOW,
} from './choice-samples.js';
import { chosen, ENDPOINT } from './choice-decisions.js';

const FAR = {
  name: 'far',
  driver: 'remote',
  nodes: [{ name: 'far0', endpoint: 'tcp://far:1', status: 'running', platforms: ['linux/amd64'] }],
};

describe('auto takes the first that can build:', () => {
  const devpod = { ...NOTHING, cluster: CLUSTER, forge: LOGGED_IN };
  const workflows = [RELEASE_WORKFLOW];
  const nested = { ...devpod, docker: docker(SERVER), storage: NESTED };

  test.each<[string, BuildFacts, string, RegExp]>([
    [
      'the present builder',
      { ...devpod, docker: docker(SERVER), storage: ON_DISK },
      'buildx',
      /default \(docker driver\)\.$/,
    ],
    [
      'another builder of buildx, where Docker can not nest overlayfs',
      { ...nested, builders: [FAR] },
      'buildx',
      /^Docker here can't nest overlayfs: .*\/var\/lib\/docker .*mounted at \/.*EINVAL\); building with the builder far/,
    ],
    [
      'a BuildKit',
      { ...nested, endpoints: [ENDPOINT] },
      'remote',
      /building with the BuildKit at tcp:\/\/buildkitd:1234\.$/,
    ],
    ['pods of BuildKit', nested, 'kubernetes', /building with BuildKit pods in the namespace builds\.$/],
    [
      'Kaniko, where pods of BuildKit are forbidden',
      { ...nested, cluster: { ...CLUSTER, podSecurity: 'baseline' } },
      'kaniko',
      /^Docker here can't nest overlayfs.*; building with Kaniko in the namespace builds\.$/,
    ],
    [
      'the workflow, where root is forbidden, too',
      { ...nested, cluster: { ...CLUSTER, podSecurity: 'restricted' } },
      'dispatch',
      /building with the workflow release\.yml on GitHub\.$/,
    ],
    [
      'Kaniko, which needs no docker',
      devpod,
      'kaniko',
      /^The docker command is not on PATH; building with Kaniko/,
    ],
    [
      'the present builder also on overlayfs, when the layers are plain copies',
      { ...nested, docker: docker({ ...SERVER, storageDriver: 'native' } as typeof SERVER) },
      'buildx',
      /default/,
    ],
    [
      'a remote one in use, whatever lies under the daemon',
      { ...nested, docker: docker(SERVER, 'remote') },
      'buildx',
      /remote driver/,
    ],
  ])('%s', (_, facts, type, sentence) => {
    const decision = chosen(chooseBuilder(question(facts, { workflows })));
    expect(decision.builder.type).toBe(type);
    expect(decision.sentence).toMatch(sentence);
  });

  test('pods are started in no cluster that a laptop’s kubectl happens to point at', () => {
    const laptop = { ...NOTHING, machine: HOST, docker: docker(DOWN), cluster: CLUSTER };
    expect(chooseBuilder(question(laptop)).status).toBe('impossible');
    const settings = [{ type: 'kaniko', namespace: 'images' }] as const;
    const asked = question(laptop, { choice: { type: 'auto', settings: [...settings] } });
    expect(chosen(chooseBuilder(asked))).toMatchObject({
      builder: { type: 'kaniko', settings: settings[0] },
    });
  });

  test('a builder of buildx that has to be started is left to who selects it', () => {
    const stopped = { ...FAR, driver: 'kubernetes', nodes: [{ ...FAR.nodes[0]!, status: 'inactive' }] };
    const laptop = { ...NOTHING, machine: HOST, docker: docker(DOWN), builders: [stopped] };
    expect(chooseBuilder(question(laptop)).status).toBe('impossible');
  });
});

describe('what Kaniko can not do', () => {
  const beyond: Problem = {
    code: 'kaniko/unsupported',
    severity: 'error',
    message: 'No SSH.',
    fix: 'Go on.',
  };
  const devpod = { ...NOTHING, cluster: CLUSTER, forge: LOGGED_IN };

  test('leaves the next builder', () => {
    const asked = question(devpod, { kanikoUnsupported: [beyond], workflows: [RELEASE_WORKFLOW] });
    expect(chosen(chooseBuilder(asked)).builder.type).toBe('dispatch');
  });

  test('but only warns of is told with the choice', () => {
    const warning = { ...beyond, severity: 'warning' } as const;
    expect(chosen(chooseBuilder(question(devpod, { kanikoUnsupported: [warning] })))).toMatchObject({
      builder: { type: 'kaniko' },
      warnings: [warning],
    });
  });
});

describe('a list', () => {
  test('is taken in its order', () => {
    const facts = { ...NOTHING, docker: docker(SERVER), storage: ON_DISK, cluster: CLUSTER };
    const settings = [{ type: 'remote', nodes: [] }, { type: 'kaniko' }, { type: 'buildx' }] as const;
    const endpoints = [{ ...ENDPOINT, answer: { status: 'no-answer', message: 'ECONNREFUSED' } as const }];
    const nodes = [{ endpoint: ENDPOINT.address, platforms: [] }];
    const asked = question(
      { ...facts, endpoints },
      { choice: { type: 'listed', settings: [{ ...settings[0], nodes }, settings[1], settings[2]] } },
    );
    expect(chosen(chooseBuilder(asked))).toMatchObject({
      builder: { type: 'kaniko' },
      sentence: expect.stringMatching(
        /^The BuildKit at tcp:\/\/buildkitd:1234 .*ECONNREFUSED; building with Kaniko/,
      ),
    });
  });

  test('of one is told in that one’s words', () => {
    const facts = { ...NOTHING, machine: HOST };
    const asked = question(facts, { choice: { type: 'listed', settings: [{ type: 'kaniko' }] } });
    expect(chooseBuilder(asked)).toMatchObject({
      status: 'impossible',
      problems: [{ code: 'cluster/kubectl', fix: expect.any(String) }],
    });
  });

  test('of the workflow alone lets the workflow build itself', () => {
    const facts = { ...NOTHING, machine: WORKFLOW, docker: docker(SERVER), storage: ON_DISK };
    const asked = question(facts, { choice: { type: 'listed', settings: [{ type: 'dispatch' }] } });
    expect(chosen(chooseBuilder(asked)).builder.type).toBe('buildx');
  });
});
