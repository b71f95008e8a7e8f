import { COMPLETED, EXCERPT, follow, json, recorded, STARTED } from './fixtures/progress.js';

describe.each(['rawjson-buildx-0.13', 'rawjson-buildx-0.29'])('%s', (name) => {
  const bytes = recorded(name);

  test('assigns each step to the image of its target', () => {
    const { log } = follow(bytes, ['api', 'bad']);
    const names = (key: string | undefined) => log.steps.filter((step) => step.key === key).map((step) => step.name);
    expect(names('api')).toEqual(
      expect.arrayContaining([
        '[base 2/3] COPY busybox /bin/sh',
        '[internal] load .dockerignore',
        'exporting to image',
      ]),
    );
    expect(names('bad')).toContain('[stage-1 1/2] RUN echo first');
    expect(names(undefined)).toEqual(['[internal] load local bake definitions']);
  });

  test('reports the failed step with its error and last output', () => {
    const { log, events } = follow(bytes, ['api', 'bad']);
    const step = { key: 'bad', name: expect.stringMatching(/^\[stage-1 2\/2\] RUN echo out;/) };
    const error = expect.stringContaining('exit code: 3');
    expect(log.failed).toMatchObject([{ step, error }]);
    expect([...log.failed[0]!.output].sort()).toEqual(['err', 'more', 'out']);
    expect(events.filter(({ type }) => type === 'failed')).toMatchObject([{ step, error }]);
  });

  test('keeps lines that are not progress as text', () => {
    expect(follow(bytes, ['api', 'bad']).log.text).toEqual(EXCERPT);
  });

  test('gives the same log for any chunk size', () => {
    const whole = follow(bytes, ['api', 'bad']).log;
    for (const chunk of [1, 7, 4096]) expect(follow(bytes, ['api', 'bad'], chunk).log).toEqual(whole);
  });

  test('counts each step of an image once', () => {
    const { images } = follow(bytes, ['api', 'bad']).log;
    expect(images['api']!.steps).toEqual({ total: 4, cached: 4 });
    expect(images['bad']!.steps.total).toBe(5);
    expect(images['bad']!.seconds).toBeGreaterThan(0);
  });
});

test("reports a cache that couldn't be saved as a warning", () => {
  const name = '[api] exporting to GitHub Actions Cache';
  const vertex = { digest: 'sha256:1', name, started: STARTED, completed: COMPLETED, error: '429' };
  const { log } = follow(json({ vertexes: [vertex] }), ['api', 'web']);
  expect(log.failed).toEqual([]);
  expect(log.warnings).toEqual([{ key: 'api', message: 'The build cache of api was not saved: 429' }]);
});

test('keeps the place of a check in the Dockerfile', () => {
  const short = Buffer.from('FromAsCasing: casing does not match').toString('base64');
  const range = [{ start: { line: 3 } }];
  const warning = {
    vertex: 'sha256:1',
    short,
    url: 'https://docs.docker.com/x',
    range,
    sourceInfo: { filename: 'Dockerfile' },
  };
  const vertex = { digest: 'sha256:1', name: '[api internal] load build definition', started: STARTED };
  const { log } = follow(json({ vertexes: [vertex] }, { warnings: [warning] }), ['api', 'web']);
  expect(log.warnings).toEqual([
    {
      key: 'api',
      message: 'FromAsCasing: casing does not match',
      url: 'https://docs.docker.com/x',
      place: { file: 'Dockerfile', line: 3 },
    },
  ]);
});

test('keeps the last 20 lines of a step, and joins characters that are split between packets', () => {
  const text = Buffer.from(Array.from({ length: 30 }, (_, at) => `zeile ☃ ${at}\n`).join(''));
  const parts = [text.subarray(0, 7), text.subarray(7)].map((data) => ({
    vertex: 'v',
    data: data.toString('base64'),
  }));
  const vertex = { digest: 'v', name: '[1/1] RUN x', started: STARTED };
  const failed = { ...vertex, completed: COMPLETED, error: 'exit code: 1' };
  const { log } = follow(json({ vertexes: [vertex] }, { logs: parts }, { vertexes: [failed] }), ['api']);
  expect(log.failed[0]!.output).toEqual(Array.from({ length: 20 }, (_, at) => `zeile ☃ ${at + 10}`));
});

test('keeps lines that only look like JSON objects as text', () => {
  const text = ['{"broken', '{ not json', '{', ' "a": ', '}'];
  const { log } = follow(Buffer.from(`${text.join('\n')}\n`), ['api']);
  expect(log.text).toEqual(text);
});

test('assigns every step to a single image, whatever the name of its stage', () => {
  const step = { digest: 'sha256:1', name: '[web 1/2] RUN true', started: STARTED, completed: COMPLETED };
  const { log } = follow(json({ vertexes: [step] }), ['api']);
  expect(log.steps).toMatchObject([{ key: 'api', name: '[web 1/2] RUN true' }]);
  expect(log.images['api']).toEqual({ seconds: 3.5, steps: { total: 1, cached: 0 } });
});

test.each([
  ['[api linux/arm64 deps 2/5] RUN npm ci', 'api', '[linux/arm64 deps 2/5] RUN npm ci'],
  ['[api] pushing ghcr.io/acme/api with docker', 'api', 'pushing ghcr.io/acme/api with docker'],
  ['[api] [auth] acme/api:pull token for ghcr.io', 'api', '[auth] acme/api:pull token for ghcr.io'],
  ['[apiary 1/2] RUN true', undefined, '[apiary 1/2] RUN true'],
  ['[internal] booting buildkit', undefined, '[internal] booting buildkit'],
])('the image of the step %s is %s', (name, key, rest) => {
  const vertex = { digest: 'sha256:1', name, started: STARTED, completed: COMPLETED };
  const { log } = follow(json({ vertexes: [vertex] }), ['api', 'web']);
  expect(log.steps).toMatchObject([{ name: rest }]);
  expect(log.steps[0]!.key).toBe(key);
});

test.each([
  [
    'process "/bin/sh -c sleep 9" did not complete successfully: exit code: 137: context canceled',
    '[api 1/1] RUN sleep 9',
  ],
  [
    'rpc error: code = Unavailable desc = error reading from server: EOF: context canceled',
    '[api internal] load build context',
  ],
  [
    'failed to configure registry cache importer: ghcr.io/acme/api:cache: not found',
    '[api] importing cache manifest from ghcr.io/acme/api:cache',
  ],
])('counts no step as failed for the error %s', (error, name) => {
  const vertex = { digest: 'sha256:1', name, started: STARTED, completed: COMPLETED, error };
  expect(follow(json({ vertexes: [vertex] }), ['api', 'web']).log.failed).toEqual([]);
});
