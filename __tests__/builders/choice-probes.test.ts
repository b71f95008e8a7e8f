import { findBuilder, judgeBuilders } from '../../src/builders/builder-choice.js';
import type { BuildFacts, BuildProbes } from '../../src/facts/build-facts.js';
import {
  CLUSTER,
  DEVPOD,
  docker,
  DOWN,
  HOST,
  NESTED,
  NOTHING,
  ON_DISK,
  question,
  SERVER,
} from './choice-samples.js';

describe('what is asked', () => {
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

  test('a host whose docker serves waits for nothing else', async () => {
    const { asked, probes } = probesOf({ ...NOTHING, docker: docker(SERVER), storage: ON_DISK });
    await findBuilder(question({ machine: HOST }), probes);
    expect(asked).toEqual(['docker', 'storage']);
  });

  test('each is asked once, in the order of the builders', async () => {
    const { asked, probes } = probesOf({ ...NOTHING, docker: docker(DOWN), cluster: CLUSTER });
    const { decision } = await findBuilder(question({ machine: DEVPOD }), probes);
    expect(decision.status).toBe('chosen');
    expect(asked).toEqual(['docker', 'builders', 'endpoints', 'cluster']);
  });

  test('doctor judges all of them', async () => {
    const { probes } = probesOf({ ...NOTHING, docker: docker(SERVER), storage: NESTED, cluster: CLUSTER });
    const { judged } = await judgeBuilders(question({ machine: DEVPOD }), probes);
    expect(judged.map(({ type, verdict }) => [type, verdict.status])).toEqual([
      ['buildx', 'impossible'],
      ['remote', 'absent'],
      ['kubernetes', 'usable'],
      ['kaniko', 'usable'],
      ['dispatch', 'impossible'],
    ]);
  });
});
