import { LOG, read, says } from './fixtures/executor-log.js';

test('turns log lines of the executor into Dockerfile steps, and other lines into step output', () => {
  const { events, record } = read([...LOG, says('CMD ["node"]'), says('Pushing image to r/api:x')], 'done');
  const ended = events.flatMap((event) =>
    event.type === 'completed' || event.type === 'cached' ? [[event.type, event.step.name]] : [],
  );
  expect(ended).toEqual([
    ['completed', '[deps 1/2] WORKDIR /app'],
    ['cached', '[deps 2/2] RUN npm ci'],
    ['completed', '[stage-1 1/2] COPY main.js /app/'],
    ['completed', '[stage-1 2/2] RUN npm run build'],
    ['completed', 'pushing r/api:x'],
  ]);
  expect(record.pushing).toBe(true);
  expect(record.counts).toEqual({ total: 4, cached: 1 });
  expect(events.filter(({ type }) => type === 'output')).toMatchObject([
    { line: '> build', step: { name: '[stage-1 2/2] RUN npm run build' } },
    { line: expect.stringContaining('looks like') as string },
  ]);
  expect(record.error).toBeUndefined();
});

test('step names contain the platform if it is given', () => {
  const { events } = read([says('RUN npm run build')], 'done', 'FROM a\nRUN npm run build\n', 'linux/arm64');
  expect(events).toMatchObject([{ step: { name: '[linux/arm64 1/1] RUN npm run build' } }, {}]);
});

test("doesn't report a stopped step as failed", () => {
  const { events } = read(LOG, 'stopped');
  expect(events.filter(({ type }) => type === 'failed')).toEqual([]);
});

test('reads Dockerfile checks as warnings, and records why the cache was not written', () => {
  const { record } = read(
    [
      says(
        "FromAsCasing: 'as' and 'FROM' keywords' casing do not match (line 4)\n\thttps://docs.example.org/x",
        'warning',
      ),
      says('Error uploading layer to cache: DENIED: no', 'warning'),
    ],
    'done',
  );
  expect(record.warnings).toEqual([
    {
      key: 'api',
      message: "'as' and 'FROM' keywords' casing do not match",
      url: 'https://docs.example.org/x',
      place: { file: 'Dockerfile', line: 4 },
    },
  ]);
  expect(record.cacheRefusal).toBe('DENIED: no');
});

test('assigns output and failure to the running step while a layer is pushed to the cache', () => {
  const error =
    'error building image: error building stage: failed to execute command: waiting for process to exit: exit status 9';
  const lines = [
    says("Building stage 'base:1' [idx: '0', base-idx: '-1']"),
    says('RUN echo fresh > /fresh'),
    says('Pushing layer registry.example.org/shop/cache:53583eff57 to cache now'),
    says('RUN echo line of it; exit 9'),
    says('Pushing image to registry.example.org/shop/cache:53583eff57'),
    says('Pushed registry.example.org/shop/cache@sha256:fe3294e1406f'),
    ...['line of it', error],
  ];
  const text = 'FROM base:1 AS one\nRUN echo fresh > /fresh\nRUN echo line of it; exit 9\n';
  const { events, record } = read(lines, 'failed', text);
  expect(events.map((event) => [event.type, 'step' in event ? event.step.name : ''])).toEqual([
    ['started', '[one 1/2] RUN echo fresh > /fresh'],
    ['completed', '[one 1/2] RUN echo fresh > /fresh'],
    ['started', '[one 2/2] RUN echo line of it; exit 9'],
    ['output', '[one 2/2] RUN echo line of it; exit 9'],
    ['failed', '[one 2/2] RUN echo line of it; exit 9'],
  ]);
  expect(record).toMatchObject({
    pushing: false,
    last: { instruction: { line: 3 }, output: ['line of it'] },
  });
});
