import { plannedImage } from '../builders/samples.js';
import { INPUTS_ANNOTATION } from '../../src/plan/baseline.js';
import type { BuildDecision, ImagePlan } from '../../src/plan/plan.js';
import type { CommitRelation } from '../../src/registry/moving-tags/order.js';
import type { NewestRelease, TagOrdering } from '../../src/registry/moving-tags/tag-ordering.js';
import { publish, reconcilePublished, type PublishOptions } from '../../src/registry/publish.js';
import { LOGIN, NOTHING_READ } from './fixtures/release.js';
import { codesOf, openRegistryFixture, login, problemsOf, type RegistryFixture } from './fixtures/registry.js';
import { listTags, pushImage, tagDigest } from './fixtures/images.js';

let fixture: RegistryFixture;
let repositories = 0;

beforeAll(async () => {
  fixture = await openRegistryFixture(LOGIN);
});
beforeEach(() => {
  fixture.front.onRequest(() => undefined);
  fixture.front.seen.length = 0;
});
afterAll(() => fixture.stop());

/** Commits of main in their order, and one that diverged. */
const COMMITS = ['a1', 'b2', 'c3', 'd4'].map((word) => word.repeat(20));
const OTHER_LINE = 'e5'.repeat(20);

const compare = async (base: string, head: string): Promise<CommitRelation> => {
  if (base === head) return 'identical';
  if ([base, head].includes(OTHER_LINE)) return 'diverged';
  return COMMITS.indexOf(head) > COMMITS.indexOf(base) ? 'ahead' : 'behind';
};

const main = (commit: string) => ({
  tags: [`main-${commit.slice(0, 7)}`, 'latest'],
  order: 'commit' as const,
});
const version = (...tags: string[]) => ({ tags, order: 'version' as const });

/** A repository with releases of one image. */
function repository() {
  const path = `order${++repositories}/api`;
  const image = `${fixture.front.host}/${path}`;
  const now = (tag: string) => tagDigest(fixture.registry, path, tag);

  /** Pushes a build of a commit by digest, without a tag. */
  const build = async (commit: string, version: string, over: { seed?: string; fingerprint?: string } = {}) => {
    const annotations = {
      'org.opencontainers.image.revision': commit,
      'org.opencontainers.image.version': version,
      ...(over.fingerprint && { [INPUTS_ANNOTATION]: over.fingerprint }),
    };
    const seed = `${path} ${commit} ${over.seed}`;
    return (await pushImage(fixture.registry, path, { seed, annotations, attestations: () => [] })).digest;
  };

  const optionsOf = (
    commit: string,
    { tags, order }: ReturnType<typeof main> | ReturnType<typeof version>,
    how: Partial<ImagePlan & BuildDecision & { digest: string }> & { run?: number } & Partial<TagOrdering> & {
        pushed?: 'under-release-tag';
        built?: string;
      },
  ): PublishOptions => {
    const { run, mode = 'forward-only', newest = async () => [], pushed = 'by-digest', built, ...over } = how;
    const [releaseTag = '', ...moving] = tags;
    const planned = plannedImage('api', {
      ...{ image, tags: [...tags], releaseTag, attest: { provenance: 'off', sbom: 'off' } },
      movingTags: Object.fromEntries(moving.map((tag) => [tag, order])),
      ...over,
    });
    const made = {
      key: 'api',
      image,
      digest: built,
      pushed,
      seconds: 1,
      steps: { total: 1, cached: 0 },
    } as const;
    return {
      images: [planned],
      built: built === undefined ? [] : [made],
      source: { commit, commitTime: 1_700_000_000, ...(run !== undefined && { run }) },
      ordering: { mode, compare, newest },
      ...NOTHING_READ,
      client: fixture.client(login(LOGIN)),
    };
  };
  const release = async (...request: Parameters<typeof optionsOf>) => {
    const [published] = await publish(optionsOf(...request));
    return published!;
  };
  return { path, image, now, build, optionsOf, release };
}

const [A, B, C] = COMMITS as [string, string, string];
const putsSeen = () => fixture.front.seen.filter(({ method }) => method === 'PUT').length;

describe('moving tags move only forward', () => {
  test('a run of an older commit that finishes last moves neither latest nor the newer release tag', async () => {
    const { now, build, release } = repository();
    const newer = await build(B, 'main-b2b2b2b');
    const older = await build(A, 'main-a1a1a1a');
    await release(B, main(B), { built: newer });
    const late = await release(A, main(A), { built: older });
    expect(late).toMatchObject({
      status: 'built',
      tags: ['main-a1a1a1a'],
      skippedTags: [{ tag: 'latest', by: 'main-b2b2b2b', reason: 'newer-commit' }],
      warnings: [],
    });
    expect([await now('latest'), await now('main-b2b2b2b'), await now('main-a1a1a1a')]).toEqual([newer, newer, older]);
  });

  test('a reused image counts as the newer commit in the ledger, so an older run leaves latest alone', async () => {
    const { image, now, build, release } = repository();
    const first = await build(A, 'main-a1a1a1a');
    const second = await build(B, 'main-b2b2b2b');
    await release(A, main(A), { built: first });
    const again = await release(C, main(C), {
      status: 'unchanged',
      digest: first,
      since: { tag: 'main-a1a1a1a' },
    });
    expect(again).toMatchObject({ status: 'unchanged', digest: first, tags: ['main-c3c3c3c', 'latest'] });
    const newest: NewestRelease = { image, tag: 'main-a1a1a1a', digest: first, source: { commit: C } };
    const late = await release(B, main(B), { built: second, newest: async () => [newest] });
    expect(late.skippedTags).toMatchObject([{ tag: 'latest', reason: 'newer-commit' }]);
    expect(await now('latest')).toBe(first);
  });

  test('a late patch of an old version moves its own tags, but none of a newer version', async () => {
    const { now, build, release } = repository();
    const newer = await build(B, '1.2.0');
    const patch = await build(OTHER_LINE, '1.1.9');
    await release(B, version('1.2.0', '1.2', '1', 'latest'), { built: newer });
    const late = await release(OTHER_LINE, version('1.1.9', '1.1', '1', 'latest'), { built: patch });
    expect(late).toMatchObject({
      tags: ['1.1.9', '1.1'],
      skippedTags: [
        { tag: '1', by: '1.2.0', reason: 'newer-version' },
        { tag: 'latest', by: '1.2.0', reason: 'newer-version' },
      ],
    });
    expect([await now('1'), await now('1.1')]).toEqual([newer, patch]);
  });

  test('an older release moves latest back if rollbacks are allowed', async () => {
    const { now, build, release } = repository();
    const [older, newer] = [await build(A, 'main-a1a1a1a'), await build(B, 'main-b2b2b2b')];
    await release(B, main(B), { built: newer });
    expect((await release(A, main(A), { built: older, mode: 'allow-rollback' })).skippedTags).toEqual([]);
    expect(await now('latest')).toBe(older);
  });

  test('after the ledger is written, latest moves to its newest release and is reported as skipped', async () => {
    const { image, now, build, optionsOf, release } = repository();
    const [older, newer] = [await build(A, 'main-a1a1a1a'), await build(B, 'main-b2b2b2b')];
    const published = await release(A, main(A), { built: older });
    const newest: NewestRelease = { image, tag: 'main-b2b2b2b', digest: newer, source: { commit: B } };
    const options = optionsOf(A, main(A), { built: older, newest: async () => [newest] });
    const [settled] = await reconcilePublished({ ...options, published: [published] });
    expect(settled).toMatchObject({
      tags: ['main-a1a1a1a'],
      skippedTags: [{ tag: 'latest', by: 'main-b2b2b2b' }],
    });
    expect(await now('latest')).toBe(newer);
  });

  test("warns if the ledger can't be read after the tags were moved", async () => {
    const { now, build, release } = repository();
    const digest = await build(A, 'main-a1a1a1a');
    let reads = 0;
    const newest = async () => {
      if (reads++ > 0) throw new Error('the ledger is away');
      return [];
    };
    const published = await release(A, main(A), { built: digest, newest });
    expect(codesOf(published.warnings)).toEqual(['registry/tag-order-unknown']);
    expect([published.tags, await now('latest')]).toEqual([['main-a1a1a1a', 'latest'], digest]);
  });
});

describe('a release tag never moves', () => {
  const fingerprint = `v1:${'0'.repeat(64)}`;

  test('publishing fails before any push if the release tag names another build', async () => {
    const { path, build, optionsOf, release } = repository();
    await release(A, main(A), { built: await build(A, 'main-a1a1a1a', { fingerprint }), fingerprint });
    const ours = await build(A, 'main-a1a1a1a', { fingerprint: 'v1:other', seed: 'ours' });
    const tags = await listTags(fixture.registry, path);
    fixture.front.seen.length = 0;
    const problems = await problemsOf(publish(optionsOf(A, main(A), { built: ours, fingerprint: 'v1:other' })));
    expect(problems).toMatchObject([{ code: 'registry/release-tag-taken', image: 'api' }]);
    expect([putsSeen(), await listTags(fixture.registry, path)]).toEqual([0, tags]);
    // The Git tag was moved to another commit, but the version is taken anyway.
    await release(A, version('1.0.0'), { built: await build(A, '1.0.0', { fingerprint }), fingerprint });
    const moved = optionsOf(B, version('1.0.0'), {
      built: await build(B, '1.0.0', { fingerprint }),
      fingerprint,
    });
    expect(codesOf(await problemsOf(publish(moved)))).toEqual(['registry/release-tag-taken']);
  });

  test('a second run of a commit and fingerprint adopts the first image, if planning could read it', async () => {
    const { now, build, optionsOf, release } = repository();
    const first = await build(A, 'main-a1a1a1a', { fingerprint });
    const second = await build(A, 'main-a1a1a1a', { fingerprint, seed: 'second' });
    await release(A, main(A), { built: first, fingerprint, run: 1 });
    // If planning could not read the first image, this run may have built because that image is out of date.
    const blind = publish({ ...optionsOf(A, main(A), { built: second, fingerprint }), unread: ['api'] });
    expect(codesOf(await problemsOf(blind))).toEqual(['registry/release-tag-taken']);
    const joined = await release(A, main(A), { built: second, fingerprint, run: 2 });
    expect(joined).toMatchObject({ status: 'adopted', digest: first, tags: ['main-a1a1a1a', 'latest'] });
    expect([await now('main-a1a1a1a'), await now('latest')]).toEqual([first, first]);
  });

  test('publishing fails and moves no tag if no ledger records the image under the release tag', async () => {
    const { now, build, optionsOf } = repository();
    const foreign = await build(A, 'main-a1a1a1a', { fingerprint, seed: 'foreign' });
    await publish(optionsOf(A, main(A), { built: foreign, fingerprint }));
    const own = await build(A, 'main-a1a1a1a', { fingerprint });
    const options = optionsOf(A, main(A), { built: own, fingerprint });
    const asked: string[] = [];
    const objection: PublishOptions['objection'] = async (_image, digest) => {
      asked.push(digest);
      return 'No ledger records it.';
    };
    const problems = await problemsOf(publish({ ...options, objection }));
    expect(problems).toMatchObject([{ code: 'registry/release-tag-taken', detail: 'No ledger records it.' }]);
    expect([asked, await now('main-a1a1a1a'), await now('latest')]).toEqual([[foreign], foreign, foreign]);
  });

  test.each(['by-digest', 'under-release-tag'] as const)(
    'if another run pushes the release tag right after an image was pushed %s, adopts that image',
    async (pushed) => {
      const { path, now, build, release } = repository();
      const first = await build(A, 'main-a1a1a1a', { fingerprint });
      const second = await build(A, 'main-a1a1a1a', { fingerprint, seed: 'second' });
      const put = async (digest: string) => {
        const at = (reference: string) => `http://${fixture.registry.host}/v2/${path}/manifests/${reference}`;
        const type = 'application/vnd.oci.image.index.v1+json';
        const authorization = fixture.registry.authorization ?? '';
        const document = await fetch(at(digest), { headers: { authorization, accept: type } });
        const headers = { authorization, 'content-type': type };
        await fetch(at('main-a1a1a1a'), { method: 'PUT', headers, body: await document.text() });
      };
      if (pushed === 'under-release-tag') await put(first);
      let other: Promise<void> | undefined;
      const ourPut = pushed === 'by-digest' ? 'main-a1a1a1a' : 'latest';
      fixture.front.seen.length = 0;
      fixture.front.onRequest(({ method }) => {
        const done = fixture.front.seen.some((seen) => seen.method === 'PUT' && seen.path.endsWith(ourPut));
        return method === 'GET' && done ? { after: (other ??= put(second)) } : undefined;
      });
      const joined = await release(A, main(A), {
        ...{ built: first, fingerprint },
        ...(pushed === 'under-release-tag' && { pushed }),
      });
      expect(joined).toMatchObject({ status: 'adopted', digest: second });
      expect([await now('main-a1a1a1a'), await now('latest')]).toEqual([second, second]);
    },
  );
});

test('tags an unchanged image that was verified before without verifying it again', async () => {
  const { image, now, build, optionsOf } = repository();
  const digest = await build(A, 'main-a1a1a1a');
  const options = optionsOf(B, main(B), { status: 'unchanged', digest, since: { tag: 'main-a1a1a1a' } });
  const document = (await options.client.getManifest(image, digest))!;
  fixture.front.seen.length = 0;
  const published = await publish({ ...options, verified: [{ image, document, platforms: [] }] });
  expect(published).toMatchObject([{ status: 'unchanged', digest, tags: ['main-b2b2b2b', 'latest'] }]);
  expect(fixture.front.seen.filter(({ path }) => /blobs|sha256/.test(path))).toEqual([]);
  expect(await now('main-b2b2b2b')).toBe(digest);
});
