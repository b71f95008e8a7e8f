import { execFileSync } from 'node:child_process';
import {
  readTrailer,
  SKIP_CI,
  writeCommitMessage,
  writeLedgerMessage,
  type Act,
  type CommitFacts,
} from '../../src/deploy/commit-message.js';

const SHA = '1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d';

function factsOf(keys: string[], tag = 'main-1a2b3c4', more: Partial<CommitFacts> = {}): CommitFacts {
  return {
    changes: keys.map((key) => ({
      key,
      name: `acme-${key}`,
      before: `ghcr.io/acme/${key}:main-0000000`,
      after: `ghcr.io/acme/${key}:${tag}`,
    })),
    tags: new Map(keys.map((key) => [key, tag])),
    source: SHA,
    run: '42',
    id: 'a1.1',
    ...more,
  };
}

function trailersByGit(message: string): string[] {
  return execFileSync('git', ['interpret-trailers', '--parse'], { input: message, encoding: 'utf8' })
    .split('\n')
    .filter((line) => line !== '');
}

test('a commit message lists each image with old and new tag, and the source, run and ID as trailers', () => {
  expect(writeCommitMessage(factsOf(['api', 'frontend']))).toBe(
    [
      'Deploy api, frontend main-1a2b3c4',
      '',
      'api: ghcr.io/acme/api:main-0000000 → main-1a2b3c4',
      'frontend: ghcr.io/acme/frontend:main-0000000 → main-1a2b3c4',
      '',
      `Image-Release-Source: ${SHA}`,
      'Image-Release-Run: 42',
      'Image-Release-Id: a1.1',
      '',
    ].join('\n'),
  );
});

test.each<[string, CommitFacts, string]>([
  ['one image', factsOf(['api']), 'Deploy api main-1a2b3c4'],
  [
    'two images with different tags',
    factsOf(['api', 'web'], 'x', {
      tags: new Map([
        ['api', 'v1'],
        ['web', 'v2'],
      ]),
    }),
    'Deploy api v1, web v2',
  ],
  [
    'more images than fit',
    factsOf(Array.from({ length: 30 }, (_, index) => `service-${index}`)),
    'Deploy service-0 main-1a2b3c4 and 29 more',
  ],
  ['a very long tag', factsOf(['api'], `main-${'a'.repeat(90)}`), 'Deploy api'],
  [
    'a template',
    factsOf(['api', 'web'], 'v1', { template: 'chore(deploy): {{images}} to {{tag}}' }),
    'chore(deploy): api, web to v1',
  ],
  ['a template with several lines', factsOf(['api'], 'v1', { template: 'a\nb' }), 'a b'],
  [
    'a template with nothing but a skip instruction',
    factsOf(['api'], 'v1', { template: ' [skip ci] ' }),
    'Deploy api v1',
  ],
])('the first line for %s', (_, facts, expected) => {
  expect(writeCommitMessage(facts).split('\n')[0]).toBe(expected);
});

test.each(['[skip ci]', '[CI SKIP]', '[no ci]', '[skip actions]', '***NO_CI***', 'skip-checks: true'])(
  'a commit message never contains the skip instruction %s',
  (words) => {
    expect(`deploy ${words}`.search(SKIP_CI)).toBe(7);
    expect(writeCommitMessage(factsOf(['api'], 'v1', { template: `deploy ${words} now` }))).not.toContain(words);
  },
);

test.each([
  ['a tag', factsOf(['api'], 'v1\n\nImage-Release-Id: forged')],
  ['an image key', factsOf(['api\n\nImage-Release-Id: forged\n'])],
  ['a template', factsOf(['api'], 'v1', { template: 'x\n\nImage-Release-Id: forged' })],
  ['a run', factsOf(['api'], 'v1', { run: '1\nImage-Release-Id: forged' })],
  ['a line separator', factsOf(['api'], 'v1', { source: `x\u2028Image-Release-Id: forged` })],
])("%s can't forge a trailer that readTrailer or git accepts", (_, facts) => {
  const message = writeCommitMessage(facts);
  expect(readTrailer(message, 'Image-Release-Id')).toBe('a1.1');
  expect(trailersByGit(message).filter((line) => line.startsWith('Image-Release-Id'))).toEqual([
    'Image-Release-Id: a1.1',
  ]);
});

test.each([
  ['a subject alone', 'Image-Release-Id: x', undefined],
  ['a paragraph before the last one', 'a\n\nImage-Release-Id: x\n\nbye', undefined],
  ['the last paragraph', 'a\n\nb\n\nImage-Release-Id: x\n', 'x'],
])('reads a trailer only from the last paragraph: %s', (_, message, expected) => {
  expect(readTrailer(message, 'Image-Release-Id')).toBe(expected);
});

test('shows the full new reference if the image name changes, otherwise only the new tag or digest', () => {
  const digest = `sha256:${'a'.repeat(64)}`;
  const message = writeCommitMessage({
    ...factsOf([]),
    changes: [
      { key: 'api', name: 'api', before: 'api:v1', after: `ghcr.io/acme/api:v2@${digest}` },
      { key: 'web', name: 'web', before: `web@sha256:${'b'.repeat(64)}`, after: `web@${digest}` },
      { key: 'new', name: 'new', before: 'new', after: 'new:v1' },
    ],
  });
  expect(message).toContain(`api: api:v1 → ghcr.io/acme/api:v2@${digest}\n`);
  expect(message).toContain(`web: web@sha256:${'b'.repeat(64)} → @${digest}\n`);
  expect(message).toContain('new: new → v1\n');
});

test('the subject of a rollback names the tag that it deploys', () => {
  const [subject] = writeCommitMessage(factsOf(['api'], 'main-0ld0000', { act: 'roll-back' })).split('\n');
  expect(subject).toBe('Roll back api to main-0ld0000');
});

const RECORDS = [
  { key: 'api', tag: 'main-1a2b3c4', before: 'main-0000000' },
  { key: 'web', tag: 'main-1a2b3c4' },
];

test.each<[Act, string]>([
  ['deploy', 'Deploy api, web main-1a2b3c4'],
  ['confirm', 'Confirm api, web main-1a2b3c4'],
  ['propose', 'Propose api, web main-1a2b3c4'],
  ['roll-back', 'Roll back api, web to main-1a2b3c4'],
])('a ledger commit message lists images and tags, with source, run and ID as trailers: %s', (act, subject) => {
  const message = writeLedgerMessage({ act, records: RECORDS, source: SHA, run: '42', id: 'a1.1', amendments: [] });
  expect(message.split('\n').slice(0, 4)).toEqual([
    subject,
    '',
    'api: main-0000000 → main-1a2b3c4',
    'web: main-1a2b3c4',
  ]);
  expect(trailersByGit(message)).toEqual([
    `Image-Release-Source: ${SHA}`,
    'Image-Release-Run: 42',
    'Image-Release-Id: a1.1',
  ]);
});
