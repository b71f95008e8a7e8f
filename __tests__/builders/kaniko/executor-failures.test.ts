import { executorProblem } from '../../../src/builders/kaniko/failure.js';
import { plannedImage } from '../samples.js';
import { LOG, read, TEXT } from './fixtures/executor-log.js';

const STAGE = 'error building image: error building stage: ';
const BUILDING = 'error building image: ';

/** Error messages of the executor v1.28.3. */
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
    /memory ran short/,
  ],
  [`${STAGE}failed to execute command: secret not defined: token`, 'build/secret-missing', 1, /build secret token/],
  [
    `${STAGE}failed to get files used from context: failed to get fileinfo for /kaniko/buildcontext/context/a b.txt: lstat /kaniko/buildcontext/context/a b.txt: no such file or directory`,
    'build/step-failed',
    1,
    /has no a b\.txt/,
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
    'build/dockerfile-invalid',
    1,
    /no stage named zz/,
  ],
  ['Error: error resolving source context: unexpected EOF', 'cluster/stream-cut', 1, /unexpected EOF/],
  ['Error: error resolving source context: gzip: invalid header', 'cluster/stream-cut', 1, /arrived incomplete/],
  [
    'Error: error resolving dockerfile path: please provide a valid path to a Dockerfile within the build context with --dockerfile',
    'cluster/stream-cut',
    1,
    /arrived incomplete/,
  ],
  ['Error: unknown flag: --nope', 'kaniko/executor', 1, /--nope/],
  [
    'error checking push permissions: checking push permission for "h/t/b:1": creating push check transport for h failed: Get "https://h/v2/": dial tcp: lookup h on 10.0.0.2:53: no such host',
    'build/network',
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
    'build/registry-denied',
    1,
    /login/,
  ],
  [
    'error checking push permissions: checking push permission for "registry.example.org/api:x": Get "https://registry.example.org/v2/": tls: failed to verify certificate: x509: certificate signed by unknown authority',
    'build/network',
    1,
    /by TLS: x509: certificate signed by unknown authority/,
  ],
  [
    'error pushing image: failed to push to destination r/api:x: PUT http://r/v2/api/manifests/x: unexpected status code 500',
    'build/network',
    1,
    /500/,
  ],
])('explains the error of the executor: %s', (error, code, exitCode, message) => {
  const early = error.startsWith('Error: ') || error.startsWith('error checking');
  const usage = error.startsWith('Error: ') ? ['Usage:', '  executor [flags]', 'Flags:'] : [];
  const { record } = read(early ? [LOG[0]!, error, ...usage] : [...LOG, error], 'failed');
  const failed = { target: plannedImage('api'), record, text: TEXT, redact: (text: string) => text };
  const problem = executorProblem(failed, exitCode);
  expect(problem).toMatchObject({ code, severity: 'error', image: 'api' });
  expect(problem.message).toMatch(message);
  expect(problem.detail ?? '').not.toContain('Usage');
  if (error.startsWith(STAGE)) expect(problem.place).toEqual({ file: 'api/Dockerfile', line: 7 });
});

test('shows the Dockerfile lines and the redacted last output of a failed step', () => {
  const error = `${STAGE}failed to execute command: waiting for process to exit: exit status 1`;
  const { record } = read([...LOG, 'the word is hush', error], 'failed');
  const redact = (text: string) => text.replaceAll('hush', '***');
  const problem = executorProblem({ target: plannedImage('api'), record, text: TEXT, redact }, 1);
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
      "Kaniko's error: failed to execute command: waiting for process to exit: exit status 1",
    ].join('\n'),
  );
});
