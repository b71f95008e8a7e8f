import { connectKubectl } from '../../src/kubernetes/kubectl.js';
import type { run as runProcess } from '../../src/lib/process.js';

const FORBIDDEN =
  'Error from server (Forbidden): pods "x" is forbidden: User "system:serviceaccount:b:ci" cannot get resource "pods" in API group "" in the namespace "b"';
const AWAY = 'The connection to the server 127.0.0.1:6443 was refused - did you specify the right host or port?';
const QUOTA = 'Error from server (Forbidden): pods "x" is forbidden: exceeded quota: compute';

/** A kubectl that fails with each of these messages in turn, and then succeeds. */
function kubectlThat(words: string[], afterOutageMs = 10_000) {
  const asked: string[] = [];
  const run: typeof runProcess = async (_, args) => {
    asked.push(args.at(-1)!);
    const said = words.shift();
    return { code: said === undefined ? 0 : 1, stdout: Buffer.alloc(0), stderr: Buffer.from(said ?? '') };
  };
  return { asked, kubectl: connectKubectl({ env: { HOME: '/' }, run, retryMs: 1, afterOutageMs }) };
}

test('retries a forbidden request after an outage, until the API server has loaded the Roles', async () => {
  const { kubectl, asked } = kubectlThat([AWAY, FORBIDDEN, FORBIDDEN]);
  expect(await kubectl.call(['get', 'pods'])).toMatchObject({ code: 1 });
  expect(await kubectl.call(['get', 'events'])).toMatchObject({ code: 0 });
  expect(asked).toEqual(['pods', 'events', 'events', 'events']);
});

test('treats a cut stream as an outage and retries the next stream until the Roles are loaded', async () => {
  const { kubectl } = kubectlThat(['error: unexpected EOF', FORBIDDEN, FORBIDDEN]);
  await kubectl.stream(['logs', 'x', '--follow'], {});
  expect(await kubectl.stream(['logs', 'x', '--follow'], {})).toMatchObject({ code: 0 });
});

test('gives up on a lasting refusal, and reports quota refusals and refusals without an outage at once', async () => {
  const lasting = kubectlThat([AWAY, ...Array.from({ length: 1000 }, () => FORBIDDEN)], 40);
  await lasting.kubectl.call(['version']);
  expect((await lasting.kubectl.call(['get', 'pods'])).stderr.toString()).toBe(FORBIDDEN);
  expect(lasting.asked.length).toBeLessThan(100);
  for (const words of [[FORBIDDEN], [AWAY, QUOTA]]) {
    const { kubectl, asked } = kubectlThat([...words]);
    for (const _ of words) expect(await kubectl.call(['get', 'pods'])).toMatchObject({ code: 1 });
    expect(asked).toHaveLength(words.length);
  }
});
