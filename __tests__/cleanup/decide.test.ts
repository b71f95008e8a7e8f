import { decideCleanup, type CleanupPolicy, type Needs } from '../../src/cleanup/decide.js';
import type { Version } from '../../src/cleanup/version.js';

const DAY = 86_400_000;
const ROLES = { sha256: 'signature', cache: 'cache', main: 'release', pr: 'release' } as const;
const POLICY: CleanupPolicy = {
  roleOf: (_, tag) => ROLES[tag.split('-')[0] as keyof typeof ROLES] ?? 'unknown',
  deployed: new Set(['api']),
  ...{ age: 30 * DAY, now: 100 * DAY },
};
const hex = (name: string) => Buffer.from(name.padEnd(32, '.')).toString('hex');
const digest = (name: string) => `sha256:${hex(name)}`;

type More = Partial<Omit<Version, 'parts'>> & { parts?: string[] };
/** A version that is named by its digest and 90 days old. */
function untagged(name: string, { parts = [], subject, ...more }: More = {}): Version {
  const of = subject === undefined ? {} : { subject: subject === 'gone' ? subject : digest(subject) };
  const usual = { image: 'api', digest: digest(name), tags: [], at: 10 * DAY, found: 'listed' } as const;
  return { ...usual, ...more, ...of, parts: parts.map(digest) };
}
const tagged = (tag: string, more: More = {}) => untagged(tag, { tags: [tag], ...more });

/** Returns a line per version: `name: action, reason`. */
function decide(versions: Version[], needs: Partial<Needs> = {}, policy: Partial<CleanupPolicy> = {}): string[] {
  const nameOf = (wanted: string) => Buffer.from(wanted.slice(7), 'hex').toString().replace(/\.+$/, '');
  const verdicts = decideCleanup(versions, { releases: [], words: new Map(), ...needs }, { ...POLICY, ...policy });
  return verdicts.map(({ version, action, reason }) => `${nameOf(version.digest)}: ${action}, ${reason}`);
}

const release = (tag: string, back: number, more = {}) => ({
  releases: [{ ...{ image: 'api', tag, bases: [], channel: 'main', back }, ...more }],
});
const word = (name: string) => ({ words: new Map([[name, 'k8s/x.yaml']]) });
const ONE = 'main-1';
const GONE = 'delete, not needed, 90 days old';

test.each<[string, Version, Partial<Needs>, string]>([
  ['deletes a release that nothing needs', tagged(ONE), {}, GONE],
  ['deletes a preview of a pull request', tagged('pr-7'), {}, GONE],
  ['keeps the current release', tagged(ONE), release(ONE, 0), 'keep, current in main'],
  [
    'keeps an earlier release in the ledger',
    tagged(ONE),
    release('x', 2, { digest: digest(ONE) }),
    'keep, 2 releases back in main',
  ],
  [
    'deletes a release if only another image has its tag in the ledger',
    tagged(ONE),
    release(ONE, 0, { image: 'web' }),
    GONE,
  ],
  [
    'keeps the base of a kept release',
    tagged(ONE),
    release('x', 0, { image: 'web', bases: [digest(ONE)] }),
    'keep, base of a kept release',
  ],
  ['keeps a release whose tag is named in a file', tagged(ONE), word(ONE), 'keep, named in k8s/x.yaml'],
  ['keeps a release whose digest is named in a file', tagged(ONE), word(hex(ONE)), 'keep, named in k8s/x.yaml'],
  ['keeps a moving tag', tagged('latest'), {}, 'keep, tag latest does not name a commit'],
  [
    'keeps a release that also has a version tag',
    untagged('x', { tags: [ONE, '1.2'] }),
    {},
    'keep, tag 1.2 does not name a commit',
  ],
  ['keeps a build cache', tagged('cache-linux-amd64'), {}, 'keep, build cache'],
  ['keeps a young release', tagged(ONE, { at: 80 * DAY }), {}, 'keep, only 20 days old'],
  ['keeps a release of unknown age', tagged(ONE, { at: undefined }), {}, 'keep, its age is not known'],
  ['deletes an old untagged version', untagged('x'), {}, 'delete, untagged, 90 days old'],
  ['keeps a young untagged version', untagged('x', { at: 99 * DAY }), {}, 'keep, only 1 day old'],
  [
    'deletes a signature whose image is gone',
    tagged('sha256-x', { subject: 'gone' }),
    {},
    'delete, describes an image that is gone',
  ],
  [
    'keeps an unlisted image that a signature names',
    untagged('x', { found: 'subject' }),
    {},
    'keep, the registry does not list it',
  ],
])('%s', (_, version, needs, expected) => {
  expect(decide([version], needs).map((line) => line.replace(/^[^:]*: /, ''))).toEqual([expected]);
});

test('keeps a release of an image that no channel deploys', () => {
  const kept = decide([tagged(ONE)], {}, { deployed: new Set() });
  expect(kept).toEqual([`${ONE}: keep, no channel deploys this image`]);
});

/** An image, preceded by its signature as in the lists of registries. */
const family = (tag: string, ...parts: string[]) => [tagged(`sha256-${tag}`, { subject: tag }), tagged(tag, { parts })];
const part = (name: string, more: More = {}) => untagged(name, { found: 'part', at: undefined, ...more });

test('deletes parts and signatures with their image, except parts that a kept image shares', () => {
  const versions = [...family(ONE, 'own', 'shared'), ...family('main-2', 'shared'), part('own'), part('shared')];
  expect(decide(versions, release('main-2', 0)).sort()).toEqual([
    `main-1: ${GONE}`,
    'main-2: keep, current in main',
    'own: delete, part of main-1',
    'sha256-main-1: delete, describes main-1',
    'sha256-main-2: keep, describes main-2',
    'shared: keep, part of main-2',
  ]);
});

test("keeps a platform's list of referrers, and the bundle that it lists, if the image is kept", () => {
  const list = tagged('sha256-amd64', { subject: 'amd64', parts: ['bundle'] });
  const versions = [...family(ONE, 'amd64'), part('amd64'), list, untagged('bundle', { subject: 'amd64' })];
  expect(decide(versions, release(ONE, 0)).filter((line) => line.includes('delete'))).toEqual([]);
});

test('orders each version after all versions that need it', () => {
  const versions = [part('shared'), ...family(ONE, 'shared'), ...family('main-2', 'shared', 'nested')];
  versions.push(part('inner'), part('nested', { parts: ['inner'] }));
  const order = decide(versions).map((line) => line.split(':')[0]!);
  expect(order).toHaveLength(versions.length);
  for (const [before, after] of [
    [ONE, 'shared'],
    ['main-2', 'shared'],
    [ONE, 'sha256-main-1'],
    ['main-2', 'nested'],
    ['nested', 'inner'],
  ]) {
    expect({ order, first: order.indexOf(before!) < order.indexOf(after!) }).toEqual({ order, first: true });
  }
});

test('keeps a part that is named in a file, and deletes its image', () => {
  const versions = [...family(ONE, 'own'), part('own')];
  expect(decide(versions, word(hex('own')))).toEqual(
    expect.arrayContaining([`${ONE}: ${GONE}`, 'own: keep, named in k8s/x.yaml']),
  );
});
