import { decideCleanup, type CleanupPolicy, type Needs } from '../../src/cleanup/decide.js';
import type { Version } from '../../src/cleanup/version.js';

const DAY = 86_400_000;
const POLICY: CleanupPolicy = {
  roleOf: (_, tag) =>
    tag.startsWith('sha256-')
      ? 'signature'
      : tag.startsWith('cache')
        ? 'cache'
        : /-\d{7}$/.test(tag)
          ? 'release'
          : 'unknown',
  deployed: new Set(['api']),
  ...{ age: 30 * DAY, now: 100 * DAY },
};
const hex = (name: string) => Buffer.from(name.padEnd(32, '.')).toString('hex');
const digest = (name: string) => `sha256:${hex(name)}`;
const NONE: Needs = { releases: [], words: new Map() };

/** A version, named by its digest; 90 days old unless said otherwise. */
function version(name: string, over: Partial<Omit<Version, 'parts'>> & { parts?: string[] } = {}): Version {
  const { parts = [], subject, ...rest } = over;
  const more = subject === undefined ? {} : { subject: subject === 'gone' ? subject : digest(subject) };
  return {
    image: 'api',
    digest: digest(name),
    tags: [],
    at: 10 * DAY,
    found: 'listed',
    ...rest,
    parts: parts.map(digest),
    ...more,
  };
}
const tagged = (tag: string, over: Parameters<typeof version>[1] = {}) => version(tag, { tags: [tag], ...over });

/** `name: keep reason` */
function verdicts(versions: Version[], needs: Partial<Needs> = {}, policy: Partial<CleanupPolicy> = {}): string[] {
  const nameOf = (wanted: string) => Buffer.from(wanted.slice(7), 'hex').toString().replace(/\.+$/, '');
  return decideCleanup(versions, { ...NONE, ...needs }, { ...POLICY, ...policy }).map(
    ({ version: { digest: of }, action, reason }) => `${nameOf(of)}: ${action}, ${reason}`,
  );
}

const release = (tag: string, back: number, more = {}) => ({
  image: 'api',
  tag,
  bases: [],
  channel: 'main',
  back,
  ...more,
});

test.each<[string, Version, Partial<Needs>, string]>([
  ['a release that nothing needs', tagged('main-0000001'), {}, 'delete, not needed, 90 days old'],
  ['a preview of a pull request', tagged('pr-7-0000001'), {}, 'delete, not needed, 90 days old'],
  ['the current release', tagged('main-0000001'), { releases: [release('main-0000001', 0)] }, 'keep, current in main'],
  [
    'an earlier one, by digest',
    tagged('main-0000001'),
    { releases: [release('x', 2, { digest: digest('main-0000001') })] },
    'keep, 2 releases back in main',
  ],
  [
    'a release of another image',
    tagged('main-0000001'),
    { releases: [release('main-0000001', 0, { image: 'web' })] },
    'delete, not needed, 90 days old',
  ],
  [
    'a base of a release',
    tagged('main-0000001'),
    { releases: [release('x', 0, { image: 'web', bases: [digest('main-0000001')] })] },
    'keep, base of a kept release',
  ],
  [
    'a tag in a file',
    tagged('main-0000001'),
    { words: new Map([['main-0000001', 'k8s/x.yaml']]) },
    'keep, named in k8s/x.yaml',
  ],
  [
    'a digest in the cluster',
    tagged('main-0000001'),
    { words: new Map([[hex('main-0000001'), 'the cluster']]) },
    'keep, named in the cluster',
  ],
  ['a moving tag', tagged('latest'), {}, 'keep, tag latest does not name a commit'],
  [
    'a moving tag next to a release tag',
    version('x', { tags: ['main-0000001', '1.2'] }),
    {},
    'keep, tag 1.2 does not name a commit',
  ],
  ['a build cache', tagged('cache-linux-amd64'), {}, 'keep, build cache'],
  ['a young one', tagged('main-0000001', { at: 80 * DAY }), {}, 'keep, only 20 days old'],
  ['one of unknown age', version('x', { tags: ['main-0000001'], at: undefined }), {}, 'keep, its age is not known'],
  ['an untagged one', version('x'), {}, 'delete, untagged, 90 days old'],
  ['a young untagged one: its tag may be on its way', version('x', { at: 99 * DAY }), {}, 'keep, only 1 day old'],
  [
    'a signature of an image that is gone',
    tagged('sha256-x', { subject: 'gone' }),
    {},
    'delete, describes an image that is gone',
  ],
  [
    'an image that only a signature names',
    version('x', { found: 'subject' }),
    {},
    'keep, the registry does not list it',
  ],
])('%s', (_, one, needs, expected) => {
  expect(verdicts([one], needs).map((line) => line.replace(/^[^:]*: /, ''))).toEqual([expected]);
});

test('nothing of an image that no channel deploys is deleted: nobody knows who uses it', () => {
  expect(verdicts([tagged('main-0000001')], {}, { deployed: new Set() })).toEqual([
    'main-0000001: keep, no channel deploys this image',
  ]);
});

const family = (tag: string, ...parts: string[]) => [
  tagged(`sha256-${tag}.sig`, { subject: tag }),
  ...parts.map((part) => version(part, { found: 'part', at: undefined })),
  tagged(tag, { parts }),
];

test('platforms, attestations and signatures follow their image, also when another image shares a part', () => {
  const versions = [
    ...family('main-0000001', 'own', 'shared'),
    ...family('main-0000002', 'shared').filter(({ digest: of }) => of !== digest('shared')),
  ];
  const current = { releases: [release('main-0000002', 0)] };
  expect(verdicts(versions, current).sort()).toEqual([
    'main-0000001: delete, not needed, 90 days old',
    'main-0000002: keep, current in main',
    'own: delete, part of main-0000001',
    'sha256-main-0000001.sig: delete, describes main-0000001',
    'sha256-main-0000002.sig: keep, describes main-0000002',
    'shared: keep, part of main-0000002',
  ]);
});

test('a signature of one platform, and a list of referrers with what it lists, are kept with the image', () => {
  const versions = [
    ...family('main-0000001', 'amd64'),
    tagged('sha256-amd64', { subject: 'amd64', parts: ['bundle'] }),
    version('bundle', { subject: 'amd64' }),
  ];
  expect(
    verdicts(versions, { releases: [release('main-0000001', 0)] }).filter((line) => line.includes('delete')),
  ).toEqual([]);
});

test('each version comes after all that need it, so that a cleanup can end anywhere', () => {
  const versions = [
    ...family('main-0000001', 'own', 'shared'),
    ...family('main-0000002', 'shared').slice(0, 1),
    tagged('main-0000002', { parts: ['shared', 'nested'] }),
    version('nested', { parts: ['inner'] }),
    version('inner', { found: 'part' }),
  ];
  const order = verdicts(versions).map((line) => line.split(':')[0]);
  expect(order).toHaveLength(versions.length);
  const before = (a: string, b: string) => expect(order.indexOf(a)).toBeLessThan(order.indexOf(b));
  for (const whole of ['main-0000001', 'main-0000002']) before(whole, 'shared');
  before('main-0000001', 'sha256-main-0000001.sig');
  before('main-0000002', 'nested');
  before('nested', 'inner');
});

test('a part that is needed by itself is kept, and does not keep its image', () => {
  const words = new Map([[hex('own'), 'k8s/x.yaml']]);
  expect(verdicts(family('main-0000001', 'own'), { words }).sort()).toEqual([
    'main-0000001: delete, not needed, 90 days old',
    'own: keep, named in k8s/x.yaml',
    'sha256-main-0000001.sig: delete, describes main-0000001',
  ]);
});
