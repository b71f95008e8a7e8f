/** A line of https://pkg.go.dev/k8s.io/klog/v2, the log that many Go programs mix with their messages. */
const KLOG_LINE = /^[EWIF]\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ \S+:\d+\] ?/;

/**
 * The last message of a program on standard error: its messages in one line, without log lines, unless there is
 * nothing else.
 */
export function lastWords(stderr: string | Uint8Array): string {
  const text = typeof stderr === 'string' ? stderr : Buffer.from(stderr).toString();
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const said = lines.filter((line) => !KLOG_LINE.test(line) && !NO_MESSAGE.test(line));
  if (said.length > 0) return said.map((line) => line.replace(/^error: /i, '')).join(' ');
  return (lines.at(-1) ?? '').replace(KLOG_LINE, '');
}

/** A hint for people at a terminal, and warnings next to an error. */
const NO_MESSAGE = /^(?:If you don't see a command prompt|Warning: |Defaulted container )/;
