import { connectKubectl } from '../../src/kubernetes/kubectl.js';
import { readRunningImages } from '../../src/kubernetes/running-images.js';
import { ProgramMissing, type run as runProcess } from '../../src/lib/process.js';
import { codesOf, problemsOf } from '../registry/fixtures/clients.js';

/** A kubectl that gives these answers in turn: output, or an error. */
function kubectlThat(...answers: (string | { error: string })[]) {
  const run: typeof runProcess = async () => {
    const answer = answers.shift()!;
    const failed = typeof answer !== 'string';
    return {
      code: failed ? 1 : 0,
      stdout: Buffer.from(failed ? '' : answer),
      stderr: Buffer.from(failed ? answer.error : ''),
    };
  };
  return connectKubectl({ env: {}, run });
}
const NO_CONTEXT = { error: 'error: current-context must exist in order to minify' };
const FORBIDDEN = { error: 'Error from server (Forbidden): pods is forbidden: User "ci" cannot list resource "pods"' };

test('reads the images of all pods', async () => {
  expect(await readRunningImages(kubectlThat('{}', 'a:1 a@sha256:2'), false)).toBe('a:1 a@sha256:2');
  expect(await readRunningImages(kubectlThat(NO_CONTEXT, 'a:1'), true)).toBe('a:1');
});

test('reads nothing without kubectl or without a context', async () => {
  const run: typeof runProcess = async () => Promise.reject(new ProgramMissing('kubectl'));
  expect(await readRunningImages(connectKubectl({ env: {}, run }), false)).toBeUndefined();
  expect(await readRunningImages(kubectlThat(NO_CONTEXT), false)).toBeUndefined();
});

test('fails if the cluster refuses the request or is unreachable', async () => {
  const away = { error: 'Unable to connect to the server: dial tcp: no such host' };
  expect(codesOf(await problemsOf(readRunningImages(kubectlThat('{}', FORBIDDEN), false)))).toEqual([
    'cluster/forbidden',
  ]);
  expect(codesOf(await problemsOf(readRunningImages(kubectlThat('{}', away), false)))).toEqual(['cluster/unreachable']);
});
