import { createStage, type Stage } from '../stage.js';
import { rollOut } from '../requests.js';

const BODIES = {
  'cut JSON': { body: '{"data":{"updateRe' },
  'a page': { body: '<html>Bad gateway</html>', contentType: 'text/html' },
  nothing: { body: '' },
  'data that is null': { body: '{"data":null}' },
  'a null in the data': { body: '{"data":{"updateRefs":null,"createCommitOnBranch":null}}' },
  'another document': { body: '{}' },
  'a list': { body: '[]' },
};
const STATUS = [200, 202];

let stage: Stage;
beforeEach(async () => (stage = await createStage('the GitHub API')));
afterEach(() => stage.close());

/** What a deploy asks, in order, as faults can name it. */
async function requestsOfDeploy(): Promise<number> {
  const before = stage.github.requests.length;
  await rollOut(stage);
  return stage.github.requests.length - before;
}

async function expectTruth(base: string): Promise<void> {
  const outcome = await rollOut(stage).catch((error: unknown) => error as Error);
  const moved = stage.head() !== base;
  if (Array.isArray(outcome)) {
    // Said to be deployed: then it is, once.
    expect(outcome).toMatchObject([{ status: 'committed', commit: stage.head() }]);
    expect(stage.git('rev-list', '--count', `${base}..main`)).toBe('1');
  } else {
    // With a code: no TypeError of our own.
    expect(outcome.name).toBe('ReleaseError');
    expect(outcome.stack).not.toMatch(/TypeError|undefined \(reading/);
    expect(moved).toBe(false);
  }
}

describe.each(Object.entries(BODIES))('GitHub answers with %s', (_, body) => {
  test.each(STATUS)(
    'to the update of the refs, which did not happen, status %d: no success is reported',
    async (status) => {
      const base = stage.head();
      const fault = { type: 'unreadable', landed: false, status, ...body } as const;
      stage.github.faults.push({ match: { operation: 'updateRefs' }, times: 99, fault });
      const outcome = await rollOut(stage).catch((error: unknown) => error);
      expect(outcome).toBeInstanceOf(Error);
      expect(stage.head()).toBe(base);
    },
  );

  test('to the update of the refs, which did happen: the commit is found, and made once', async () => {
    const base = stage.head();
    stage.github.faults.push({
      match: { operation: 'updateRefs' },
      fault: { type: 'unreadable', landed: true, ...body },
    });
    expect(await rollOut(stage)).toMatchObject([{ status: 'committed', commit: stage.head() }]);
    expect(stage.git('rev-list', '--count', `${base}..main`)).toBe('1');
  });

  test('to any one request: what is reported is what happened', async () => {
    const count = await requestsOfDeploy();
    expect(count).toBeGreaterThan(8);
    for (let skip = 0; skip < count; skip++) {
      await stage.close();
      stage = await createStage('the GitHub API');
      const base = stage.head();
      stage.github.faults.push({ match: {}, skip, fault: { type: 'unreadable', landed: false, ...body } });
      await expectTruth(base);
    }
  });
});
