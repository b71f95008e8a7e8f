import { ExecutorLog } from '../../../src/build/kaniko/executor-log.js';
import { explainPod } from '../../../src/build/kaniko/failure.js';
import type { ProgressEvent } from '../../../src/build/progress-events.js';
import type { Dockerfile } from '../../../src/inputs/dockerfile/dockerfile.js';
import { parseDockerfile } from '../../../src/inputs/dockerfile/parse.js';
import { plannedImage } from '../samples.js';

const TEXT = `FROM node:24 AS deps
WORKDIR /app
RUN npm ci
FROM deps
ARG WHO
COPY \${WHO}.js /app/
RUN npm run \\
  build
CMD ["node"]
`;

function read(
  lines: readonly string[],
  outcome: 'done' | 'failed' | 'broken-off',
  text = TEXT,
  platform?: string,
) {
  const events: ProgressEvent[] = [];
  let [number, clock] = [0, 0];
  const log = new ExecutorLog({
    key: 'api',
    dockerfile: parseDockerfile(text) as Dockerfile,
    ...(platform !== undefined && { platform }),
    listener: (event) => events.push(event),
    nextNumber: () => (number += 1),
    now: () => (clock += 1000),
  });
  for (const line of lines) log.push(line);
  return { events, record: log.end(outcome) };
}

const says = (msg: string, level = 'info') => JSON.stringify({ level, msg, time: '2026-01-01T00:00:00Z' });

/** As the executor v1.28.3 prints it; `deps` is squashed into the stage that begins with it. */
const LOG = [
  says("To simulate EOF and exit, press 'Ctrl+D'"),
  says("Building stage 'node:24' [idx: '1', base-idx: '-1']"),
  says('Checking for cached layer ghcr.io/acme/api/cache:00…'),
  says('Using caching version of cmd: RUN npm ci'),
  says('Unpacking rootfs as cmd COPY main.js /app/ requires it.'),
  says('WORKDIR /app'),
  says('Cmd: workdir'),
  says('RUN npm ci'),
  says('Found cached layer, extracting to filesystem'),
  says('COPY main.js /app/'),
  says('Taking snapshot of files...'),
  says('RUN npm run   build'),
  says('Cmd: /bin/sh'),
  says('Args: [-c npm run   build]'),
  '> build',
  '{"a": "line of a step that looks like one of the executor\'s"}',
];

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

const STAGE = 'error building image: error building stage: ';
const BUILDING = 'error building image: ';

/** Last words of the real executor v1.28.3. */
test.each<[string, string, number, RegExp]>([
  [
    `${STAGE}failed to execute command: waiting for process to exit: exit status 7`,
    'build/step-failed',
    7,
    /`RUN npm run build` failed with exit code 7/,
  ],
  [
    `${STAGE}failed to execute command: waiting for process to exit: exit status 127`,
    'build/step-failed',
    127,
    /does not have/,
  ],
  [
    `${STAGE}failed to execute command: starting command: fork/exec /nosuch: no such file or directory`,
    'build/step-failed',
    1,
    /does not have/,
  ],
  [
    `${STAGE}failed to execute command: waiting for process to exit: signal: killed`,
    'build/out-of-memory',
    255,
    /want of memory/,
  ],
  [
    `${STAGE}failed to execute command: secret not defined: token`,
    'build/secret-missing',
    1,
    /build secret token/,
  ],
  [
    `${STAGE}failed to get files used from context: failed to get fileinfo for /kaniko/buildcontext/context/a b.txt: lstat /kaniko/buildcontext/context/a b.txt: no such file or directory`,
    'build/copy-source-missing',
    1,
    /holds no a b\.txt/,
  ],
  [
    `${BUILDING}unable to complete operation after 3 attempts, last error: GET http://127.0.0.1:5000/v2/no/such/manifests/1: MANIFEST_UNKNOWN: manifest unknown; map[Tag:1]`,
    'build/base-image-missing',
    1,
    /127\.0\.0\.1:5000\/no\/such:1 does not exist/,
  ],
  [
    `${BUILDING}parsing dockerfile: dockerfile parse error on line 2: unknown instruction: RUNN (did you mean RUN?)`,
    'build/dockerfile-invalid',
    1,
    /RUNN/,
  ],
  [
    `${BUILDING}error finding target stage: "zz" is not a valid target build stage`,
    'build/target-missing',
    1,
    /no stage named zz/,
  ],
  ['Error: error resolving source context: unexpected EOF', 'kaniko/context-cut', 1, /unexpected EOF/],
  ['Error: error resolving source context: gzip: invalid header', 'kaniko/context-cut', 1, /did not arrive/],
  [
    'Error: error resolving dockerfile path: please provide a valid path to a Dockerfile within the build context with --dockerfile',
    'kaniko/context-cut',
    1,
    /did not arrive whole/,
  ],
  ['Error: unknown flag: --nope', 'kaniko/executor', 1, /--nope/],
  [
    'error checking push permissions: checking push permission for "h/t/b:1": creating push check transport for h failed: Get "https://h/v2/": dial tcp: lookup h on 10.0.0.2:53: no such host',
    'build/push-failed',
    1,
    /no such host/,
  ],
  [
    'error checking push permissions: checking push permission for "ghcr.io/acme/api:x": POST https://ghcr.io/v2/acme/api/blobs/uploads/: DENIED: permission_denied: write_package',
    'build/registry-denied',
    1,
    /write_package/,
  ],
  [
    'error checking push permissions: checking push permission for "ghcr.io/acme/api:x": POST https://ghcr.io/v2/acme/api/blobs/uploads/: UNAUTHORIZED: authentication required',
    'build/registry-unauthorized',
    1,
    /login/,
  ],
  [
    'error pushing image: failed to push to destination r/api:x: PUT http://r/v2/api/manifests/x: unexpected status code 500',
    'build/push-failed',
    1,
    /500/,
  ],
])('%s', (error, code, exitCode, message) => {
  const early = error.startsWith('Error: ') || error.startsWith('error checking');
  const usage = error.startsWith('Error: ') ? ['Usage:', '  executor [flags]', 'Flags:'] : [];
  const { record } = read(early ? [LOG[0]!, error, ...usage] : [...LOG, error], 'failed');
  const problem = explainPod({
    image: plannedImage('api'),
    ...{ exitCode, record, text: TEXT, redact: (text) => text },
  });
  expect(problem).toMatchObject({ code, severity: 'error', image: 'api' });
  expect(problem.message).toMatch(message);
  expect(problem.detail ?? '').not.toContain('Usage');
  if (error.startsWith(STAGE)) expect(problem.place).toEqual({ file: 'api/Dockerfile', line: 7 });
});

test('a failure shows the lines of the Dockerfile, and what the step printed last, without secrets', () => {
  const error = `${STAGE}failed to execute command: waiting for process to exit: exit status 1`;
  const { record } = read([...LOG, 'the word is hush', error], 'failed');
  const redact = (text: string) => text.replaceAll('hush', '***');
  const problem = explainPod({ image: plannedImage('api'), exitCode: 1, record, text: TEXT, redact });
  expect(problem.detail).toBe(
    [
      '   5 |     ARG WHO',
      '   6 |     COPY ${WHO}.js /app/',
      '   7 | >>> RUN npm run \\',
      '   8 | >>>   build',
      '   9 |     CMD ["node"]',
      'Its last output:',
      '  > build',
      '  {"a": "line of a step that looks like one of the executor\'s"}',
      '  the word is ***',
      'Kaniko says: failed to execute command: waiting for process to exit: exit status 1',
    ].join('\n'),
  );
});
