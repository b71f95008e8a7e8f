import type { ImageFiles } from '../../src/facts/build-files.js';
import { problemsOf } from './fixtures.js';

test('reports no problem if everything exists', () => {
  expect(problemsOf('images: { api: { target: runtime } }')).toEqual([]);
});

test.each<[string, string, Partial<ImageFiles>, object]>([
  [
    'a missing context, and no further error for its Dockerfile',
    'images: { api: { context: srv } }',
    { context: 'missing', dockerfile: undefined },
    { code: 'preflight/missing-context', message: /does not exist: srv/, line: 2, column: 27 },
  ],
  [
    'a context that is a file',
    'images: { api: }',
    { context: 'file' },
    { code: 'preflight/missing-context', message: /is a file, not a folder: api/, line: 2, column: 11 },
  ],
  [
    'a missing Dockerfile',
    'images: { api: { dockerfile: Other } }',
    { dockerfile: undefined },
    {
      code: 'preflight/missing-dockerfile',
      message: /does not exist: api\/Other/,
      fix: /^Create api\/Other/,
      line: 2,
      column: 30,
    },
  ],
  [
    'a Dockerfile path relative to the root',
    'images: { api: { dockerfile: api/Dockerfile } }',
    { dockerfile: undefined, dockerfileFromRoot: 'api/Dockerfile' },
    { code: 'preflight/missing-dockerfile', fix: /relative to the context: write `Dockerfile`\./ },
  ],
  [
    'a Dockerfile path relative to the root, outside the context',
    'images: { api: { context: services/api, dockerfile: docker/api.Dockerfile } }',
    { dockerfile: undefined, dockerfileFromRoot: 'docker/api.Dockerfile' },
    { code: 'preflight/missing-dockerfile', fix: /write `\.\.\/\.\.\/docker\/api\.Dockerfile`\./ },
  ],
  [
    'a missing stage',
    'images: { api: { target: run } }',
    {},
    {
      code: 'preflight/missing-target',
      message: /api\/Dockerfile has no stage named run/,
      fix: /build, runtime/,
      line: 2,
      column: 26,
    },
  ],
  [
    'a missing stage if no stage has a name',
    'images: { api: { target: run } }',
    { dockerfile: 'FROM busybox\n' },
    { code: 'preflight/missing-target', fix: /FROM … AS <name>/ },
  ],
  [
    'a secret without its variable',
    'images: { api: { secrets: { npm: { env: NPM_TOKEN } } } }',
    { missingSecretVariables: ['NPM_TOKEN'] },
    {
      code: 'preflight/missing-secret',
      message: /NPM_TOKEN, which is not set/,
      fix: /secrets\.NPM_TOKEN/,
      line: 2,
      column: 27,
    },
  ],
  [
    'a secret without its file',
    'images: { api: { secrets: { npm: { file: .npmrc } } } }',
    { missingSecretFiles: ['.npmrc'] },
    { code: 'preflight/missing-secret', message: /the file \.npmrc, which can't be read/ },
  ],
])('reports as an error at its place: %s', (_, yaml, files, expected) => {
  const { message = /./, fix = /./, line, column, code } = expected as Record<string, never>;
  expect(problemsOf(yaml, { api: files })).toEqual([
    expect.objectContaining({
      code,
      severity: 'error',
      image: 'api',
      message: expect.stringMatching(message),
      fix: expect.stringMatching(fix),
      ...(line === undefined ? {} : { place: { file: 'image-release.yml', line, column } }),
    }),
  ]);
});

test('also reports a missing Dockerfile outside a missing context', () => {
  const yaml = 'images: { api: { dockerfile: ../docker/api.Dockerfile } }';
  const files = { api: { context: 'missing', dockerfile: undefined } as const };
  expect(problemsOf(yaml, files).map(({ code }) => code)).toEqual([
    'preflight/missing-context',
    'preflight/missing-dockerfile',
  ]);
});

test('finds a stage by name in any case, but not by number', () => {
  expect(problemsOf('images: { api: { target: RUNTIME } }')).toEqual([]);
  expect(problemsOf('images: { api: { target: "1" } }')).toMatchObject([{ code: 'preflight/missing-target' }]);
});

test('only warns about the frontend if a Dockerfile uses another one', () => {
  const dockerfile = '# syntax=acme/dockerfile:1\nFROM busybox AS one\n';
  expect(problemsOf('images: { api: { target: two } }', { api: { dockerfile } })).toMatchObject([
    {
      code: 'preflight/dockerfile-unreadable',
      severity: 'warning',
      place: { file: 'api/Dockerfile', line: 1 },
      message: expect.stringMatching(/acme\/dockerfile:1/),
    },
  ]);
});

test('reports problems of all images at once, even of an image with an invalid name', () => {
  const files = { api: { context: 'missing' }, web: { dockerfile: undefined } } as const;
  expect(problemsOf('images: { api: { image: A }, web: }', files).map(({ code, image }) => [code, image])).toEqual([
    ['preflight/missing-context', 'api'],
    ['preflight/missing-dockerfile', 'web'],
  ]);
});

describe('warnings', () => {
  test('warns if the configured Actions cache is missing', () => {
    const yaml = 'images: { api: }\ncache: gha';
    const actions = (cacheService: boolean) => ({ environment: { kind: 'actions', cacheService } as const });
    expect(problemsOf(yaml, {}, actions(false))).toMatchObject([
      { code: 'preflight/no-cache-service', severity: 'warning' },
    ]);
    expect(problemsOf(yaml, {}, actions(true))).toEqual([]);
  });

  test('warns if the default Actions cache is missing, but not with another cache or at a terminal', () => {
    const noService = { environment: { kind: 'actions', cacheService: false } } as const;
    const [problem, ...others] = problemsOf('images: { api: }', {}, noService);
    expect(problem).toMatchObject({
      code: 'preflight/no-cache-service',
      severity: 'warning',
      message: expect.stringMatching(/layers are built again unless the builder still has them/),
      fix: expect.stringMatching(/`uses:`.*ACTIONS_RUNTIME_TOKEN.*`cache: none`/),
    });
    expect(others).toEqual([]);
    for (const cache of ['none', 'registry']) {
      expect(problemsOf(`images: { api: }\ncache: ${cache}`, {}, noService)).toEqual([]);
    }
    expect(problemsOf('images: { api: }', {}, { environment: { kind: 'terminal' } })).toEqual([]);
  });

  test.each(['auto', 'gha'])('warns about a cache service that never answers, with `cache: %s`', (cache) => {
    const silent = { kind: 'actions', cacheService: false, cacheSilent: true } as const;
    const yaml = `images: { api: }${cache === 'auto' ? '' : `\ncache: ${cache}`}`;
    expect(problemsOf(yaml, {}, { environment: silent })).toMatchObject([
      {
        code: 'preflight/no-cache-service',
        severity: 'warning',
        message: expect.stringMatching(/doesn't answer, so the release goes on without it/),
      },
    ]);
  });

  test('warns about uncommitted changes with the first five paths and the number of others', () => {
    const uncommitted = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    expect(problemsOf('images: { api: }', {}, { uncommitted })).toMatchObject([
      {
        code: 'preflight/uncommitted-changes',
        severity: 'warning',
        message: expect.stringMatching(/commit 1a2b3c4, .*: a, b, c, d, e and 2 more\.$/),
      },
    ]);
  });
});
