import { LOG, read, says } from './executor-lines.js';

test('its lines become steps of the Dockerfile, and what a step prints is its output', () => {
  const { events, record } = read([...LOG, says('CMD ["node"]'), says('Pushing image to r/api:x')], 'done');
  expect(record.steps.map(({ name, cached }) => [name, cached])).toEqual([
    ['[deps 1/2] WORKDIR /app', false],
    ['[deps 2/2] RUN npm ci', true],
    ['[stage-1 1/2] COPY main.js /app/', false],
    ['[stage-1 2/2] RUN npm run build', false],
    ['pushing r/api:x', false],
  ]);
  expect(record.counts).toEqual({ total: 4, cached: 1 });
  expect(events.filter(({ type }) => type === 'output')).toMatchObject([
    { line: '> build', step: { name: '[stage-1 2/2] RUN npm run build' } },
    { line: expect.stringContaining('looks like') as string },
  ]);
  expect(record.error).toBeUndefined();
});

test('what comes before the first instruction is told, and counts as no step of the image', () => {
  const { events, record } = read(
    [says('Retrieving image manifest node:24'), says('Retrieving image manifest node:24'), ...LOG],
    'done',
  );
  const chores = events.flatMap((event) =>
    'step' in event && event.step.name.startsWith('[internal]') ? [[event.type, event.step.name]] : [],
  );
  expect(chores).toEqual(
    ['[internal] load image node:24', '[internal] unpack the base image'].flatMap((name) => [
      ['started', name],
      ['completed', name],
    ]),
  );
  expect(record.counts.total).toBe(record.steps.length);
});

test.each([
  ['FROM a\nRUN npm run build\n', undefined, '[1/1] RUN npm run build'],
  ['FROM a AS one\nRUN npm run build\n', undefined, '[one 1/1] RUN npm run build'],
  ['FROM a\nRUN npm run build\n', 'linux/arm64', '[linux/arm64 1/1] RUN npm run build'],
  ['FROM a\n', undefined, '[stage-0] RUN npm run build'],
])('a step of %j is named as BuildKit names it', (text, platform, name) => {
  const { record } = read([says('RUN npm run build')], 'done', text, platform);
  expect(record.steps.map((step) => step.name)).toEqual([name]);
});

test('a step that was broken off did not fail', () => {
  const { events } = read(LOG, 'broken-off');
  expect(events.filter(({ type }) => type === 'failed')).toEqual([]);
});

test('checks of the Dockerfile and a cache that can not be written are warnings', () => {
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
