import { existsSync, readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { run } from '../../src/lib/process.js';
import { parseJsonObjects } from '../../src/lib/json.js';

const node = (script: string, options: Partial<Parameters<typeof run>[2]>) =>
  run(process.execPath, ['-e', script], { env: {}, ...options });

test('reads the input stream only as fast as the program does', async () => {
  const chunk = Buffer.alloc(64 * 1024, 'x');
  let given = 0;
  const source = new Readable({
    read() {
      given += 1;
      this.push(given > 200 ? null : chunk);
    },
  });
  let taken = 0;
  let ahead = 0;
  let sent = 0;
  const result = await node(
    `let n = 0; (async () => { for await (const c of process.stdin) { n += c.length;
       process.stdout.write(n + '\\n'); await new Promise((done) => setTimeout(done, 1)); } })()`,
    {
      input: source,
      output: 'streamed',
      onStdout(text) {
        taken = Number(text.toString().trim().split('\n').at(-1));
        ahead = Math.max(ahead, given * chunk.length - taken);
      },
      onInputSent: () => (sent += 1),
    },
  );
  expect(result).toMatchObject({ code: 0, stdout: Buffer.alloc(0) });
  expect(taken).toBe(200 * chunk.length);
  expect(sent).toBe(1);
  expect(ahead).toBeLessThan(1024 * 1024);
});

test('stops the program and reports the error if the input stream fails', async () => {
  const source = new Readable({
    read() {
      this.push('half');
      this.destroy(new Error('web/index.html vanished'));
    },
  });
  await expect(node(`process.stdin.resume(); setInterval(() => {}, 1000)`, { input: source })).rejects.toThrow(
    'web/index.html vanished',
  );
});

test('returns the result of a program that ends before reading its input, and destroys the stream', async () => {
  const source = new Readable({
    read() {
      this.push(Buffer.alloc(64 * 1024));
    },
  });
  const result = await node(`process.stderr.write('no thanks'); process.exitCode = 3; process.stdin.destroy()`, {
    input: source,
  });
  expect({ ...result, stderr: result.stderr.toString() }).toMatchObject({ code: 3, stderr: 'no thanks' });
  expect(source.destroyed).toBe(true);
});

test('keeps only the end of long standard error output', async () => {
  const result = await node(`for (let i = 0; i < 5000; i++) console.error('x'.repeat(99)); console.error('the end')`, {
    output: 'streamed',
  });
  expect(result.stderr.length).toBeLessThan(200_000);
  expect(result.stderr.toString().endsWith('the end\n')).toBe(true);
});

test('parses consecutive JSON objects, whatever their strings contain', () => {
  const values = [{ a: '}{"' }, { b: { c: ['\\', '\\"', 'ü€'] } }, {}];
  for (const indent of [0, 2])
    for (const separator of ['', '\n'])
      expect(parseJsonObjects(values.map((value) => JSON.stringify(value, null, indent)).join(separator))).toEqual(
        values,
      );
});

describe("a child process that keeps the program's pipes open", () => {
  const HOLDER = "process.on('SIGINT', () => {}); setTimeout(() => {}, 30_000)";
  const leaving = (then: string) => `
    const child = require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(HOLDER)}],
      { stdio: 'inherit' });
    process.stdout.write(String(child.pid)); ${then}`;
  const isThere = (pid: number) => {
    // The process may be a zombie that no parent has reaped.
    const stat = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : ') Z';
    return !/\) Z/.test(stat);
  };

  test('does not delay the result', async () => {
    const { code, stdout } = await node(leaving('setTimeout(() => process.exit(3), 200)'), {});
    expect(code).toBe(3);
    process.kill(Number(stdout.toString()), 'SIGKILL');
  }, 10_000);

  test('is killed on abort if it is in the same process group', async () => {
    const controller = new AbortController();
    const { stdout } = await node(leaving("process.on('SIGINT', () => process.exit(130))"), {
      ...{ group: 'own', signal: controller.signal },
      onStdout: () => void setTimeout(300).then(() => controller.abort()),
    });
    const pid = Number(stdout.toString());
    for (let waited = 0; waited < 40 && isThere(pid); waited++) await setTimeout(50);
    expect(isThere(pid)).toBe(false);
  }, 10_000);
});
