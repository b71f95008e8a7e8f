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

/** Releases with an unreadable answer to request number `skip`. @returns undefined if there is no such request */
async function releaseOnce(skip: number, body: string, landed: boolean) {
  const fault: Fault = { type: 'unreadable', landed, body };
  const before = runs().length;
  fixture.github.faults.push({ match: {}, skip, fault });
  const ended = await fixture.release();
  const isOver = fixture.github.faults.pending().length > 0;
  fixture.github.faults.clear();
  return isOver ? undefined : { ...ended, started: runs().length - before };
}

// A soak tests each request in both ways; other runs test each request in one way.
test.each([
  ['a request that was not carried out', false, 0],
  ['a request that was carried out', true, 1],
])('starts at most one run, and reports it correctly, if the answer to %s is unreadable', async (_, landed, first) => {
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
  // Some releases fail: an unreadable log counts as a log without results.
  expect(count.released).toBeGreaterThan(count.failed);
});

test('never reports a failed run as successful if an answer is unreadable', async () => {
  fixture.actions({ script: oneJob(async (job) => job.end('failure')) });
  for (let skip = 0, isOver = false; !isOver; skip += soak(3, 1)) {
    const ended = await releaseOnce(skip, BODIES[skip % BODIES.length]!, false);
    isOver = ended === undefined;
    if (ended !== undefined)
      expect(ended.problems.map(({ code }) => code)).toEqual([expect.stringMatching(/^dispatch\//)]);
  }
});
