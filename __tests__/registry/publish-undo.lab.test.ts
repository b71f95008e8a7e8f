import { Cancelled } from '../../src/lib/errors.js';
import { publish } from '../../src/registry/publish.js';
import { times, type Fault, type SeenRequest } from './fixtures/front.js';
import { deletingTags, LOGIN, NO_ORDERING, NOTHING_READ, puts, release, run, SOURCE } from './fixtures/release.js';
import { codesOf, openRegistryFixture, login, problemsOf, type RegistryFixture } from './fixtures/registry.js';
import { pushImage, type PushedImage } from './fixtures/images.js';

let fixture: RegistryFixture;

beforeAll(async () => {
  fixture = await openRegistryFixture(LOGIN);
});
beforeEach(() => fixture.front.onRequest(() => undefined));
afterAll(() => fixture.stop());

describe("when a tag can't be pushed", () => {
  const refusal: Fault = {
    status: 403,
    body: JSON.stringify({ errors: [{ code: 'DENIED', message: 'permission_denied: write_package' }] }),
  };

  test("restores moved tags, deletes new ones, and quotes the registry's error", async () => {
    const { path: folder, images, built, earlier, tag } = await release(fixture);
    const decide = deletingTags((request) =>
      puts('latest')(request) && request.path.includes('/web/') && request.authorization ? refusal : undefined,
    );
    fixture.front.onRequest(decide);
    const problems = await problemsOf(run(fixture, { images, built }));
    expect(problems).toMatchObject([{ code: 'registry/denied', image: 'web' }]);
    expect(problems[0]?.message).toContain('permission_denied: write_package');
    for (const key of ['api', 'web']) expect(await tag(key, 'latest')).toBe(earlier[key]);
    for (const key of ['api', 'web']) {
      for (const name of ['main-1234567', '1.2']) {
        const path = `/v2/${folder}/${key}/manifests/${name}`;
        expect(decide({ method: 'HEAD', path, authorization: undefined })).toEqual({ status: 404 });
      }
    }
  });

  test("names the new tags that remain if the registry can't delete tags", async () => {
    const { images, built, earlier, tag } = await release(fixture, { tags: ['main-1234567', 'latest'] });
    fixture.front.onRequest((request) =>
      puts('latest')(request) && request.path.includes('/web/') ? refusal : undefined,
    );
    const problems = await problemsOf(run(fixture, { images, built }));
    expect(codesOf(problems)).toEqual(['registry/denied', 'registry/tags-left', 'registry/tags-left']);
    expect(
      problems
        .slice(1)
        .map(({ message }) => message)
        .join(),
    ).toContain(`The new tag ${images[0]?.image}:main-1234567 could not be removed`);
    expect(await tag('api', 'latest')).toBe(earlier.api);
  });

  test('succeeds if all answers to a push are lost but the tag was moved', async () => {
    const { images, built, digests, tag } = await release(fixture);
    fixture.front.onRequest((request) => (puts('latest')(request) ? { loseAnswer: true } : undefined));
    await run(fixture, { images, built });
    for (const key of ['api', 'web']) expect(await tag(key, 'latest')).toBe(digests[key]);
  });

  test("doesn't report a tag as left if it was restored although all answers were lost", async () => {
    const { images, built, earlier, tag } = await release(fixture, { tags: ['main-1234567', 'latest'] });
    fixture.front.onRequest(
      deletingTags((request) => {
        if (!puts('latest')(request)) return undefined;
        return request.path.includes('/web/') ? refusal : { loseAnswer: true };
      }),
    );
    expect(codesOf(await problemsOf(run(fixture, { images, built })))).toEqual(['registry/denied']);
    expect(await tag('api', 'latest')).toBe(earlier.api);
  });

  test("fails and restores moving tags if the registry accepts a release tag but doesn't serve it", async () => {
    const { images, built, earlier, tag } = await release(fixture);
    let taken = false;
    fixture.front.onRequest(
      deletingTags((request) => {
        if (puts('main-1234567')(request) && request.path.includes('/web/')) {
          taken = true;
          return { status: 201 };
        }
        return undefined;
      }),
    );
    const problems = await problemsOf(run(fixture, { images, built }));
    expect(taken).toBe(true);
    expect(problems).toMatchObject([{ code: 'registry/tag-not-moved', image: 'web' }]);
    for (const key of ['api', 'web']) expect(await tag(key, 'latest')).toBe(earlier[key]);
  });

  test("doesn't restore a tag that another run moved in the meantime", async () => {
    const { path, images, built, tag } = await release(fixture, { tags: ['main-1234567', 'latest'] });
    let taken: Promise<PushedImage> | undefined;
    fixture.front.onRequest(
      composed(
        deletingTags(() => undefined),
        (request) => {
          if (!puts('latest')(request) || !request.path.includes('/web/')) return undefined;
          taken = pushImage(fixture.registry, `${path}/api`, { seed: 'newer still' }, 'latest');
          return refusal;
        },
        ({ method, path }) =>
          method === 'GET' && path.endsWith('/api/manifests/latest') && taken ? { after: taken } : undefined,
      ),
    );
    fixture.front.seen.length = 0;
    await problemsOf(run(fixture, { images, built }));
    const apiPuts = fixture.front.seen.filter(
      (request) => puts('latest')(request) && request.path.includes(`${path}/api`),
    );
    expect(apiPuts).toHaveLength(1);
    expect(await tag('api', 'latest')).toBe((await taken)?.digest);
  });
});

const composed =
  (...deciders: ((request: SeenRequest) => Fault | undefined)[]) =>
  (request: SeenRequest): Fault | undefined => {
    for (const decide of deciders) {
      const fault = decide(request);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };

describe('when the run is cancelled', () => {
  test('before any tag was pushed, pushes none', async () => {
    const { images, built, tags } = await release(fixture);
    const cancel = new AbortController();
    fixture.front.onRequest(({ path }) => {
      if (path.includes('/manifests/sha256')) cancel.abort();
      return undefined;
    });
    await expect(run(fixture, { images, built, signal: cancel.signal })).rejects.toBeInstanceOf(Cancelled);
    expect(await tags('api')).toEqual(['latest']);
  });

  test("by a signal that the client doesn't have, pushes no tag", async () => {
    const { images, built, tags } = await release(fixture);
    const cancel = new AbortController();
    fixture.front.onRequest(({ path }) => {
      if (path.endsWith('/manifests/latest')) cancel.abort();
      return undefined;
    });
    const client = fixture.client(login(LOGIN));
    const order = { source: SOURCE, ordering: NO_ORDERING, ...NOTHING_READ };
    await expect(publish({ images, built, client, ...order, signal: cancel.signal })).rejects.toBeInstanceOf(Cancelled);
    expect(await tags('api')).toEqual(['latest']);
  });

  test('while tags are pushed, pushes the rest', async () => {
    const { images, built, digests, tag } = await release(fixture);
    const cancel = new AbortController();
    fixture.front.onRequest((request) => {
      if (puts('main-1234567')(request)) cancel.abort();
      return undefined;
    });
    await run(fixture, { images, built, signal: cancel.signal });
    for (const key of ['api', 'web']) expect(await tag(key, 'latest')).toBe(digests[key]);
  });

  test('while tags are pushed and the registry hangs, restores the moved tags', async () => {
    const { images, built, earlier, tag } = await release(fixture, { tags: ['main-1234567', 'latest'] });
    const cancel = new AbortController();
    const hangs = times(1, (request) => puts('latest')(request) && request.path.includes('/web/'), {
      silence: true,
    });
    fixture.front.onRequest(
      deletingTags((request) => {
        if (puts('latest')(request)) cancel.abort();
        return hangs(request);
      }),
    );
    const limits = { finishMs: 100, undoMs: 4000, longestUndoMs: 10_000 };
    await expect(run(fixture, { images, built, signal: cancel.signal, limits })).rejects.toBeInstanceOf(Cancelled);
    for (const key of ['api', 'web']) expect(await tag(key, 'latest')).toBe(earlier[key]);
  });

  test('and restoring tags hangs, too, ends and names the tags that are left', async () => {
    const { images, built } = await release(fixture, { tags: ['main-1234567', 'latest'] });
    const cancel = new AbortController();
    let hanging = false;
    fixture.front.onRequest((request) => {
      if (puts('latest')(request)) {
        hanging = true;
        cancel.abort();
      }
      return hanging ? { silence: true } : undefined;
    });
    const limits = { finishMs: 50, undoMs: 200, longestUndoMs: 10_000 };
    const problems = await problemsOf(run(fixture, { images, built, signal: cancel.signal, limits }));
    expect(new Set(codesOf(problems))).toEqual(new Set(['registry/tags-left']));
    expect(problems.map(({ message }) => message).join()).toContain(`${images[1]?.image}:latest`);
  });
});
