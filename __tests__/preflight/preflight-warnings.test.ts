import { problemsOf } from './preflight-problems.js';

describe('warnings, which stop nothing', () => {
  test('a runner without the Actions cache that is configured', () => {
    const yaml = 'images: { api: }\ncache: gha';
    const actions = (cacheService: boolean) => ({ environment: { kind: 'actions', cacheService } as const });
    expect(problemsOf(yaml, {}, actions(false))).toMatchObject([
      { code: 'preflight/no-cache-service', severity: 'warning' },
    ]);
    expect(problemsOf(yaml, {}, actions(true))).toEqual([]);
  });

  test('a runner without it where it is the default, and silence where it is not wanted', () => {
    const noService = { environment: { kind: 'actions', cacheService: false } } as const;
    const [problem, ...others] = problemsOf('images: { api: }', {}, noService);
    expect(problem).toMatchObject({
      code: 'preflight/no-cache-service',
      severity: 'warning',
      message: expect.stringMatching(/layers are built anew unless the builder still has them/),
      fix: expect.stringMatching(/`uses:`.*ACTIONS_RUNTIME_TOKEN.*`cache: none`/),
    });
    expect(others).toEqual([]);
    for (const cache of ['none', 'registry']) {
      expect(problemsOf(`images: { api: }\ncache: ${cache}`, {}, noService)).toEqual([]);
    }
    expect(problemsOf('images: { api: }', {}, { environment: { kind: 'terminal' } })).toEqual([]);
  });

  test.each(['auto', 'gha'])('a cache service that never answers, with `cache: %s`', (cache) => {
    const silent = { kind: 'actions', cacheService: false, cacheSilent: true } as const;
    const yaml = `images: { api: }${cache === 'auto' ? '' : `\ncache: ${cache}`}`;
    expect(problemsOf(yaml, {}, { environment: silent })).toMatchObject([
      {
        code: 'preflight/no-cache-service',
        severity: 'warning',
        message: expect.stringMatching(/gives no answer, so the release goes on without it/),
      },
    ]);
  });

  test('changes that the commit does not hold: the first five, and how many more', () => {
    const uncommitted = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    expect(problemsOf('images: { api: }', {}, { uncommitted })).toMatchObject([
      {
        code: 'preflight/uncommitted-changes',
        severity: 'warning',
        message: expect.stringMatching(/commit 1a2b3c4 .*: a, b, c, d, e and 2 more\.$/),
      },
    ]);
  });
});
