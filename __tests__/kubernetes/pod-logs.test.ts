import { logLines } from '../../src/kubernetes/pod-logs.js';

const at = (second: number, nanos: number, text: string) =>
  `2026-03-01T10:00:${String(second).padStart(2, '0')}.${String(nanos).padStart(9, '0')}Z ${text}\n`;

/** A log on the node. `read()` returns what `--since-time` selects; kubectl cuts that time to whole seconds. */
const LOG = [
  at(1, 1, 'one'),
  at(1, 2, 'two'),
  at(1, 2, 'two again, at the very same time'),
  at(1, 3, ''),
  at(2, 0, `a long line ${'ü'.repeat(100_000)} whole`),
  at(2, 500, 'five\r'),
  at(3, 0, '  indented'),
];
const TEXTS = LOG.map((line) => line.slice(31, -1).replace(/\r$/, ''));

const read = (since: string | undefined) =>
  LOG.filter((line) => since === undefined || line.slice(0, 19) >= since.slice(0, 19)).join('');

test('reads each line exactly once and completely, wherever the stream is cut', () => {
  const bytes = Buffer.from(read(undefined));
  const cuts = Array.from({ length: bytes.length }, (_, cut) => cut).filter(
    (cut) => cut < 250 || cut > bytes.length - 150 || cut % 9973 === 0,
  );
  for (const cut of cuts) {
    const told: string[] = [];
    const lines = logLines((line) => told.push(line));
    lines.push(bytes.subarray(0, cut));
    lines.cut();
    const rest = Buffer.from(read(lines.since()));
    // Cuts the stream again, in the middle of the repeated lines.
    lines.push(rest.subarray(0, 70));
    lines.cut();
    lines.push(Buffer.from(read(lines.since())));
    lines.end();
    expect(told).toEqual(TEXTS);
  }
});

test('reads a last line without a line feed at the end of the stream', () => {
  const told: string[] = [];
  const lines = logLines((line) => told.push(line));
  lines.push(Buffer.from(`${at(1, 1, 'one')}2026-03-01T10:00:02.000000000Z no end`));
  lines.end();
  expect(told).toEqual(['one', 'no end']);
});

test('reads a line of the node that has no timestamp', () => {
  const told: string[] = [];
  const lines = logLines((line) => told.push(line));
  lines.push(Buffer.from('unable to retrieve container logs for containerd://abc\n'));
  expect(told).toEqual(['unable to retrieve container logs for containerd://abc']);
  expect(lines.since()).toBeUndefined();
});
