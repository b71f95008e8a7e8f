import { explainFailure } from '../../src/build/failure.js';
import type { BuildLog, FailedStep } from '../../src/build/progress.js';
import { redactor, Secret } from '../../src/lib/secret.js';
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

/** The words of BuildKit, npm, node and ghcr.io. */
const STEP_FAILURES: [
  name: string,
  error: string,
  output: string[],
  code: string,
  message: RegExp,
  fix: RegExp,
][] = [
  [
    '[1/2] RUN npm test',
    'process "/bin/sh -c npm test" did not complete successfully: exit code: 3',
    [],
    'build/step-failed',
    /^Image api: `RUN npm test` failed with exit code 3\.$/,
    /last lines/,
  ],
  [
    '[1/2] RUN next build',
    'process "/bin/sh -c next build" did not complete successfully: exit code: 137',
    [],
    'build/out-of-memory',
    /`RUN next build` was killed/,
    /max-old-space-size/,
  ],
  [
    '[1/2] RUN next build',
    'process "/bin/sh -c next build" did not complete successfully: exit code: 134',
    ['FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory'],
    'build/out-of-memory',
    /ran out of heap/,
    /NODE_OPTIONS/,
  ],
  [
    '[1/2] RUN npm ci',
    'process "/bin/sh -c npm ci" did not complete successfully: exit code: 217',
    ['npm error ENOTEMPTY: directory not empty, rename node_modules/a'],
    'build/step-failed',
    /node_modules folder that came from the build context/,
    /\.dockerignore/,
  ],
  [
    '[1/2] RUN npm ci',
    'process "/bin/sh -c npm ci" did not complete successfully: exit code: 1',
    [
      'npm error `npm ci` can only install packages when your package.json and package-lock.json are in sync.',
    ],
    'build/step-failed',
    /lockfile that doesn't fit/,
    /commit the lockfile/,
  ],
  [
    '[1/2] RUN yarn',
    'process "/bin/sh -c yarn" did not complete successfully: exit code: 1',
    ['error next@16.0.0: The engine "node" is incompatible with this module. Expected version ">=20.9.0".'],
    'build/step-failed',
    /another version of node/,
    /base image/,
  ],
  [
    '[1/2] RUN make',
    'process "/bin/sh -c make" did not complete successfully: exit code: 127',
    ['/bin/sh: make: not found'],
    'build/step-failed',
    /a command that the image does not have/,
    /Install it/,
  ],
  [
    '[1/2] RUN ./run.sh',
    'process "/bin/sh -c ./run.sh" did not complete successfully: exit code: 126',
    [],
    'build/step-failed',
    /can't be executed/,
    /executable bit/,
  ],
  [
    '[linux/arm64 1/2] RUN apk add git',
    'process "/bin/sh -c apk add git" did not complete successfully: exit code: 255',
    ['exec /bin/sh: exec format error'],
    'build/wrong-architecture',
    /built for another processor/,
    /qemu/,
  ],
  [
    '[1/2] RUN true',
    'process "/bin/sh -c true" did not complete successfully: invalid argument',
    [],
    'build/nested-overlay',
    /overlayfs/,
    /"storage-driver": "native"/,
  ],
  [
    '[1/2] COPY . .',
    'failed to mount /tmp/containerd-mount1: mount source: "overlay", target: "/tmp/containerd-mount1", fstype: overlay, flags: 0, data: "workdir=/a,upperdir=/b,lowerdir=/c", err: invalid argument',
    [],
    'build/nested-overlay',
    /overlayfs/,
    /volume/,
  ],
  [
    '[1/2] RUN npm ci',
    'process "/bin/sh -c npm ci" did not complete successfully: exit code: 228',
    ['npm error code ENOSPC', 'npm error nospc ENOSPC: no space left on device, write'],
    'build/no-space',
    /disk of the builder is full/,
    /prune/,
  ],
  [
    '[1/2] RUN npm ci',
    'process "/bin/sh -c npm ci" did not complete successfully: exit code: 1',
    [
      'npm error request to https://registry.npmjs.org/a failed, reason: getaddrinfo EAI_AGAIN registry.npmjs.org',
    ],
    'build/network',
    /could not be resolved/,
    /DNS/,
  ],
  [
    '[2/3] COPY missing.txt /x',
    'failed to calculate checksum of ref tqbsbt186q18gmqg20zc54ka9::riioxws88zhjr9b5x6p95wkiw: "/missing.txt": not found',
    [],
    'build/copy-source-missing',
    /the build context holds no missing\.txt/,
    /\.dockerignore/,
  ],
  [
    '[2/2] RUN --mount=type=secret,id=npm true',
    'secret npm: not found',
    [],
    'build/secret-missing',
    /secret npm/,
    /`secrets`/,
  ],
  [
    '[internal] load metadata for registry.example.org/base:1',
    'registry.example.org/base:1: not found',
    [],
    'build/base-image-missing',
    /registry\.example\.org\/base:1 does not exist/,
    /name or tag/,
  ],
  [
    '[internal] load metadata for docker.io/library/node:18',
    'failed to do request: Head "https://registry-1.docker.io/v2/library/node/manifests/18": dial tcp: lookup registry-1.docker.io on 192.0.2.53:53: no such host',
    [],
    'build/network',
    /the name registry-1\.docker\.io could not be resolved/,
    /DNS/,
  ],
  [
    '[internal] load metadata for 127.0.0.1:59/none:1',
    'failed to do request: Head "https://127.0.0.1:59/v2/none/manifests/1": dial tcp 127.0.0.1:59: connect: connection refused',
    [],
    'build/network',
    /127\.0\.0\.1:59/,
    /reached/,
  ],
  [
    '[internal] load metadata for ghcr.io/acme/base:1',
    'failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://ghcr.io/token: 401 Unauthorized',
    [],
    'build/registry-unauthorized',
    /wants a login/,
    /registry-username/,
  ],
  [
    '[internal] load metadata for docker.io/library/node:18',
    'failed to copy: httpReadSeeker: failed open: unexpected status code: 429 Too Many Requests - Server message: toomanyrequests: You have reached your pull rate limit',
    [],
    'build/registry-unauthorized',
    /limits pulls/,
    /Log in/,
  ],
  [
    'exporting to image',
    'failed to push ghcr.io/acme/api: denied: permission_denied: write_package',
    [],
    'build/registry-denied',
    /this repository may not write/,
    /Manage Actions access/,
  ],
  [
    'exporting to image',
    'failed to push ghcr.io/acme/api: denied: installation not allowed to Write organization package',
    [],
    'build/registry-denied',
    /token may not write packages/,
    /packages: write/,
  ],
  [
    'exporting to image',
    'failed to push ghcr.io/acme/api: denied: installation not allowed to Create organization package',
    [],
    'build/registry-denied',
    /refuses to create/,
    /fork/,
  ],
  [
    'exporting to image',
    'failed to push 127.0.0.1:59/x: failed to do request: Head "https://127.0.0.1:59/v2/x/blobs/sha256:95ec": dial tcp 127.0.0.1:59: connect: connection refused',
    [],
    'build/push-failed',
    /127\.0\.0\.1:59\/x can't be pushed/,
    /registry runs/,
  ],
];

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
  [
    'ERROR: failed to solve: failed to resolve source metadata for docker.io/docker/buildkit-syft-scanner:stable-1: failed to do request',
    'build/base-image-missing',
  ],
  ['ERROR: rpc error: code = Unavailable desc = error reading from server: EOF', 'build/failed'],
  ['ERROR: something never seen before', 'build/failed'],
])('without a failed step: %s', (line, code) => {
  const [problem] = explain({ text: [line] });
  expect(problem).toMatchObject({ code, image: 'api' });
  expect(problem.message.length + (problem.detail ?? '').length).toBeGreaterThan(20);
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

test('of two images that fail at once only the one that BuildKit quotes gets the excerpt', () => {
  const other = 'process "/bin/sh -c exit 9" did not complete successfully: exit code: 9';
  const steps = [failed('[2/2] RUN exit 9', other), failed('[2/2] RUN false', ERROR, [], 'web')];
  const text = [...EXCERPT, `ERROR: target web: failed to solve: ${ERROR}`];
  const [api, web] = explain({ failed: steps, text }, ['api', 'web']);
  expect(api).toMatchObject({ image: 'api' });
  expect(api.place).toBeUndefined();
  expect(web).toMatchObject({ image: 'web', place: { file: 'web/Dockerfile', line: 3 } });
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
