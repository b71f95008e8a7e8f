import type { DeployedEntry } from '../../../src/deploy/status/status.js';
import type { Served } from '../../../src/deploy/status/status.js';
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
])('a Kustomization with %s has drifted: both values, the line and the ways out are told', (_, entry, written) => {
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

test('every entry that has drifted is told, not the first alone', () => {
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
])('a tag that %s is told', (_, served, code, message) => {
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
