import { createMemoryTarget } from '../../../testing/memory-remote/target.js';
import { Cancelled, failure } from '../../../src/lib/errors.js';
import { findKnownReleases, type KnownReleasesRequest } from '../../../src/deploy/status/known-releases.js';
import type { DeployTarget } from '../../../src/deploy/target.js';
import { API } from '../requests.js';
import { createWorld } from '../rollout-world.js';

const [FIRST, SECOND] = ['a', 'b'].map((digit) => `sha256:${digit.repeat(64)}`) as [string, string];
const IMAGES = [
  { key: 'api', image: API.image },
  { key: 'other', image: 'ghcr.io/acme/other' },
];
const CHANNELS = [{ branch: 'main', channel: 'main' }];

/** Two releases of `api`; the second one reuses an earlier build. */
async function released() {
  const world = createWorld();
  const [a, b] = [world.source(), world.source()];
  await world.release(a, { rollouts: [{ ...API, releaseTag: a.tag, digest: FIRST, fingerprint: 'v1:1' }] });
  await world.release(b, {
    rollouts: [{ ...API, releaseTag: b.tag, digest: SECOND, unchanged: true, builtFrom: 'e'.repeat(40) }],
  });
  const opened: string[] = [];
  const find = (over: Partial<KnownReleasesRequest> = {}, target: Partial<DeployTarget> = {}) =>
    findKnownReleases({
      channels: CHANNELS,
      images: IMAGES,
      openTarget: ({ branch }) => {
        opened.push(branch);
        return { ...createMemoryTarget({ remote: world.remote, branch }), ...target };
      },
      ...over,
    });
  return { a, b, opened, find };
}

test('lists the current release before earlier ones, with source commits, reading each channel once', async () => {
  const { a, b, opened, find } = await released();
  expect(await find({ channels: [...CHANNELS, ...CHANNELS] })).toEqual({
    known: {
      api: [
        { tag: b.tag, digest: SECOND, commit: 'e'.repeat(40), standing: 'current' },
        { tag: a.tag, digest: FIRST, commit: a.commit, fingerprint: 'v1:1', standing: 'earlier' },
      ],
      other: [],
    },
    problems: [],
  });
  expect(opened).toEqual(['main']);
});

const refused = failure({ code: 'deploy/not-pullable', message: 'No.', fix: 'Ask.' });
test.each<[string, Partial<DeployTarget>, string]>([
  ["can't be read", { readLedgers: () => Promise.reject(refused) }, 'No.'],
  ['is damaged', { readLedgers: async () => [{ channel: 'main', oid: 'x', text: '{' }] }, 'damaged'],
  [
    'times out',
    {
      readLedgers: (_channels, options) =>
        new Promise((_resolve, reject) =>
          options?.signal?.addEventListener('abort', () => reject(new Cancelled('reading'))),
        ),
    },
    'No answer within 0.05 s.',
  ],
])('a ledger that %s causes only a warning', async (_, target, detail) => {
  const { find } = await released();
  const { known, problems } = await find({ deadlineMs: 50 }, target);
  expect(known).toEqual({ api: [], other: [] });
  expect(problems).toMatchObject([
    { code: 'registry/baseline-unreadable', severity: 'warning', detail: expect.stringContaining(detail) },
  ]);
});
