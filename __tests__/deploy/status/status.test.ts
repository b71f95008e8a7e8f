import {
  deployedReferences,
  type ChannelReading,
  type DeployedEntry,
  type Served,
} from '../../../src/deploy/status/status.js';
import { digestOf, sampleEntry, sampleLedger, sampleRelease } from '../ledger/fixtures.js';
import { api, assess, codes, IMAGE, reading, says, SERVED } from './fixtures.js';

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
        current: { status: 'deployed', release: sampleRelease(3) },
        previous: 'main-2222222',
        files: reading().files,
        served: SERVED,
        problems: [],
      },
    ],
  });
});

test.each<[string, Partial<DeployedEntry>]>([
  ['the tag alone', {}],
  ['the digest alone', { tag: undefined, digest: digestOf(3) }],
  ['both', { digest: digestOf(3) }],
])('a Kustomization that names %s as recorded has not drifted', (_, entry) => {
  expect(codes(reading({}, says(entry)))).toEqual([]);
});

test.each<[string, Partial<DeployedEntry>, string]>([
  ['another tag', { tag: 'main-hotfix' }, `${IMAGE}:main-hotfix`],
  ['another digest', { digest: digestOf(9) }, `${IMAGE}:main-3333333@${digestOf(9)}`],
  ['neither', { tag: undefined }, IMAGE],
])('a Kustomization with %s has drifted: both values, the line and the ways out are reported', (_, entry, written) => {
  const problem = api(reading({}, says(entry))).problems[0]!;
  expect(problem).toMatchObject({
    code: 'deploy/drifted',
    place: { file: 'k8s/kustomization.yml', line: 6 },
  });
  expect(problem.message).toBe(
    `The Kustomization deploys ${written}, but the ledger records ${IMAGE}:main-3333333@${digestOf(3)}.`,
  );
  expect(problem.fix).toContain('image-release rollback api --to main-3333333');
  expect(problem.fix).toContain(`image-release deploy --image api=${IMAGE}:`);
});

test('every entry that has drifted is reported, not the first alone', () => {
  const other = says({ tag: 'main-hotfix', place: { file: 'k8s/kustomization.yml', line: 9 } });
  expect(codes(reading({}, says({ tag: 'x' }), says(), other))).toEqual(['deploy/drifted', 'deploy/drifted']);
});

test.each<[string, Served, string, RegExp]>([
  [
    'stands at another digest',
    { status: 'moved', digest: digestOf(9), deployed: 'served' },
    'deploy/not-pullable',
    /but sha256:3+ was deployed\.$/,
  ],
  [
    'stands at another digest, and the one deployed is gone',
    { status: 'moved', digest: digestOf(9), deployed: 'gone' },
    'deploy/not-pullable',
    /which the registry no longer serves/,
  ],
  [
    'is gone, its digest is not',
    { status: 'untagged', digest: digestOf(3) },
    'deploy/not-pullable',
    /its digest sha256:3+ still exists/,
  ],
  ['is gone', { status: 'gone' }, 'deploy/not-pullable', /the next pod that has to pull it fails/],
])('a tag that %s is reported', (_, served, code, message) => {
  const [problem] = api(reading(), served).problems;
  expect(problem).toMatchObject({ code, severity: 'error', image: 'api' });
  expect(problem?.message).toMatch(message);
});

test('after a rollback the newest release is what it is pinned at', () => {
  const entry = sampleEntry('api', [3, 5], { status: 'rolled-back', newest: sampleRelease(5).source });
  expect(api(reading({ ledger: sampleLedger(entry) })).current).toEqual({
    status: 'rolled-back',
    release: sampleRelease(3),
    pinned: sampleRelease(5).source,
  });
});

test('without ledger the file speaks, and that there is none is a warning', () => {
  const status = assess(reading({ ledger: undefined }));
  expect(status).toMatchObject({
    ledger: 'absent',
    problems: [{ code: 'deploy/no-history', severity: 'warning' }],
    images: [{ current: { status: 'unrecorded', tag: 'main-3333333' }, problems: [] }],
  });
});

test('why a Kustomization does not deploy an image is reported', () => {
  const problem = {
    code: 'deploy/entry-missing' as const,
    severity: 'error' as const,
    message: 'm',
    fix: 'f',
  };
  const files = [{ key: 'api', path: 'k8s/kustomization.yml', entries: [], problem }];
  expect(api(reading({ files })).problems).toEqual([{ ...problem, image: 'api' }]);
});

describe('an image is found in the ledger', () => {
  const find = (images: ChannelReading['images'], entry = sampleEntry('api', [3])) =>
    api(reading({ images, ledger: sampleLedger(entry) })).current.status;

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

const PULL = { number: 7, url: 'https://github.com/acme/app/pull/7' };

describe('a proposed release', () => {
  const ledger = sampleLedger(sampleEntry('api', [3, 2], { status: 'proposed' }));
  const earlier = says({ tag: sampleRelease(2).tag });

  test('waits in its pull request: that the file says something earlier is no drift', () => {
    const status = api(reading({ ledger, proposal: PULL }, earlier));
    expect(status).toMatchObject({ current: { status: 'proposed', pullRequest: PULL }, problems: [] });
  });

  test('is deployed as soon as the file says it', () => {
    expect(api(reading({ ledger, proposal: 'none' }, says())).current.status).toBe('deployed');
  });

  test('whose pull request was closed is reported', () => {
    expect(codes(reading({ ledger, proposal: 'none' }, earlier))).toEqual(['deploy/drifted']);
  });

  test('is not missed where pull requests can not be asked for', () => {
    expect(codes(reading({ ledger, proposal: 'unknown' }, earlier))).toEqual([]);
  });
});

describe('the registry is asked', () => {
  test('for what the ledger records', () => {
    expect(deployedReferences(reading({}, says({ tag: 'main-hotfix' })))).toEqual([
      { key: 'api', image: IMAGE, tag: 'main-3333333', digest: digestOf(3) },
    ]);
  });

  test('for what the file says where nothing is recorded', () => {
    expect(deployedReferences(reading({ ledger: undefined }))).toEqual([
      { key: 'api', image: IMAGE, tag: 'main-3333333', digest: undefined },
    ]);
  });

  test('for nothing where there is no reference', () => {
    expect(deployedReferences(reading({ ledger: undefined }, says({ tag: undefined })))).toEqual([]);
  });
});
