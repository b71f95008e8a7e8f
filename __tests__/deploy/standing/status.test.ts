import {
  assessStatus,
  questionsOf,
  type ChannelReading,
  type StandingEntry,
} from '../../../src/deploy/standing/status.js';
import type { Served } from '../../../src/deploy/standing/status-registry.js';
import { digestOf, sampleEntry, sampleLedger, sampleRelease } from '../ledger/ledger-samples.js';

const IMAGE = 'ghcr.io/acme/api';
const SERVED: Served = { status: 'served', digest: digestOf(3) };
const PULL = { number: 7, url: 'https://github.com/acme/app/pull/7' };

const says = (over: Partial<StandingEntry> = {}): StandingEntry => ({
  place: { file: 'k8s/kustomization.yml', line: 6, column: 5 },
  image: IMAGE,
  tag: sampleRelease(3).tag,
  ...over,
});

function reading(over: Partial<ChannelReading> = {}, ...entries: StandingEntry[]): ChannelReading {
  return {
    channel: 'main',
    branch: 'main',
    images: [{ key: 'api', image: IMAGE }],
    ledger: sampleLedger(sampleEntry('api', [3, 2, 1])),
    files: [{ key: 'api', path: 'k8s/kustomization.yml', entries: entries.length > 0 ? entries : [says()] }],
    problems: [],
    proposal: 'none',
    ...over,
  };
}

const assess = (what: ChannelReading, served: Served = SERVED) =>
  assessStatus(what, new Map([['api', served]]));
const api = (what: ChannelReading, served?: Served) => assess(what, served).images[0]!;
const codes = (what: ChannelReading, served?: Served) => api(what, served).problems.map(({ code }) => code);

test('what file, ledger and registry agree on is sound', () => {
  expect(assess(reading())).toEqual({
    channel: 'main',
    branch: 'main',
    ledger: 'recorded',
    problems: [],
    images: [
      {
        key: 'api',
        image: IMAGE,
        standing: { status: 'deployed', release: sampleRelease(3) },
        previous: 'main-2222222',
        files: reading().files,
        served: SERVED,
        problems: [],
      },
    ],
  });
});

test.each<[string, Partial<StandingEntry>]>([
  ['the tag alone', {}],
  ['the digest alone', { tag: undefined, digest: digestOf(3) }],
  ['both', { digest: digestOf(3) }],
])('a Kustomization that names %s as recorded has not drifted', (_, entry) => {
  expect(codes(reading({}, says(entry)))).toEqual([]);
});

test.each<[string, Partial<StandingEntry>, string]>([
  ['another tag', { tag: 'main-hotfix' }, `${IMAGE}:main-hotfix`],
  ['another digest', { digest: digestOf(9) }, `${IMAGE}:main-3333333@${digestOf(9)}`],
  ['neither', { tag: undefined }, IMAGE],
])(
  'a Kustomization with %s has drifted: both values, the line and the ways out are told',
  (_, entry, written) => {
    const problem = api(reading({}, says(entry))).problems[0]!;
    expect(problem).toMatchObject({
      code: 'deploy/drifted',
      place: { file: 'k8s/kustomization.yml', line: 6 },
    });
    expect(problem.message).toBe(
      `The Kustomization deploys ${written}, but ${IMAGE}:main-3333333@${digestOf(3)} is on record.`,
    );
    expect(problem.fix).toContain('image-release rollback api --to main-3333333');
    expect(problem.fix).toContain(`image-release deploy --image api=${IMAGE}:`);
  },
);

test('every entry that has drifted is told, not the first alone', () => {
  const other = says({ tag: 'main-hotfix', place: { file: 'k8s/kustomization.yml', line: 9 } });
  expect(codes(reading({}, says({ tag: 'x' }), says(), other))).toEqual(['deploy/drifted', 'deploy/drifted']);
});

test.each<[string, Served, string, RegExp]>([
  [
    'stands at another digest',
    { status: 'moved', digest: digestOf(9), deployed: 'served' },
    'deploy/tag-moved',
    /but sha256:3+ was deployed\.$/,
  ],
  [
    'stands at another digest, and the one deployed is gone',
    { status: 'moved', digest: digestOf(9), deployed: 'gone' },
    'deploy/tag-moved',
    /which the registry no longer serves/,
  ],
  [
    'is gone, its digest is not',
    { status: 'untagged', digest: digestOf(3) },
    'deploy/no-longer-served',
    /its digest sha256:3+ is still there/,
  ],
  ['is gone', { status: 'gone' }, 'deploy/no-longer-served', /the next pod that has to pull it fails/],
])('a tag that %s is told', (_, served, code, message) => {
  const [problem] = api(reading(), served).problems;
  expect(problem).toMatchObject({ code, severity: 'error', image: 'api' });
  expect(problem?.message).toMatch(message);
});

test('after a rollback the newest release is what it is pinned at', () => {
  const entry = sampleEntry('api', [3, 5], { status: 'rolled-back', newest: sampleRelease(5).source });
  expect(api(reading({ ledger: sampleLedger(entry) })).standing).toEqual({
    status: 'rolled-back',
    release: sampleRelease(3),
    pinned: sampleRelease(5).source,
  });
});

describe('a proposed release', () => {
  const ledger = sampleLedger(sampleEntry('api', [3, 2], { status: 'proposed' }));
  const earlier = says({ tag: sampleRelease(2).tag });

  test('waits in its pull request: that the file says something earlier is no drift', () => {
    const status = api(reading({ ledger, proposal: PULL }, earlier));
    expect(status).toMatchObject({ standing: { status: 'proposed', pullRequest: PULL }, problems: [] });
  });

  test('is deployed as soon as the file says it', () => {
    expect(api(reading({ ledger, proposal: 'none' }, says())).standing.status).toBe('deployed');
  });

  test('whose pull request was closed is told', () => {
    expect(codes(reading({ ledger, proposal: 'none' }, earlier))).toEqual(['deploy/drifted']);
  });

  test('is not missed where pull requests can not be asked for', () => {
    expect(codes(reading({ ledger, proposal: 'unknown' }, earlier))).toEqual([]);
  });
});

test('without ledger the file speaks, and that there is none is a warning', () => {
  const status = assess(reading({ ledger: undefined }));
  expect(status).toMatchObject({
    ledger: 'absent',
    problems: [{ code: 'deploy/no-history', severity: 'warning' }],
    images: [{ standing: { status: 'unrecorded', tag: 'main-3333333' }, problems: [] }],
  });
});

test('why a Kustomization does not deploy an image is told', () => {
  const problem = {
    code: 'deploy/entry-missing' as const,
    severity: 'error' as const,
    message: 'm',
    fix: 'f',
  };
  const files = [{ key: 'api', path: 'k8s/kustomization.yml', entries: [], problem }];
  expect(api(reading({ files })).problems).toEqual([{ ...problem, image: 'api' }]);
});

describe('the registry is asked', () => {
  test('for what the ledger records', () => {
    expect(questionsOf(reading({}, says({ tag: 'main-hotfix' })))).toEqual([
      { key: 'api', image: IMAGE, tag: 'main-3333333', digest: digestOf(3) },
    ]);
  });

  test('for what the file says where nothing is recorded', () => {
    expect(questionsOf(reading({ ledger: undefined }))).toEqual([
      { key: 'api', image: IMAGE, tag: 'main-3333333', digest: undefined },
    ]);
  });

  test('for nothing where there is no reference', () => {
    expect(questionsOf(reading({ ledger: undefined }, says({ tag: undefined })))).toEqual([]);
  });
});

describe('an image is found in the ledger', () => {
  const find = (images: ChannelReading['images'], entry = sampleEntry('api', [3])) =>
    api(reading({ images, ledger: sampleLedger(entry) })).standing.status;

  test.each([
    ['docker.io/acme/api', 'acme/api'],
    ['docker.io/acme/api', 'index.docker.io/acme/api'],
  ])('%s as %s', (configured, recorded) => {
    const entry = sampleEntry('other', [3], { image: recorded });
    expect(find([{ key: 'api', image: configured }], entry)).toBe('deployed');
  });

  test('by its key where the configuration names no registry', () => {
    expect(find([{ key: 'api', releasedFrom: 'Acme/App' }])).toBe('deployed');
  });

  test('never under the same key of another repository that shares the channel', () => {
    expect(find([{ key: 'api', image: 'ghcr.io/shop/api', releasedFrom: 'shop/web' }])).toBe('unrecorded');
  });
});
