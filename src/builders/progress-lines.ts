import { plainText } from '../lib/foreign-text.js';
import type { ProgressListener, StepName } from './progress-events.js';

/**
 * Plain progress for logs: a line per finished step, and the last output of a failing step.
 * `print` gets lines without newline; its caller redacts secrets.
 */
export function printProgress(print: (line: string) => void): ProgressListener {
  const write = (line: string) => print(plainText(line));
  return (event) => {
    if (event.type === 'log') write(event.line);
    if (event.type === 'cached') write(`${title(event.step)}  cached`);
    if (event.type === 'completed' && isWorthALine(event.step, event.seconds))
      write(`${title(event.step)}  ${event.seconds.toFixed(1)}s`);
    if (event.type === 'failed') {
      write(`${title(event.step)}  failed: ${event.error}`);
      for (const line of event.output) write(`${label(event.step)}  | ${line}`);
    }
  };
}

/** BuildKit's internal steps count only if they took time: a large context, a slow registry. */
function isWorthALine({ name }: StepName, seconds: number): boolean {
  return seconds >= 1 || !/^\[(?:internal|auth)\]/.test(name);
}

function label(step: StepName): string {
  return `${step.key ?? 'build'}  #${step.number}`;
}

function title(step: StepName): string {
  const name = step.name.replace(/\s+/g, ' ').replace(/@(sha256:[0-9a-f]{12})[0-9a-f]{52}/g, '@$1…');
  return `${label(step)} ${name.length > 120 ? `${name.slice(0, 119)}…` : name}`;
}
