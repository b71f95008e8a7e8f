/** Makes lines of the log of a container, as `kubectl logs --timestamps` prints it in several goes. */
export interface LogLines {
  push(chunk: Uint8Array): void;
  /** The stream was cut: what follows begins again at `since`. An unfinished line comes again, too. */
  cut(): void;
  /** Nothing follows: an unfinished line is one. */
  end(): void;
  /** Timestamp of the last line, for `--since-time`; undefined: there was none. */
  since(): string | undefined;
}

const STAMP = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d) ?/;
const NEWLINE = 10;

/**
 * `--since-time` knows whole seconds only, so a second is told twice: what is not newer than the last line is left
 * out, and of lines with the very same time as many as were told.
 */
export function logLines(onLine: (line: string) => void): LogLines {
  let held: Uint8Array[] = [];
  let last: string | undefined;
  /** Lines told with the time `last`. */
  let told = 0;
  /** After a cut: lines of the time `last` that are still to be left out; undefined: nothing is repeated any more. */
  let repeated: number | undefined;

  const take = (line: string) => {
    const [stamp = '', seconds] = STAMP.exec(line) ?? [];
    if (seconds === undefined) {
      if (repeated === undefined) onLine(line);
      return;
    }
    if (repeated !== undefined && last !== undefined) {
      const order = compare(stamp, last);
      if (order < 0 || (order === 0 && repeated-- > 0)) return;
      if (order > 0) repeated = undefined;
    }
    told = stamp === last ? told + 1 : 1;
    last = stamp;
    onLine(line.slice(stamp.length));
  };
  const flush = () => {
    if (held.length === 0) return;
    const line = Buffer.concat(held).toString();
    held = [];
    take(line.endsWith('\r') ? line.slice(0, -1) : line);
  };

  return {
    push(chunk) {
      let start = 0;
      for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, start)) {
        held.push(chunk.subarray(start, at));
        flush();
        start = at + 1;
      }
      if (start < chunk.length) held.push(chunk.subarray(start));
    },
    cut() {
      held = [];
      if (last !== undefined) repeated = told;
    },
    end: flush,
    since: () => last?.trim(),
  };
}

/** Times of one log have the same form nearly always; a node may change its offset from UTC. */
function compare(one: string, other: string): number {
  const [a, b] = [nanoseconds(one), nanoseconds(other)];
  return a < b ? -1 : a > b ? 1 : 0;
}

function nanoseconds(stamp: string): bigint {
  const [, seconds = '', fraction = '', zone = 'Z'] = STAMP.exec(stamp) ?? [];
  return (
    BigInt(Date.parse(`${seconds}${zone}`)) * 1_000_000n + BigInt(fraction.padEnd(9, '0').slice(0, 9) || '0')
  );
}
