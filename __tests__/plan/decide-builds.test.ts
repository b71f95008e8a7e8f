import { INPUTS_ANNOTATION, RECORD_ANNOTATION } from '../../src/plan/baseline.js';
import {
  candidate,
  changed,
  D1,
  D2,
  decide,
  known,
  NOW,
  OLD,
  reading,
  UNREADABLE,
  type Case,
} from './baseline-fixtures.js';

test('an image with a published fingerprint is unchanged, and the plan names tag and commit of that image', () => {
  const { image, problems } = decide({ inputs: known(), baseline: reading([candidate()]) });
  expect(image).toMatchObject({
    status: 'unchanged',
    digest: D1,
    since: { tag: 'main-0000001', commit: '0000001'.padEnd(40, '0'), commits: 12 },
    reason: 'since main-0000001 (12 commits)',
    fingerprint: NOW,
  });
  expect(problems).toEqual([]);
});

const fresh = reading([candidate()]);
test.each<[string, string, Case]>([
  ['a file has changed', 'server.js', { inputs: known(), baseline: reading([changed]) }],
  ['nothing is published', 'never published', { inputs: known(), baseline: reading([]) }],
  [
    'the deployed image is gone',
    'the registry no longer has main-0000001',
    { inputs: known(), baseline: reading([], { gone: 'main-0000001' }) },
  ],
  [
    "the published images can't be read",
    'what is published could not be read',
    { inputs: known(), baseline: reading([], { problems: [UNREADABLE] }) },
  ],
  ['the run is offline', 'not compared: offline', { inputs: known() }],
  ['`rebuild` is set', 'forced', { inputs: known(), baseline: fresh, request: { rebuild: true } }],
  ['`no-cache` is set', 'no-cache', { inputs: known(), baseline: fresh, image: { noCache: true } }],
  [
    'skip-unchanged is off',
    'skip-unchanged is off',
    { inputs: known(), baseline: fresh, config: { unchanged: 'rebuild' } },
  ],
  [
    "its inputs can't be pinned",
    'ADD of a URL',
    { inputs: { status: 'unknown', reason: 'ADD of a URL' }, baseline: fresh },
  ],
  ['its inputs were not read', 'its inputs were not read', { baseline: fresh }],
  [
    'its base image has changed',
    'base image node:20 changed',
    {
      inputs: known(),
      baseline: reading([candidate({ verdict: { status: 'unfit', reason: 'base image node:20 changed' } }), changed]),
    },
  ],
  [
    'the published image has no record of its inputs',
    'main-0000001 has no record of its inputs',
    {
      inputs: known(),
      baseline: reading([candidate({ fingerprint: undefined, verdict: { status: 'other-inputs' } })]),
    },
  ],
  [
    'the published image has another fingerprint and no record',
    'other inputs than main-0000001',
    {
      inputs: known(),
      baseline: reading([candidate({ fingerprint: OLD, verdict: { status: 'other-inputs' } })]),
    },
  ],
])('builds the image if %s', (_, reason, given) => {
  const { image } = decide(given);
  expect(image.status).toBe('build');
  expect(image.reason).toContain(reason);
  const pinned = given.inputs?.status === 'known' ? NOW : undefined;
  expect(image.fingerprint).toBe(pinned);
  expect(image.annotations[INPUTS_ANNOTATION]).toBe(pinned);
  expect(image.annotations[RECORD_ANNOTATION] === undefined).toBe(pinned === undefined);
  expect(image.configured).toEqual({ labels: {}, annotations: {} });
});

test('reuses a later candidate if the first has changed, as after a revert', () => {
  const earlier = candidate({ tag: 'main-0000002', digest: D2, commitsSince: 1 });
  const { image } = decide({ inputs: known(), baseline: reading([changed, earlier]) });
  expect(image).toMatchObject({ status: 'unchanged', digest: D2, reason: 'since main-0000002 (1 commit)' });
});

test('a run that pushes nothing also reuses unchanged images, and ignores existing release tags', () => {
  const publish = { mode: 'build-only', reason: 'push is off' } as const;
  const existingTag = { digest: D2, commit: 'f'.repeat(40) };
  const baseline = reading([candidate()], { existingTag });
  const { image, problems } = decide({ inputs: known(), baseline, publish });
  expect(image.status).toBe('unchanged');
  expect(problems).toEqual([]);
});

test('reports problems with reading published images', () => {
  const { problems } = decide({ inputs: known(), baseline: reading([], { problems: [UNREADABLE] }) });
  expect(problems).toEqual([UNREADABLE]);
});
