import { API, FRONTEND } from './requests.js';
import { createWorld, FILE } from './rollout-world.js';
import type { DeployResult, Rollout } from '../../src/deploy/target.js';

const [FIRST, SECOND, THIRD] = ['a', 'b', 'c'].map((digit) => `sha256:${digit.repeat(64)}`) as [string, string, string];
const built = (tag: string, digest: string): Rollout => ({ ...API, releaseTag: tag, digest });
const reused = (tag: string, digest: string): Rollout => ({ ...built(tag, digest), unchanged: true });

/** Leaves out other warnings, such as the missing kustomize. */
const aboutEdits = ({ warnings }: DeployResult) => warnings.filter(({ code }) => code === 'deploy/edit-replaced');

const serving = (tags: Record<string, string>) => async (_: string, tag: string) => tags[tag];

/** Makes two releases of `api`, then edits the second one in a commit by hand. */
async function edited(edit: (text: string, first: string) => string) {
  const world = createWorld();
  const [a, b] = [world.source(), world.source()];
  await world.release(a, { rollouts: [built(a.tag, FIRST)] });
  const before = world.text();
  await world.release(b, { rollouts: [built(b.tag, SECOND)] });
  world.remote.land('main', { [FILE]: edit(world.text(), before) }, 'Revert "Deploy api"\n');
  return { world, a, b, head: world.head() };
}
const reverted = () => edited((_, before) => before);
const byHand = () => edited((text) => text.replace(/main-[0-9a-f]{10}/, 'hotfix-7'));

describe('a manual revert of a deploy commit', () => {
  test('is kept if the next run, its re-run or an older run finds the image unchanged', async () => {
    const { world, a, b, head } = await reverted();
    const c = world.source();
    const { deployments } = await world.release(c, { rollouts: [reused(c.tag, SECOND)] });
    expect(deployments).toMatchObject([
      { status: 'superseded', superseded: [{ key: 'api', tag: c.tag, by: { tag: a.tag, reason: 'edit' } }] },
    ]);
    expect(world.entry()).toMatchObject({
      ...{ status: 'rolled-back', newest: { commit: c.commit }, current: { tag: a.tag, digest: FIRST } },
      history: [{ tag: b.tag, digest: SECOND }],
    });
    for (const again of [b, c]) {
      await world.release(again, { rollouts: [reused(again.tag, SECOND)] });
      expect([world.tags()[0], world.head()]).toEqual([a.tag, head]);
    }
  });

  test.each<[string, object, (tag: string) => Rollout, string | undefined]>([
    ['a newer build', {}, (tag) => built(tag, THIRD), undefined],
    [
      'a release with allow-rollback',
      { intent: { type: 'release', order: 'allow-rollback' } },
      (tag) => reused(tag, SECOND),
      SECOND,
    ],
  ])('is replaced by %s, with a warning that names the restored tag', async (_, more, image, kept) => {
    const { world, a, b } = await reverted();
    const c = world.source();
    const warnings = aboutEdits(await world.release(c, { ...more, rollouts: [image(c.tag)] }));
    expect(world.tags()[0]).toBe(kept === undefined ? c.tag : b.tag);
    expect(warnings).toMatchObject([{ code: 'deploy/edit-replaced', place: { file: FILE } }]);
    expect(warnings[0]?.message).toContain(a.tag);
  });

  test('is undone by the second source commit after it, without a warning', async () => {
    const { world, a, b } = await reverted();
    const [c, d] = [world.source(), world.source()];
    await world.release(c, { rollouts: [reused(c.tag, SECOND)] });
    const registry = { check: 'registry' as const, resolve: serving({ [a.tag]: FIRST, [b.tag]: SECOND }) };
    const warnings = aboutEdits(await world.release(d, { registry, rollouts: [reused(b.tag, SECOND)] }));
    expect([world.tags()[0], warnings]).toEqual([b.tag, []]);
  });

  test("of one image doesn't hold back another image", async () => {
    const world = createWorld();
    const [a, b, c] = [world.source(), world.source(), world.source()];
    const both = (tag: string, digest: string, more: object = {}) =>
      [API, FRONTEND].map((image) => ({ ...image, releaseTag: tag, digest, ...more }));
    await world.release(a, { rollouts: both(a.tag, FIRST) });
    await world.release(b, { rollouts: both(b.tag, SECOND) });
    world.remote.land('main', { [FILE]: world.text().replace(b.tag, a.tag) });
    await world.release(c, {
      rollouts: [reused(c.tag, SECOND), { ...FRONTEND, releaseTag: c.tag, digest: THIRD }],
    });
    expect(world.tags()).toEqual([a.tag, c.tag]);
  });
});

test('replaces a tag that no release deployed, with a warning that names it and how to keep it', async () => {
  const { world, b } = await byHand();
  const c = world.source();
  const warnings = aboutEdits(await world.release(c, { rollouts: [reused(c.tag, SECOND)] }));
  expect(world.tags()[0]).toBe(b.tag);
  expect(warnings).toMatchObject([{ code: 'deploy/edit-replaced', severity: 'warning', image: 'api' }]);
  expect(warnings[0]?.message).toContain('`hotfix-7`');
  expect(warnings[0]?.fix).toContain('`images`');
});

test.each([
  ['the file matches the ledger', (text: string) => text],
  ['only a comment was added to the file', (text: string) => `${text}# reviewed\n`],
])("doesn't warn if %s", async (_, edit) => {
  const { world } = await edited(edit);
  const c = world.source();
  const warnings = aboutEdits(await world.release(c, { rollouts: [built(c.tag, THIRD)] }));
  expect([world.tags()[0], warnings]).toEqual([c.tag, []]);
});
