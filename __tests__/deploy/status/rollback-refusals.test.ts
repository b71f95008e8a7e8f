import { chooseRollback, readDestination } from '../../../src/deploy/status/rollback.js';
import { commitOf, sampleEntry, sampleLedger, sampleRelease } from '../ledger/fixtures.js';
import { API, WEB } from './fixtures.js';

test('all images without such a release are told at once, with what there is', () => {
  const ledger = sampleLedger(sampleEntry('api', [3, 2]), sampleEntry('web', [1]));
  const { problems } = chooseRollback(
    ledger,
    [API, WEB, { key: 'job', image: 'ghcr.io/acme/job' }],
    readDestination('main-2222223'),
  );
  expect(problems).toEqual([
    {
      code: 'deploy/no-such-release',
      severity: 'error',
      image: 'api',
      message: 'The ledger has no release of api by the tag or commit main-2222223.',
      fix: 'Did you mean --to main-2222222?',
      detail: [
        'main-3333333  2026-01-03 10:11 UTC  from 3333333  (deployed now)',
        'main-2222222  2026-01-02 10:11 UTC  from 2222222',
      ].join('\n'),
    },
    {
      code: 'deploy/no-such-release',
      severity: 'error',
      image: 'web',
      message: 'web has no earlier release on record: main-1111111 is the only one.',
      fix: 'Name another one in full: image-release deploy --image web=ghcr.io/acme/web:TAG --allow-rollback.',
    },
    {
      code: 'deploy/no-history',
      severity: 'error',
      image: 'job',
      message: 'The ledger of channel main has no release of job (ghcr.io/acme/job).',
      fix: 'Name the release yourself: image-release deploy --image job=ghcr.io/acme/job:TAG --allow-rollback.',
    },
  ]);
});

test('more steps than there are releases are refused', () => {
  const { choices, problems } = chooseRollback(sampleLedger(sampleEntry('api', [3, 2])), [API], readDestination('-2'));
  expect(choices).toEqual([]);
  expect(problems[0]?.message).toBe('api has no 2 releases before main-3333333.');
});

test('a commit abbreviated so far that it means two is refused', () => {
  const twin = sampleRelease(1, { source: { commit: commitOf(2).slice(0, 39) + 'f' }, tag: 'main-other' });
  const entry = { ...sampleEntry('api', [3, 2]), history: [sampleRelease(2), twin] };
  const { problems } = chooseRollback(sampleLedger(entry), [API], readDestination(commitOf(2).slice(0, 7)));
  expect(problems[0]).toMatchObject({
    code: 'deploy/no-such-release',
    fix: 'Give more digits of the commit, or the tag.',
  });
});

test('a few hexadecimal digits are a tag or nothing, not a commit', () => {
  const { problems } = chooseRollback(sampleLedger(sampleEntry('api', [3, 2])), [API], readDestination('222222'));
  expect(problems[0]?.code).toBe('deploy/no-such-release');
});
