import { connectKubectl } from '../../src/kubernetes/kubectl.js';
import type { run as runProcess } from '../../src/lib/process.js';

const FORBIDDEN =
  'Error from server (Forbidden): pods "x" is forbidden: User "system:serviceaccount:b:ci" cannot get resource "pods" in API group "" in the namespace "b"';
const AWAY = 'The connection to the server 127.0.0.1:6443 was refused - did you specify the right host or port?';
const QUOTA = 'Error from server (Forbidden): pods "x" is forbidden: exceeded quota: compute';

/** kubectl that fails in these words, one after the other, and then serves. */
function kubectlThat(words: string[], afterOutageMs = 10_000) {
  const asked: string[] = [];
  const run: typeof runProcess = async (_, args) => {
    asked.push(args.at(-1)!);
    const said = words.shift();
    return { code: said === undefined ? 0 : 1, stdout: Buffer.alloc(0), stderr: Buffer.from(said ?? '') };
  };
  return { asked, kubectl: connectKubectl({ env: { HOME: '/' }, run, retryMs: 1, afterOutageMs }) };
}

test('an API server that was away and does not know the Roles yet is asked again', async () => {
  const { kubectl, asked } = kubectlThat([AWAY, FORBIDDEN, FORBIDDEN]);
  expect(await kubectl.call(['get', 'pods'])).toMatchObject({ code: 1 });
  expect(await kubectl.call(['get', 'events'])).toMatchObject({ code: 0 });
  expect(asked).toEqual(['pods', 'events', 'events', 'events']);
});

test('a stream that was cut is an outage, too: the next one is opened until the server knows the Roles', async () => {
  const { kubectl } = kubectlThat(['error: unexpected EOF', FORBIDDEN, FORBIDDEN]);
  await kubectl.stream(['logs', 'x', '--follow'], {});
  expect(await kubectl.stream(['logs', 'x', '--follow'], {})).toMatchObject({ code: 0 });
});

test('a refusal that lasts is reported after some seconds, and one without an outage or by a quota at once', async () => {
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
