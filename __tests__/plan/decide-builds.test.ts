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

test('an image whose inputs are published is not built, and the plan says since when', () => {
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
  ['its file is another', 'server.js', { inputs: known(), baseline: reading([changed]) }],
  ['nothing is published', 'never published', { inputs: known(), baseline: reading([]) }],
  [
    'what is deployed is gone',
    'the registry no longer has main-0000001',
    { inputs: known(), baseline: reading([], { gone: 'main-0000001' }) },
  ],
  [
    'what is published can not be read',
    'what is published could not be read',
    { inputs: known(), baseline: reading([], { problems: [UNREADABLE] }) },
  ],
  ['nothing may be asked', 'not compared: offline', { inputs: known() }],
  ['rebuild', 'forced', { inputs: known(), baseline: fresh, request: { rebuild: true } }],
  ['it has no-cache', 'no-cache', { inputs: known(), baseline: fresh, image: { noCache: true } }],
  [
    'skip-unchanged is off',
    'skip-unchanged is off',
    { inputs: known(), baseline: fresh, config: { unchanged: 'rebuild' } },
  ],
  [
    'its inputs can not be pinned',
    'ADD of a URL',
    { inputs: { status: 'unknown', reason: 'ADD of a URL' }, baseline: fresh },
  ],
  ['its inputs were not read', 'its inputs were not read', { baseline: fresh }],
  [
    'an image that it is made of has changed',
    'base image node:20 changed',
    {
      inputs: known(),
      baseline: reading([candidate({ verdict: { status: 'unfit', reason: 'base image node:20 changed' } }), changed]),
    },
  ],
  [
    'what is published tells nothing',
    'main-0000001 has no record of its inputs',
    {
      inputs: known(),
      baseline: reading([candidate({ fingerprint: undefined, verdict: { status: 'other-inputs' } })]),
    },
  ],
  [
    'what is published tells no more than that it is different',
    'other inputs than main-0000001',
    {
      inputs: known(),
      baseline: reading([candidate({ fingerprint: OLD, verdict: { status: 'other-inputs' } })]),
    },
  ],
])('it is built when %s', (_, reason, given) => {
  const { image } = decide(given);
  expect(image.status).toBe('build');
  expect(image.reason).toContain(reason);
  const pinned = given.inputs?.status === 'known' ? NOW : undefined;
  expect(image.fingerprint).toBe(pinned);
  expect(image.annotations[INPUTS_ANNOTATION]).toBe(pinned);
  expect(image.annotations[RECORD_ANNOTATION] === undefined).toBe(pinned === undefined);
  expect(image.configured).toEqual({ labels: {}, annotations: {} });
});

test('a later candidate serves where the first does not, as after a revert', () => {
  const earlier = candidate({ tag: 'main-0000002', digest: D2, commitsSince: 1 });
  const { image } = decide({ inputs: known(), baseline: reading([changed, earlier]) });
  expect(image).toMatchObject({ status: 'unchanged', digest: D2, reason: 'since main-0000002 (1 commit)' });
});

test('a run that pushes nothing does not build what is unchanged either, and looks at no release tag', () => {
  const publish = { mode: 'build-only', reason: 'push is off' } as const;
  const existingTag = { digest: D2, commit: 'f'.repeat(40) };
  const baseline = reading([candidate()], { existingTag });
  const { image, problems } = decide({ inputs: known(), baseline, publish });
  expect(image.status).toBe('unchanged');
  expect(problems).toEqual([]);
});

test('what could not be read is reported', () => {
  const { problems } = decide({ inputs: known(), baseline: reading([], { problems: [UNREADABLE] }) });
  expect(problems).toEqual([UNREADABLE]);
});
