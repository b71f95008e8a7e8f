import { explainFailure } from '../../src/build/buildx/failure.js';
import type { BuildLog, FailedStep } from '../../src/build/buildx/progress.js';
import { redactor, Secret } from '../../src/lib/secret.js';
import { STEP_FAILURES } from './failure-samples.js';
import { plannedImage } from './samples.js';

const RULE = '--------------------';

function explain(
  log: Partial<BuildLog>,
  keys: string[] = ['api'],
  over: { dockerfiles?: Record<string, string>; redact?: (text: string) => string } = {},
) {
  return explainFailure({
    images: keys.map((key) => plannedImage(key)),
    targets: Object.fromEntries(keys.map((key) => [key, key])),
    log: { steps: [], failed: [], warnings: [], text: [], images: {}, ...log },
    dockerfiles: {},
    redact: (text) => text,
    ...over,
  });
}

function failed(name: string, error: string, output: string[] = [], key = 'api'): FailedStep {
  return { step: { number: 1, key, name }, error, output };
}

test.each(STEP_FAILURES)('%s, %s', (name, error, output, code, message, fix) => {
  const [problem] = explain({
    failed: [failed(name, error, output)],
    text: [`ERROR: failed to solve: ${error}`],
  });
  expect(problem).toMatchObject({ code, severity: 'error', image: 'api' });
  expect(problem.message).toMatch(message);
  expect(problem.fix).toMatch(fix);
});

test.each([
  [
    'ERROR: failed to read dockerfile: open Dockerfile: no such file or directory',
    'build/dockerfile-missing',
  ],
  ['ERROR: resolve : lstat nope: no such file or directory', 'build/dockerfile-missing'],
  ['ERROR: failed to solve: target stage "nope" could not be found', 'build/target-missing'],
  ['ERROR: failed to stat /nonexist: stat /nonexist: no such file or directory', 'build/secret-missing'],
  [
    'ERROR: failed to solve: invalid reference format: repository name (Acme/x) must be lowercase',
    'build/image-name-invalid',
  ],
  ['ERROR: something never seen before', 'build/failed'],
])('without a failed step: %s', (line, code) => {
  const [problem] = explain({ text: [line] });
  expect(problem).toMatchObject({ code, image: 'api' });
  expect(problem.message.length + (problem.detail ?? '').length).toBeGreaterThan(20);
});

test.each([
  'ERROR: failed to receive status: rpc error: code = Unavailable desc = error reading from server: EOF',
  'ERROR: failed to solve: Unavailable: error reading from server: EOF',
  'ERROR: Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
  'ERROR: failed to connect to the docker API at unix:///var/run/docker.sock; check if the path is correct and if the daemon is running: dial unix /var/run/docker.sock: connect: no such file or directory',
  'ERROR: rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial tcp 127.0.0.1:1234: connect: connection refused"',
  'ERROR: context deadline exceeded',
])('a builder that is lost is no matter of one image: %s', (line) => {
  const [problem] = explain({ text: [line] });
  expect(problem).toMatchObject({ code: 'build/builder-lost', fix: expect.stringContaining('docker logs') });
  expect(problem).not.toHaveProperty('image');
});

test.each([
  'failed to push r.example/a:1: unexpected status from HEAD request to https://r.example/v2/a/manifests/1: 500 Internal Server Error',
  'failed to push r.example/a: unexpected status from PUT request to https://r.example/v2/a/blobs/uploads/1: 503 Service Unavailable',
  'failed to push r.example/a:1: failed to do request: Head "https://r.example/v2/a/blobs/sha256:1": EOF',
  'failed to push r.example/a: failed to do request: Put "https://r.example/v2/": write tcp 10.0.0.1:5->10.0.0.2:443: write: connection reset by peer',
  'failed to copy: httpReadSeeker: failed open: unexpected status code https://r.example/v2/a/blobs/sha256:1: 502 Bad Gateway',
  'failed to copy: httpReadSeeker: failed open: failed to do request: Get "https://r.example/v2/": net/http: TLS handshake timeout',
  'node:24: failed to resolve source metadata for docker.io/library/node:24: failed to authorize: failed to fetch anonymous token: Get "https://auth.docker.io/token": dial tcp 10.0.0.1:443: i/o timeout',
  'unexpected status from HEAD request to https://r.example/v2/a/manifests/1: 429 Too Many Requests',
  'received unexpected HTTP status: 504 Gateway Timeout',
])('what passes with a registry is not the image: %s', (error) => {
  const [problem] = explain({ text: [`ERROR: failed to solve: ${error}`] });
  expect(problem.code).toBe('build/registry-failing');
});

test.each([
  [
    'unexpected status from HEAD request to https://r.example/v2/a/manifests/1: 401 Unauthorized',
    'build/registry-unauthorized',
  ],
  [
    'unexpected status from POST request to https://r.example/v2/a/blobs/uploads/: 403 Forbidden',
    'build/registry-denied',
  ],
  [
    'failed to push r.example/a: failed to do request: Head "https://r.example/v2/": dial tcp 10.0.0.1:443: connect: connection refused',
    'build/push-failed',
  ],
  [
    'failed to push r.example/a: failed to do request: Head "https://r.example/v2/": tls: failed to verify certificate: x509: unknown authority',
    'build/push-failed',
  ],
  ['r.example/a:500: not found', 'build/base-image-missing'],
])('what does not pass is told at once: %s', (error, code) => {
  const [problem] = explain({ text: [`ERROR: failed to solve: ${error}`] });
  expect(problem.code).toBe(code);
});

test('an unknown failure shows the words of BuildKit', () => {
  const [problem] = explain({ text: ['ERROR: something never seen before'] });
  expect(problem.message).toBe('Image api: the build failed: something never seen before.');
});

test('a build that died without a word is still a problem with a way out', () => {
  const [problem] = explain({});
  expect(problem).toMatchObject({ code: 'build/failed', message: expect.stringContaining('no reason') });
});

const EXCERPT = ['Dockerfile:3', RULE, '   2 |     # note', '   3 | >>> RUN false', '   4 |     ', RULE];
const ERROR = 'process "/bin/sh -c false" did not complete successfully: exit code: 1';

test('place and excerpt go to the image that failed, and its last output follows', () => {
  const step = failed('[2/2] RUN false', ERROR, ['one', 'two'], 'web');
  const problems = explain({ failed: [step], text: [...EXCERPT, `ERROR: failed to solve: ${ERROR}`] }, [
    'api',
    'web',
  ]);
  expect(problems).toEqual([
    expect.objectContaining({
      image: 'web',
      place: { file: 'web/Dockerfile', line: 3 },
      detail: [
        '   2 |     # note',
        '   3 | >>> RUN false',
        '   4 |',
        'Its last output:',
        '  one',
        '  two',
        `BuildKit says: ${ERROR}`,
      ].join('\n'),
    }),
  ]);
});

test('an instruction of several lines is marked from its first to its last', () => {
  const excerpt = [
    'Dockerfile:3',
    RULE,
    '   3 | >>> RUN false \\',
    '   4 | >>>   && true',
    '   5 |     ',
    RULE,
  ];
  const text = [...excerpt, `ERROR: failed to solve: ${ERROR}`];
  const [problem] = explain({ failed: [failed('[2/2] RUN false   && true', ERROR)], text });
  expect(problem.place).toEqual({ file: 'api/Dockerfile', line: 3, endLine: 4 });
});

test('of two images that fail at once only the one that BuildKit quotes gets the excerpt', () => {
  const other = 'process "/bin/sh -c exit 9" did not complete successfully: exit code: 9';
  const steps = [failed('[2/2] RUN exit 9', other), failed('[2/2] RUN false', ERROR, [], 'web')];
  const text = [...EXCERPT, `ERROR: target web: failed to solve: ${ERROR}`];
  const [api, web] = explain({ failed: steps, text }, ['api', 'web']);
  expect(api).toMatchObject({ image: 'api' });
  expect(api.place).toBeUndefined();
  expect(web).toMatchObject({ image: 'web', place: { file: 'web/Dockerfile', line: 3 } });
});

test('what another image was doing when a step failed is not blamed', () => {
  const push = failed('pushing acme/api:main with docker', `failed to solve: ${ERROR}`);
  const step = failed('[2/2] RUN false', ERROR, [], 'web');
  const text = [...EXCERPT, `ERROR: failed to solve: ${ERROR}`];
  const problems = explain({ failed: [push, step], text }, ['api', 'web']);
  expect(problems).toMatchObject([{ image: 'web', place: { file: 'web/Dockerfile', line: 3 } }]);
});

describe('an unreadable Dockerfile among several is found', () => {
  const error = 'failed to solve: dockerfile parse error on line 3: unknown instruction: COPPY';
  const text = ['Dockerfile:3', RULE, '   3 | >>> COPPY a b', RULE];

  test('by the target that newer versions name', () => {
    const [problem] = explain({ text: [...text, `ERROR: target web: ${error}`] }, ['api', 'web']);
    expect(problem).toMatchObject({ image: 'web', place: { file: 'web/Dockerfile', line: 3 } });
  });

  test('by the quoted line', () => {
    const dockerfiles = { api: 'FROM a\n\nCOPY a b\n', web: 'FROM a\n\nCOPPY a b\n' };
    const [problem] = explain({ text: [...text, `ERROR: ${error}`] }, ['api', 'web'], { dockerfiles });
    expect(problem).toMatchObject({ image: 'web', place: { file: 'web/Dockerfile', line: 3 } });
  });

  test('and never guessed', () => {
    const same = 'FROM a\n\nCOPPY a b\n';
    const [problem] = explain({ text: [...text, `ERROR: ${error}`] }, ['api', 'web'], {
      dockerfiles: { api: same, web: same },
    });
    expect(problem.image).toBeUndefined();
    expect(problem.detail).toContain('COPPY');
  });
});

test('secrets are taken out of message and detail', () => {
  const redact = redactor([new Secret('hunter2-secret')]);
  const step = failed('[2/2] RUN login hunter2-secret', ERROR, ['password hunter2-secret'], 'api');
  const text = JSON.stringify(explain({ failed: [step] }, ['api'], { redact }));
  expect(text).not.toContain('hunter2');
  expect(text).toContain('***');
});

describe('an export that was cut off because another image failed is not the cause', () => {
  const WORDS = [
    'failed commit on ref "sha256:6d2f": commit failed: EOF: unknown',
    'error writing config blob: failed to get status: error getting writer status: EOF: unknown',
    'error writing manifest blob: lease does not exist: not found',
    'failed to push r.example/api: failed to do request: Put "https://r.example/v2/": use of closed network connection',
    'words that nobody has seen yet',
  ];
  const cutOff = (words: string, completed?: number): FailedStep => ({
    ...failed('exporting to image', words),
    completed,
  });
  const step = { ...failed('[2/2] RUN false', ERROR, [], 'web'), completed: 2000 };

  test.each(WORDS)('when a step of that image failed before: %s', (words) => {
    for (const order of [
      [cutOff(words, 2001), step],
      [step, cutOff(words, 2000)],
    ]) {
      expect(explain({ failed: order }, ['api', 'web'])).toMatchObject([{ image: 'web' }]);
    }
  });

  test.each(WORDS)('when that image failed without a step: %s', (words) => {
    const text = [
      'ERROR: target web: failed to solve: dockerfile parse error on line 3: unknown instruction: COPPY',
    ];
    expect(explain({ failed: [cutOff(words, 2000)], text }, ['api', 'web'])).toMatchObject([
      { image: 'web', code: 'build/dockerfile-invalid' },
    ]);
  });

  test.each(WORDS)('but it is when it failed alone, or first: %s', (words) => {
    const text = [`ERROR: target api: failed to solve: ${words}`];
    expect(explain({ failed: [cutOff(words, 2000)], text }, ['api', 'web'])).toMatchObject([
      { image: 'api' },
    ]);
    if (words.endsWith('unknown') || words.endsWith('not found')) return;
    expect(explain({ failed: [cutOff(words, 1999), step], text }, ['api', 'web'])).toMatchObject([
      { image: 'api' },
      { image: 'web' },
    ]);
  });

  test('and a registry that refuses two images is reported for both', () => {
    const denied = (key: string, completed: number) => ({
      ...failed(
        'exporting to image',
        `failed to push r.example/${key}: denied: requested access to ${key}`,
        [],
        key,
      ),
      completed,
    });
    const steps = [denied('api', 2000), denied('web', 2001)];
    const text = [`ERROR: target api: failed to solve: ${steps[0]!.error}`];
    expect(explain({ failed: steps, text }, ['api', 'web'])).toMatchObject([
      { image: 'api' },
      { image: 'web' },
    ]);
  });
});
