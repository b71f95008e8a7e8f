import {
  deployedReferences,
  type ChannelReading,
  type DeployedEntry,
  type Served,
} from '../../../src/deploy/status/status.js';
import { digestOf, sampleEntry, sampleLedger, sampleRelease } from '../ledger/fixtures.js';
import { api, assess, codes, IMAGE, reading, says, SERVED } from './fixtures.js';

test('reports no problem if file, ledger and registry agree', () => {
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
  ['only the tag', {}],
  ['only the digest', { tag: undefined, digest: digestOf(3) }],
  ['both the tag and the digest', { digest: digestOf(3) }],
])("a Kustomization with %s from the ledger hasn't drifted", (_, entry) => {
  expect(codes(reading({}, says(entry)))).toEqual([]);
});

test.each<[string, Partial<DeployedEntry>, string]>([
  ['another tag', { tag: 'main-hotfix' }, `${IMAGE}:main-hotfix`],
  ['another digest', { digest: digestOf(9) }, `${IMAGE}:main-3333333@${digestOf(9)}`],
  ['neither tag nor digest', { tag: undefined }, IMAGE],
])('reports a Kustomization with %s as drifted, with both references, the line and two fixes', (_, entry, written) => {
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

test('reports every drifted entry, not only the first one', () => {
  const other = says({ tag: 'main-hotfix', place: { file: 'k8s/kustomization.yml', line: 9 } });
  expect(codes(reading({}, says({ tag: 'x' }), says(), other))).toEqual(['deploy/drifted', 'deploy/drifted']);
});

test.each<[string, Served, string, RegExp]>([
  [
    'points to another digest',
    { status: 'moved', digest: digestOf(9), deployed: 'served' },
    'deploy/not-pullable',
    /but sha256:3+ was deployed\.$/,
  ],
  [
    'points to another digest while the deployed one is gone',
    { status: 'moved', digest: digestOf(9), deployed: 'gone' },
    'deploy/not-pullable',
    /which the registry no longer serves/,
  ],
  [
    'is gone while its digest still exists',
    { status: 'untagged', digest: digestOf(3) },
    'deploy/not-pullable',
    /its digest sha256:3+ still exists/,
  ],
  [
    'is gone together with its digest',
    { status: 'gone' },
    'deploy/not-pullable',
    /the next pod that has to pull it fails/,
  ],
])('reports a tag that %s', (_, served, code, message) => {
  const [problem] = api(reading(), served).problems;
  expect(problem).toMatchObject({ code, severity: 'error', image: 'api' });
  expect(problem?.message).toMatch(message);
});

test('after a rollback, `pinned` is the source of the newest release', () => {
  const entry = sampleEntry('api', [3, 5], { status: 'rolled-back', newest: sampleRelease(5).source });
  expect(api(reading({ ledger: sampleLedger(entry) })).current).toEqual({
    status: 'rolled-back',
    release: sampleRelease(3),
    pinned: sampleRelease(5).source,
  });
});

test('without a ledger, reports the tag in the file as unrecorded, with a warning', () => {
  const status = assess(reading({ ledger: undefined }));
  expect(status).toMatchObject({
    ledger: 'absent',
    problems: [{ code: 'deploy/no-history', severity: 'warning' }],
    images: [{ current: { status: 'unrecorded', tag: 'main-3333333' }, problems: [] }],
  });
});

test("reports why a Kustomization doesn't deploy an image", () => {
  const problem = {
    code: 'deploy/entry-missing' as const,
    severity: 'error' as const,
    message: 'm',
    fix: 'f',
  };
  const files = [{ key: 'api', path: 'k8s/kustomization.yml', entries: [], problem }];
  expect(api(reading({ files })).problems).toEqual([{ ...problem, image: 'api' }]);
});

describe('finding an image in the ledger', () => {
  const find = (images: ChannelReading['images'], entry = sampleEntry('api', [3])) =>
    api(reading({ images, ledger: sampleLedger(entry) })).current.status;

  test.each([
    ['docker.io/acme/api', 'acme/api'],
    ['docker.io/acme/api', 'index.docker.io/acme/api'],
  ])('%s matches the recorded %s', (configured, recorded) => {
    const entry = sampleEntry('other', [3], { image: recorded });
    expect(find([{ key: 'api', image: configured }], entry)).toBe('deployed');
  });

  test('matches the key if the configuration names no registry', () => {
    expect(find([{ key: 'api', releasedFrom: 'Acme/App' }])).toBe('deployed');
  });

  test("doesn't match the same key of another repository in the channel", () => {
    expect(find([{ key: 'api', image: 'ghcr.io/shop/api', releasedFrom: 'shop/web' }])).toBe('unrecorded');
  });
});

const PULL = { number: 7, url: 'https://github.com/acme/app/pull/7' };

describe('a proposed release', () => {
  const ledger = sampleLedger(sampleEntry('api', [3, 2], { status: 'proposed' }));
  const earlier = says({ tag: sampleRelease(2).tag });

  test("waits in its pull request, and an earlier tag in the file isn't drifted", () => {
    const status = api(reading({ ledger, proposal: PULL }, earlier));
    expect(status).toMatchObject({ current: { status: 'proposed', pullRequest: PULL }, problems: [] });
  });

  test('counts as deployed once the file contains its tag', () => {
    expect(api(reading({ ledger, proposal: 'none' }, says())).current.status).toBe('deployed');
  });

  test('is reported as drifted if its pull request is closed', () => {
    expect(codes(reading({ ledger, proposal: 'none' }, earlier))).toEqual(['deploy/drifted']);
  });

  test("isn't reported as drifted if pull requests can't be read", () => {
    expect(codes(reading({ ledger, proposal: 'unknown' }, earlier))).toEqual([]);
  });
});

describe('the references to check in the registry', () => {
  test('come from the ledger, not from the file', () => {
    expect(deployedReferences(reading({}, says({ tag: 'main-hotfix' })))).toEqual([
      { key: 'api', image: IMAGE, tag: 'main-3333333', digest: digestOf(3) },
    ]);
  });

  test('come from the file if nothing is recorded', () => {
    expect(deployedReferences(reading({ ledger: undefined }))).toEqual([
      { key: 'api', image: IMAGE, tag: 'main-3333333', digest: undefined },
    ]);
  });

  test('are empty if nothing is recorded and the file has no tag', () => {
    expect(deployedReferences(reading({ ledger: undefined }, says({ tag: undefined })))).toEqual([]);
  });
});
