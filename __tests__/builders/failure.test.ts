import { redactor, Secret } from '../../src/lib/secret.js';
import { STEP_FAILURES } from './failure-samples.js';
import { ERROR, explain, failed } from './failed-steps.js';

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

test('an unknown failure shows the words of BuildKit', () => {
  const [problem] = explain({ text: ['ERROR: something never seen before'] });
  expect(problem.message).toBe('Image api: the build failed: something never seen before.');
});

test('a build that died without a word is still a problem with a way out', () => {
  const [problem] = explain({});
  expect(problem).toMatchObject({ code: 'build/failed', message: expect.stringContaining('no reason') });
});

test('secrets are taken out of message and detail', () => {
  const redact = redactor([new Secret('hunter2-secret')]);
  const step = failed('[2/2] RUN login hunter2-secret', ERROR, ['password hunter2-secret'], 'api');
  const text = JSON.stringify(explain({ failed: [step] }, ['api'], { redact }));
  expect(text).not.toContain('hunter2');
  expect(text).toContain('***');
});
