import { redactor, Secret } from '../../src/lib/secret.js';
import { ERRORS, STEP_FAILURES } from './fixtures/failures.js';
import { ERROR, explain, failed } from './fixtures/failed-build.js';

test.each(STEP_FAILURES)('explains the failed step %s: %s', (name, error, output, code, message, fix) => {
  const [problem] = explain({
    failed: [failed(name, error, output)],
    text: [`ERROR: failed to solve: ${error}`],
  });
  expect(problem).toMatchObject({ code, severity: 'error', image: 'api' });
  expect(problem.message).toMatch(message);
  expect(problem.fix).toMatch(fix);
});

test.each(ERRORS)('explains an error without a failed step: %s', (line, code) => {
  const [problem] = explain({ text: [`ERROR: failed to solve: ${line}`] });
  expect(problem).toMatchObject({ code, image: 'api' });
});

test('removes the signatures of addresses from errors of the Actions cache', () => {
  const [line] = ERRORS.find(([text]) => text.includes('sig=hunter2'))!;
  const redact = redactor([]);
  expect(JSON.stringify(explain({ text: [`ERROR: ${line}`] }, ['api'], { redact }))).not.toContain('hunter2');
});

test.each([
  'ERROR: failed to receive status: rpc error: code = Unavailable desc = error reading from server: EOF',
  'ERROR: failed to solve: Unavailable: error reading from server: EOF',
  'ERROR: Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
  'ERROR: failed to connect to the docker API at unix:///var/run/docker.sock; check if the path is correct and if the daemon is running: dial unix /var/run/docker.sock: connect: no such file or directory',
  'ERROR: rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial tcp 127.0.0.1:1234: connect: connection refused"',
  'ERROR: context deadline exceeded',
])('reports a lost builder without an image: %s', (line) => {
  const [problem] = explain({ text: [line] });
  expect(problem).toMatchObject({ code: 'build/builder-lost', fix: expect.stringContaining('docker logs') });
  expect(problem).not.toHaveProperty('image');
});

test('quotes the message of BuildKit for an unknown failure', () => {
  const [problem] = explain({ text: ['ERROR: something never seen before'] });
  expect(problem.message).toBe('Image api: the build failed: something never seen before.');
});

test('reports a failed build without any message', () => {
  const [problem] = explain({});
  expect(problem).toMatchObject({ code: 'build/failed', message: expect.stringContaining('no reason') });
});

test('redacts secrets in message and detail', () => {
  const redact = redactor([new Secret('hunter2-secret')]);
  const step = failed('[2/2] RUN login hunter2-secret', ERROR, ['password hunter2-secret'], 'api');
  const text = JSON.stringify(explain({ failed: [step] }, ['api'], { redact }));
  expect(text).not.toContain('hunter2');
  expect(text).toContain('***');
});

describe('a failed export', () => {
  const WORDS = 'failed commit on ref "sha256:6d2f": commit failed: EOF: unknown';
  const cutOff = failed('exporting to image', WORDS);
  const step = failed('[2/2] RUN false', ERROR, [], 'web');
  const denied = (key: string) =>
    failed('exporting to image', `failed to push r.example/${key}: denied: access to ${key}`, [], key);

  test.each<[string, Parameters<typeof explain>[0], object[]]>([
    [
      'is not reported if a step of another image failed',
      { failed: [cutOff, step], text: [`ERROR: failed to solve: ${ERROR}`] },
      [{ image: 'web', code: 'build/step-failed' }],
    ],
    [
      'is not reported if the Dockerfile of another image is invalid',
      {
        failed: [cutOff],
        text: ['ERROR: target web: failed to solve: dockerfile parse error on line 3: no'],
      },
      [{ image: 'web', code: 'build/dockerfile-invalid' }],
    ],
    [
      'is reported if buildx ends with its message',
      { failed: [cutOff], text: [`ERROR: target api: failed to solve: ${WORDS}`] },
      [{ image: 'api' }],
    ],
    ['is reported if nothing else is known', { failed: [cutOff] }, [{ image: 'api' }]],
    [
      'is reported for both images if a registry refused both',
      { failed: [denied('api'), denied('web')], text: [`ERROR: failed to solve: ${denied('api').error}`] },
      [{ image: 'api' }, { image: 'web' }],
    ],
  ])('%s', (_, log, problems) => {
    expect(explain(log, ['api', 'web'])).toMatchObject(problems);
  });
});
