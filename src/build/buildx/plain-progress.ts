import { splitLines, type ProgressStream, type SolveStatus } from './progress-stream.js';

/**
 * Reads `--progress=plain` into the status objects of rawjson, for a buildx without the latter. Lines are
 * `#5 [api base 3/3] RUN …`, `#5 0.123 output`, `#5 CACHED`, `#5 DONE 0.2s`, `#5 ERROR: …`.
 * `now` gives milliseconds since the epoch: plain progress tells durations only.
 */
export function readPlainProgress(
  onStatus: (status: SolveStatus) => void,
  onText: (line: string) => void,
  now: () => number,
): ProgressStream {
  const names = new Map<string, { name: string; started: string }>();
  return splitLines((line) => {
    const [, id, rest = ''] = /^(#\d+) (.*)$/.exec(line) ?? [];
    if (id === undefined) {
      if (line.trim() !== '') onText(line);
      return;
    }
    const time = new Date(now()).toISOString();
    const known = names.get(id);
    if (known === undefined) {
      names.set(id, { name: rest, started: time });
      onStatus({ vertexes: [{ digest: id, name: rest, started: time }] });
      return;
    }
    const ended = { digest: id, name: known.name, started: known.started, completed: time };
    const [, error] = /^ERROR:? (.*)$/.exec(rest) ?? [];
    const [, output] = /^\d+\.\d+ (.*)$/.exec(rest) ?? [];
    if (rest === 'CACHED') onStatus({ vertexes: [{ ...ended, cached: true }] });
    else if (/^DONE [\d.]+s$/.test(rest)) onStatus({ vertexes: [ended] });
    else if (rest === 'CANCELED') onStatus({ vertexes: [{ ...ended, error: 'context canceled' }] });
    else if (error !== undefined) onStatus({ vertexes: [{ ...ended, error }] });
    else if (output !== undefined) {
      onStatus({ logs: [{ vertex: id, data: Buffer.from(`${output}\n`).toString('base64') }] });
    }
  });
}
