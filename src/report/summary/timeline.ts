import type { BuildStep } from '../../builders/built.js';
import type { Report } from '../report.js';
import { folded } from './markdown.js';

/** Steps shorter than this, or than a fiftieth of the whole, only make the picture unreadable. */
const SHORTEST_MS = 100;
const SMALLEST_SHARE = 1 / 50;
const MOST_STEPS = 30;
const LONGEST_NAME = 36;

/** A mermaid gantt of the build: one section per image, one bar per step that took time. */
export function renderTimeline(report: Report): string {
  const all = report.build?.steps ?? [];
  const shortest = Math.max(SHORTEST_MS, spanOf(all) * SMALLEST_SHARE);
  const steps = all.filter((step) => duration(step) >= shortest);
  if (steps.length === 0) return '';
  const longest = [...steps].sort((a, b) => duration(b) - duration(a)).slice(0, MOST_STEPS);
  const kept = longest.toSorted((a, b) => a.started - b.started || a.completed - b.completed);
  const begin = Math.min(...kept.map(({ started }) => started));
  const { unit, axis } = axisOf(spanOf(kept));
  const sections = [...new Set(kept.map(({ key }) => key ?? 'shared'))];
  const lines = [
    'gantt',
    '  dateFormat x',
    ...axis.map((line) => `  ${line}`),
    '  todayMarker off',
    ...sections.flatMap((section) => [
      `  section ${plain(section)}`,
      ...kept.filter(({ key }) => (key ?? 'shared') === section).map((step) => `  ${bar(step, begin, unit)}`),
    ]),
  ];
  const left = steps.length - kept.length;
  return folded(
    `Timeline of the build${left > 0 ? `: the ${kept.length} longest steps of ${steps.length}` : ''}`,
    `\`\`\`mermaid\n${lines.join('\n')}\n\`\`\``,
  );
}

/**
 * Mermaid's axis shows times of day where the reader lives, which begin anywhere. Seconds since the epoch are the
 * same everywhere, so what lasts minutes is drawn as if a minute were a second.
 */
function axisOf(milliseconds: number): { unit: number; axis: string[] } {
  if (milliseconds > 300_000) return { unit: 60, axis: ['axisFormat %s min'] };
  return { unit: 1, axis: ['axisFormat %s s', ...(milliseconds < 10_000 ? ['tickInterval 1second'] : [])] };
}

function bar(step: BuildStep, begin: number, unit: number): string {
  const state = step.cached ? 'done, ' : '';
  const [from, to] = [step.started, step.completed].map((time) => Math.round((time - begin) / unit));
  // BuildKit's name for fetching an image is a URL with a digest that nobody can read.
  const name = plain(step.name.replace(/docker-image:\/\//, '').replace(/@sha256:[0-9a-f]{64}/, ''));
  const short = name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME - 1).trimEnd()}…` : name;
  return `${short} :${state}${from}, ${to}`;
}

function spanOf(steps: readonly BuildStep[]): number {
  const [first, last] = [steps.map(({ started }) => started), steps.map(({ completed }) => completed)];
  return steps.length === 0 ? 0 : Math.max(...last) - Math.min(...first);
}

function duration(step: BuildStep): number {
  return step.completed - step.started;
}

/** Mermaid ends a task name at `:` and a statement at `;` or `#`, and has no escape for them; `∶` looks the same. */
function plain(text: string): string {
  return (
    text
      .replaceAll(/(?<=\w):(?=\w)/g, '∶')
      .replaceAll(/[:;#,%`"<>\\{}]/g, ' ')
      .replaceAll(/\s+/g, ' ')
      .trim() || 'step'
  );
}
