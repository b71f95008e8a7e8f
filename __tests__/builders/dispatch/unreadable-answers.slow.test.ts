import { soak } from '../../../testing/soak.js';
import type { Fault } from '../../../testing/fake-github/faults.js';
import { digestOf, oneJob, releases, createDispatchFixture, type DispatchFixture } from './fixtures.js';

const BODIES = ['{"workflow_runs":[{"id', '<html>Bad gateway</html>', '', '{"data":null}', 'null', '{}', '[]'];

let fixture: DispatchFixture;
beforeEach(async () => {
  fixture = await createDispatchFixture();
});
afterEach(() => fixture.stop());

const runs = () => fixture.github.repository('acme/app').runs ?? [];

/** Releases with request number `skip` unreadable. @returns undefined when there is no such request */
async function releaseOnce(skip: number, body: string, landed: boolean) {
  const fault: Fault = { type: 'unreadable', landed, body };
  const before = runs().length;
  fixture.github.faults.push({ match: {}, skip, fault });
  const ended = await fixture.release();
  const isOver = fixture.github.faults.pending().length > 0;
  fixture.github.faults.clear();
  return isOver ? undefined : { ...ended, started: runs().length - before };
}

// In a soak each request in both ways; else every other one.
test.each([
  ['and not carried out', false, 0],
  ['and carried out', true, 1],
])('each request once with an unreadable answer, %s: at most one run, and a true report', async (_, landed, first) => {
  fixture.actions({ script: releases });
  const count = { released: 0, failed: 0 };
  for (let skip = soak(first, 0), isOver = false; !isOver; skip += soak(2, 1)) {
    for (const body of soak([BODIES[skip % BODIES.length]!], BODIES)) {
      const ended = await releaseOnce(skip, body, landed);
      isOver = ended === undefined;
      if (ended === undefined) break;
      expect(ended.started).toBeLessThanOrEqual(1);
      if (ended.released === undefined) {
        count.failed += 1;
        expect(ended.problems.map(({ code }) => code)).toEqual([expect.stringMatching(/^dispatch\//)]);
      } else {
        count.released += 1;
        expect(ended.started).toBe(1);
        expect(ended.released.elsewhere.outcome).toBe('released');
        expect(ended.released.images.map(({ digest }) => digest)).toEqual(['a', 'b'].map(digestOf));
      }
    }
  }
  // A log is any text: an unreadable one names no images.
  expect(count.released).toBeGreaterThan(count.failed);
});

test('a run that fails is not reported as one that succeeded', async () => {
  fixture.actions({ script: oneJob(async (job) => job.end('failure')) });
  for (let skip = 0, isOver = false; !isOver; skip += soak(3, 1)) {
    const ended = await releaseOnce(skip, BODIES[skip % BODIES.length]!, false);
    isOver = ended === undefined;
    if (ended !== undefined)
      expect(ended.problems.map(({ code }) => code)).toEqual([expect.stringMatching(/^dispatch\//)]);
  }
});
