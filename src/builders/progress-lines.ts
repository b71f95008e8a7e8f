import { plainText } from '../lib/foreign-text.js';
import type { ProgressListener, StepName } from './progress-events.js';

/**
 * Plain progress for logs: a line per finished step, and everything that a failing step printed last.
 * `print` gets lines without newline; secrets in them are its caller's to redact.
 */
export function printProgress(print: (line: string) => void): ProgressListener {
  const write = (line: string) => print(plainText(line));
  return (event) => {
    switch (event.type) {
      case 'completed':
        if (isWorthALine(event.step, event.seconds))
          write(`${title(event.step)}  ${event.seconds.toFixed(1)}s`);
        break;
      case 'cached':
        write(`${title(event.step)}  cached`);
        break;
      case 'failed':
        write(`${title(event.step)}  failed: ${event.error}`);
        for (const line of event.output) write(`${label(event.step)}  | ${line}`);
        break;
      case 'log':
        write(event.line);
        break;
      case 'started':
      case 'output':
      case 'warning':
      case 'text':
      case 'waiting':
      case 'queued':
      case 'built':
      case 'jobs':
        break;
    }
  };
}

/** BuildKit's own chores are only told when they took time: a large context, a slow registry. */
function isWorthALine(step: StepName, seconds: number): boolean {
  return !step.name.startsWith('[internal]') && !step.name.startsWith('[auth]') ? true : seconds >= 1;
}

function label(step: StepName): string {
  return `${step.key ?? 'build'}  #${step.number}`;
}

function title(step: StepName): string {
  const name = step.name.replace(/\s+/g, ' ').replace(/@(sha256:[0-9a-f]{12})[0-9a-f]{52}/g, '@$1…');
  return `${label(step)} ${name.length > 120 ? `${name.slice(0, 119)}…` : name}`;
}
