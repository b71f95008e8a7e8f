import { jest } from '@jest/globals';
import { soak } from '../../../testing/soak.js';
import type { Fault } from '../../../testing/fake-github/faults.js';
import {
  digestOf,
  NAMELESS,
  oneJob,
  releases,
  setDispatchStage,
  WORKFLOW,
  type DispatchStage,
} from './stage.js';

jest.setTimeout(soak(60_000, 600_000));

const FILE = '.github/workflows/release.yml';
const BODIES = [
  '{"workflow_runs":[{"id',
  '<html>Bad gateway</html>',
  '',
  '{"data":null}',
  'null',
  '{}',
  '[]',
];

let stage: DispatchStage;
beforeEach(async () => {
  stage = await setDispatchStage();
});
afterEach(() => stage.stop());

const runs = () => stage.github.repository('acme/app').runs ?? [];

/** Releases with request number `skip` unreadable. @returns undefined when there is no such request */
async function releaseOnce(skip: number, body: string, landed: boolean, text = WORKFLOW) {
  const fault: Fault = { type: 'unreadable', landed, body };
  const before = runs().length;
  stage.github.faults.push({ match: {}, skip, fault });
  const ended = await stage.release({ workflows: [{ path: FILE, text }] });
  const isOver = stage.github.faults.pending().length > 0;
  stage.github.faults.clear();
  return isOver ? undefined : { ...ended, started: runs().length - before };
}

describe.each([
  ['that names its runs', WORKFLOW],
  ['without an id in the title of its runs', NAMELESS],
])('a workflow %s: each request once without an answer that can be read', (_, text) => {
  beforeEach(async () => {
    if (text !== WORKFLOW) await stage.commit(FILE, text);
  });

  test.each([
    ['and not carried out', false],
    ['and carried out', true],
  ])('%s: at most one run, and what is reported is true', async (__, landed) => {
    stage.actions({ script: releases });
    const count = { released: 0, failed: 0 };
    for (let skip = 0, isOver = false; !isOver; skip++) {
      for (const body of soak([BODIES[skip % BODIES.length]!], BODIES)) {
        const ended = await releaseOnce(skip, body, landed, text);
        isOver = ended === undefined;
        if (ended === undefined) break;
        expect(ended.started).toBeLessThanOrEqual(1);
        if (ended.released === undefined) {
          count.failed += 1;
          expect(ended.problems.map(({ code }) => code)).toEqual([expect.stringMatching(/^dispatch\//)]);
        } else {
          count.released += 1;
          expect(ended.started).toBe(1);
          expect(ended.released.outcome).toBe('released');
          expect(ended.released.result.images.map(({ digest }) => digest)).toEqual(['a', 'b'].map(digestOf));
        }
      }
    }
    // Whoever can't read a log of GitHub, which is any text, says that it names no images.
    expect(count.released).toBeGreaterThan(count.failed);
  });
});

test('a run that fails is not reported as one that succeeded', async () => {
  stage.actions({ script: oneJob(async (job) => job.end('failure')) });
  for (let skip = 0, isOver = false; !isOver; skip++) {
    const ended = await releaseOnce(skip, BODIES[skip % BODIES.length]!, false);
    isOver = ended === undefined;
    if (ended !== undefined)
      expect(ended.problems.map(({ code }) => code)).toEqual([expect.stringMatching(/^dispatch\//)]);
  }
});
