import { API, FRONTEND } from './requests.js';
import { createWorld, FILE } from './rollout-world.js';
import type { DeployResult, Rollout } from '../../src/deploy/target.js';

const [FIRST, SECOND, THIRD] = ['a', 'b', 'c'].map((digit) => `sha256:${digit.repeat(64)}`) as [string, string, string];
const built = (tag: string, digest: string): Rollout => ({ ...API, releaseTag: tag, digest });
const reused = (tag: string, digest: string): Rollout => ({ ...built(tag, digest), unchanged: true });

/** That kustomize is missing here is another matter. */
const aboutEdits = ({ warnings }: DeployResult) => warnings.filter(({ code }) => code === 'deploy/edit-replaced');

const serving = (tags: Record<string, string>) => async (_: string, tag: string) => tags[tag];

/** Two releases of `api`, then a person's commit that edits what the second has deployed. */
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

describe('a deploy commit that a person has reverted', () => {
  test('stays reverted in the run of that push, and in runs of commits before it', async () => {
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
    ['allow-rollback', { intent: { type: 'release', order: 'allow-rollback' } }, (tag) => reused(tag, SECOND), SECOND],
  ])('gives way to %s, with a warning that names it', async (_, more, image, kept) => {
    const { world, a, b } = await reverted();
    const c = world.source();
    const warnings = aboutEdits(await world.release(c, { ...more, rollouts: [image(c.tag)] }));
    expect(world.tags()[0]).toBe(kept === undefined ? c.tag : b.tag);
    expect(warnings).toMatchObject([{ code: 'deploy/edit-replaced', place: { file: FILE } }]);
    expect(warnings[0]?.message).toContain(a.tag);
  });

  test('gives way to the commit after it, as a rollback does', async () => {
    const { world, a, b } = await reverted();
    const [c, d] = [world.source(), world.source()];
    await world.release(c, { rollouts: [reused(c.tag, SECOND)] });
    const registry = { check: 'registry' as const, resolve: serving({ [a.tag]: FIRST, [b.tag]: SECOND }) };
    const warnings = aboutEdits(await world.release(d, { registry, rollouts: [reused(b.tag, SECOND)] }));
    expect([world.tags()[0], warnings]).toEqual([b.tag, []]);
  });

  test('of one image only holds back that one', async () => {
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

test('a tag that no release has deployed is replaced, with a warning that names it and how to keep it', async () => {
  const { world, b } = await byHand();
  const c = world.source();
  const warnings = aboutEdits(await world.release(c, { rollouts: [reused(c.tag, SECOND)] }));
  expect(world.tags()[0]).toBe(b.tag);
  expect(warnings).toMatchObject([{ code: 'deploy/edit-replaced', severity: 'warning', image: 'api' }]);
  expect(warnings[0]?.message).toContain('`hotfix-7`');
  expect(warnings[0]?.fix).toContain('`images`');
});

test.each([
  ['what the ledger says is in the file', (text: string) => text],
  ['the file says nothing else that matters', (text: string) => `${text}# reviewed\n`],
])('there is nothing to warn of where %s', async (_, edit) => {
  const { world } = await edited(edit);
  const c = world.source();
  const warnings = aboutEdits(await world.release(c, { rollouts: [built(c.tag, THIRD)] }));
  expect([world.tags()[0], warnings]).toEqual([c.tag, []]);
});
