import { readLedger, writeLedger } from '../../src/deploy/ledger/ledger.js';
import type { Rollout } from '../../src/deploy/target.js';
import type { RegistryCheck } from '../../src/deploy/pullable.js';
import { API, planned } from './requests.js';
import { createWorld, FILE } from './rollout-world.js';
import { BASE } from './stage.js';

const [FIRST, SECOND] = ['a', 'b'].map((digit) => `sha256:${digit.repeat(64)}`) as [string, string];
const FINGERPRINT = `v1:${'f'.repeat(64)}`;

/** A registry that serves these tags with their digests. */
function registryOf(tags: Record<string, string>): RegistryCheck {
  return { check: 'registry', resolve: async (_image, tag) => tags[tag] };
}

const built = (tag: string, digest = FIRST): Rollout => ({ ...API, releaseTag: tag, digest });
const reused = (tag: string, digest = FIRST): Rollout => ({
  ...built(tag, digest),
  unchanged: true,
  fingerprint: FINGERPRINT,
});

test('an unchanged image keeps its entry while the ledger advances, so a late older run is superseded', async () => {
  const world = createWorld();
  const [a, b, c] = [world.source(), world.source(), world.source()];
  const registry = registryOf({ [a.tag]: FIRST, [b.tag]: SECOND, [c.tag]: FIRST });
  await world.release(a, { registry, rollouts: [built(a.tag)] });
  const [before, head, entry] = [world.text(), world.head(), world.entry()];

  const { deployments } = await world.release(c, { registry, rollouts: [reused(c.tag)] });
  expect(deployments).toMatchObject([{ status: 'unchanged', images: ['api'] }]);
  expect([world.text(), world.head()]).toEqual([before, head]);
  expect(world.entry()).toEqual({
    ...entry,
    newest: { commit: c.commit, run: c.run },
    status: 'unchanged',
  });

  const late = await world.release(b, { registry, rollouts: [built(b.tag, SECOND)] });
  expect(late.deployments).toMatchObject([{ superseded: [{ key: 'api', tag: b.tag, by: { tag: a.tag } }] }]);
  expect(world.text()).toBe(before);
});

test.each<[string, 'kept' | 'replaced', (tag: string) => RegistryCheck]>([
  ['has the same digest', 'kept', (tag) => registryOf({ [tag]: FIRST })],
  ['is gone from the registry', 'replaced', () => registryOf({})],
  ['has another digest by now', 'replaced', (tag) => registryOf({ [tag]: SECOND })],
  ["isn't checked in a registry", 'kept', () => ({ check: 'none' })],
])('a recorded tag that %s is %s', async (_, expected, registryFor) => {
  const world = createWorld();
  const [a, b] = [world.source(), world.source()];
  await world.release(a, { rollouts: [built(a.tag)] });
  const asked = registryFor(a.tag);
  const registry: RegistryCheck =
    asked.check === 'none'
      ? asked
      : { ...asked, resolve: async (image, tag) => (tag === b.tag ? FIRST : asked.resolve(image, tag)) };
  await world.release(b, { registry, rollouts: [reused(b.tag)] });
  const tag = expected === 'kept' ? a.tag : b.tag;
  expect(world.tags()[0]).toBe(tag);
  expect(world.entry()).toMatchObject({ current: { tag, digest: FIRST }, newest: { commit: b.commit } });
});

test('without a ledger, keeps and records the tag in the file if it has the same digest in the registry', async () => {
  const world = createWorld();
  const a = world.source();
  const before = world.text();
  const registry = registryOf({ 'main-0000000': FIRST, [a.tag]: FIRST });
  await world.release(a, { registry, rollouts: [{ ...reused(a.tag), builtFrom: '0'.repeat(40) }] });
  expect(world.text()).toBe(before);
  expect(world.entry().current).toMatchObject({
    tag: 'main-0000000',
    digest: FIRST,
    fingerprint: FINGERPRINT,
    builtFrom: '0'.repeat(40),
  });
});

test('an earlier build that is deployed again gets a new tag, and the ledger records its source commit', async () => {
  const world = createWorld();
  const [a, b, c] = [world.source(), world.source(), world.source()];
  const registry = registryOf({ [a.tag]: FIRST, [b.tag]: SECOND, [c.tag]: FIRST });
  await world.release(a, { registry, rollouts: [built(a.tag)] });
  await world.release(b, { registry, rollouts: [built(b.tag, SECOND)] });
  await world.release(c, { registry, rollouts: [{ ...reused(c.tag), builtFrom: a.commit }] });
  expect(world.tags()[0]).toBe(c.tag);
  const { current, history } = world.entry();
  expect(current).toMatchObject({ tag: c.tag, digest: FIRST, builtFrom: a.commit, fingerprint: FINGERPRINT });
  expect(history.map(({ tag, digest }) => [tag, digest])).toEqual([
    [b.tag, SECOND],
    [a.tag, FIRST],
  ]);
});

test('keeps an entry that is pinned to the same digest, whatever its tag', async () => {
  const file = `kind: Kustomization
resources: [../base]
images:
  - name: ghcr.io/acme/api
    newTag: by-hand
    digest: ${FIRST}
`;
  const world = createWorld({}, { [FILE]: file, ...BASE });
  const a = world.source();
  const registry = registryOf({ 'by-hand': FIRST, [a.tag]: FIRST });
  const deploys = [planned(undefined, undefined, { pin: 'both' })];
  await world.release(a, { registry, deploys, rollouts: [reused(a.tag)] });
  expect(world.text()).toBe(file);
});

test('reads a ledger without fingerprints, and writes one with fingerprints back unchanged', async () => {
  const world = createWorld();
  const a = world.source();
  await world.release(a, { rollouts: [{ ...reused(a.tag), builtFrom: 'b'.repeat(40) }] });
  const { text = '' } = world.ledger();
  const ledger = readLedger({ channel: 'main', oid: 'x', text });
  expect(writeLedger(ledger)).toBe(text);
  const older = text.replace(/,\s*"(fingerprint|builtFrom)": "[^"]*"/g, '');
  expect(older).not.toContain('fingerprint');
  const { current } = readLedger({ channel: 'main', oid: 'x', text: older }).images.get(API.image)!;
  expect(current).toMatchObject({ tag: a.tag, digest: FIRST });
  expect(current.fingerprint).toBeUndefined();
});
