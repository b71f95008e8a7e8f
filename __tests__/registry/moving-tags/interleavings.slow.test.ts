import { plannedImage } from '../../builders/samples.js';
import { INPUTS_ANNOTATION } from '../../../src/plan/baseline.js';
import { type TagOrdering } from '../../../src/registry/moving-tags/tag-ordering.js';
import type { ReadTags } from '../../../src/registry/cached-reads.js';
import { publish, reconcilePublished } from '../../../src/registry/publish.js';
import { explore, type Course } from './explore.js';
import { Memory, memoryClient, type Turn } from './memory.js';
import { soak } from '../../../testing/soak.js';

const INTERRUPTIONS = Number(process.env['INTERRUPTIONS'] ?? soak(1, 2));

const IMAGE = 'example.org/acme/api';
/** Commits, oldest first; `0` is already released. */
const COMMITS = [0, 1, 2, 3].map((number) => `${number}a`.repeat(20));
const tagOf = (commit: number) => `main-${COMMITS[commit]!.slice(0, 7)}`;

interface Run {
  commit: number;
  /** ID of the run; default: the number of its commit. */
  run?: number;
  /** Commit whose build is reused. */
  reuses?: number;
}

/** `read once`: the ledger is read before publishing only, because the write detects whether it changed. */
type How =
  | 'ledger'
  | 'read once'
  | 'without a ledger'
  | 'without a last look'
  | 'without a last look if its tags were current';

/** Runs the real code for publishing and reconciling tags on a registry and a ledger in memory. */
function courseOf(runs: readonly Run[], how: How): Course {
  const memory = new Memory();
  const build = (commit: number, seed = '') =>
    memory.document(
      {
        'org.opencontainers.image.revision': COMMITS[commit]!,
        'org.opencontainers.image.version': tagOf(commit),
        [INPUTS_ANNOTATION]: 'v1:same',
      },
      seed,
    );
  const first = build(0);
  for (const tag of ['latest', tagOf(0)]) memory.tags.set(tag, first);
  memory.ledger = {
    image: IMAGE,
    tag: tagOf(0),
    digest: first.digest,
    source: { commit: COMMITS[0]!, run: 0 },
  };
  // Release tags that only one run writes take no turns.
  const shared = runs.filter(({ commit }, index) => runs.some((other, at) => at !== index && other.commit === commit));
  const contended = ['latest', ...shared.map(({ commit }) => tagOf(commit))];
  return {
    memory,
    runs: runs.map(({ commit, run = commit, reuses }, index) => async (turn: Turn) => {
      const document = reuses === undefined ? build(commit, shared.length > 0 ? `${index}` : '') : build(reuses);
      const source = { commit: COMMITS[commit]!, commitTime: commit, run };
      const releaseTag = tagOf(commit);
      const decision =
        reuses === undefined
          ? ({ status: 'build', reason: '' } as const)
          : ({ status: 'unchanged', digest: document.digest, since: { tag: releaseTag }, reason: '' } as const);
      const image = plannedImage('api', {
        ...{ image: IMAGE, releaseTag, tags: [releaseTag, 'latest'], movingTags: { latest: 'commit' } },
        ...{ ...decision, fingerprint: 'v1:same', attest: { provenance: 'off', sbom: 'off' } },
      });
      const readLedger = () => turn('read ledger', () => (memory.ledger ? [memory.ledger] : []));
      const early = how === 'read once' ? await readLedger() : undefined;
      const ordering: TagOrdering = {
        mode: 'forward-only',
        compare: async (base, head) => {
          const ahead = COMMITS.indexOf(head) - COMMITS.indexOf(base);
          return ahead > 0 ? 'ahead' : ahead < 0 ? 'behind' : 'identical';
        },
        newest: () => (how === 'without a ledger' ? Promise.resolve([]) : readLedger()),
      };
      const client = memoryClient(memory, contended, turn);
      const verified = [...memory.documents.values()].map((found) => ({
        image: IMAGE,
        document: found,
        platforms: [],
      }));
      const pushed = { key: 'api', image: IMAGE, digest: document.digest, pushed: 'by-digest' } as const;
      const built = reuses === undefined ? [{ ...pushed, seconds: 1, steps: { total: 1, cached: 0 } }] : [];
      // The tags that the plan read.
      const named = async (tag: string) => [`${IMAGE}:${tag}`, await client.getManifest(IMAGE, tag)] as const;
      const tags: ReadTags = new Map(reuses === undefined ? [] : await Promise.all([releaseTag, 'latest'].map(named)));
      const options = { images: [image], source, built, verified, unread: [], tags, client, ordering };
      const published = await publish({
        ...options,
        ...(early && { ordering: { ...ordering, newest: async () => early } }),
      });
      const { digest, tagsFound } = published[0]!;
      const { known, replaced } = await turn('write ledger', () => {
        const { source: newest, digest: before } = memory.ledger!;
        const later = COMMITS.indexOf(newest.commit) - commit || newest.run! - run;
        if (later > 0) return { known: [], replaced: 'another' };
        memory.ledger = { image: IMAGE, tag: releaseTag, digest, source: { commit: source.commit, run } };
        return {
          known: how === 'read once' ? [[memory.ledger]] : [],
          replaced: before === digest ? 'the same' : 'another',
        };
      });
      // The same decision as in `release`.
      const needsBoth = how === 'ledger' || how === 'read once';
      const isDone = tagsFound === 'current' && (replaced === 'the same' || !needsBoth);
      if (how === 'without a last look' || (how !== 'without a ledger' && isDone)) return;
      const last = { ...ordering, newest: async () => known.pop() ?? (await ordering.newest()) };
      await reconcilePublished({ ...options, published, ordering: last });
    }),
  };
}

/** @returns what is wrong if the newest release lacks the ledger, its release tag or `latest` after all runs */
function newestWins(memory: Memory, runs: readonly Run[]): string | undefined {
  const newest = Math.max(...runs.map(({ commit }) => commit));
  const { ledger, tags } = memory;
  if (ledger === undefined || ledger.source.commit !== COMMITS[newest])
    return `the ledger has ${ledger?.tag ?? 'nothing'}`;
  const { digest } = ledger;
  const wrong = ['latest', tagOf(newest)].find((tag) => tags.get(tag)?.digest !== digest);
  return wrong && `${wrong} names ${tags.get(wrong)?.digest}`;
}

describe.each(['ledger', 'read once'] as const)('the newest release has latest after all runs (%s)', (how) => {
  test.each<[string, Run[]]>([
    ['two runs that build different commits', [{ commit: 1 }, { commit: 2 }]],
    ['two runs, the newer of which reuses the oldest build', [{ commit: 1 }, { commit: 2, reuses: 0 }]],
    ['two runs, the older of which reuses an older build', [{ commit: 1, reuses: 0 }, { commit: 2 }]],
  ])('in every interleaving of %s', async (_, runs) => {
    const { states, failures } = await explore(
      () => courseOf(runs, how),
      (memory) => newestWins(memory, runs),
    );
    expect(failures.slice(0, 1)).toEqual([]);
    expect(states).toBeGreaterThan(how === 'ledger' ? 100 : 30);
  });

  test.each<[string, Run[]]>([
    [
      'two runs of one commit, which share a release tag',
      [
        { commit: 1, run: 1 },
        { commit: 1, run: 2 },
      ],
    ],
    [
      'three runs of different commits, the last of which reuses the oldest build',
      [{ commit: 1 }, { commit: 2 }, { commit: 3, reuses: 0 }],
    ],
  ])(`with up to ${INTERRUPTIONS} interruptions at any point of %s`, async (_, runs) => {
    const { states, failures } = await explore(
      () => courseOf(runs, how),
      (memory) => newestWins(memory, runs),
      INTERRUPTIONS,
    );
    expect(failures.slice(0, 1)).toEqual([]);
    expect(states).toBeGreaterThan(how === 'ledger' ? 200 : 50);
  });
});

describe('the search finds an interleaving in which the newest release loses latest:', () => {
  const runs = [{ commit: 1 }, { commit: 2, reuses: 0 }];
  const latestOfNewest = (memory: Memory) =>
    memory.tags.get('latest')?.digest === memory.tags.get(tagOf(2))?.digest ? undefined : 'an older one has it';

  test.each<[string, How]>([
    ['without a ledger, as documented in docs/tags.md', 'without a ledger'],
    ['if no run reconciles its tags after the ledger is written', 'without a last look'],
    [
      'if a run whose tags were current skips reconciling, whatever release the ledger named',
      'without a last look if its tags were current',
    ],
  ])('%s', async (_, without) => {
    const { failures } = await explore(() => courseOf(runs, without), latestOfNewest);
    expect(failures.length).toBeGreaterThan(0);
  });
});
