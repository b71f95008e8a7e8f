import { plainText } from '../../lib/foreign-text.js';
import type { RunStep } from './github.js';

export interface LogLine {
  /** Milliseconds since the epoch; of a line without a time that of the line before. */
  at: number;
  text: string;
}

const TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z) ?/;

/** In GitHub's logs each line begins with its time. */
export function readLog(text: string): LogLine[] {
  let at = 0;
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line) => {
      const time = TIME.exec(line);
      if (time) at = Date.parse(time[1]!);
      return { at, text: plainText(time ? line.slice(time[0].length) : line) };
    })
    .filter(({ text: line }, index, all) => line !== '' || index < all.length - 1);
}

/** Groups are folded, as the run's page shows them. */
export function foldedLog(lines: readonly LogLine[]): string[] {
  const shown: string[] = [];
  let inside = false;
  for (const { text } of lines) {
    const [, command, words = ''] = /^(?:##\[|::)(group|endgroup)(?:\]|::)(.*)$/.exec(text) ?? [];
    if (command === 'group') shown.push(`▸ ${words}`);
    else if (command === undefined && !inside) shown.push(readable(text));
    if (command !== undefined) inside = command === 'group';
  }
  return shown;
}

export function tailOfStep(lines: readonly LogLine[], step: RunStep, count: number): string[] {
  const from = Date.parse(step.started_at ?? '');
  // Steps have whole seconds, lines have parts of them.
  const to = Date.parse(step.completed_at ?? '') + 1000;
  const within = lines.filter(({ at }) => at >= from && at < to);
  const found = within.length > 0 ? within : lines.slice(0, lastError(lines) + 1);
  return found
    .filter(({ text }) => text.trim() !== '' && !/^(?:##\[|::)(?:group|endgroup|debug)/.test(text))
    .slice(-count)
    .map(({ text }) => readable(text));
}

function lastError(lines: readonly LogLine[]): number {
  const errors = lines.flatMap(({ text }, index) => (text.startsWith('##[error]') ? [index] : []));
  return errors.at(-1) ?? lines.length - 1;
}

function readable(text: string): string {
  return text.replace(/^##\[(error|warning|notice|command|debug)\]/, (_, kind: string) =>
    kind === 'command' ? '$ ' : `${kind}: `,
  );
}
