import type { BuildStep } from '../build/built.js';
import type { Report } from './report.js';

/** Steps shorter than this only make the picture unreadable. */
const SHORTEST_MS = 100;
const MOST_STEPS = 40;

/** A mermaid gantt of the build: one section per image, one bar per step that took time. */
export function renderGantt(report: Report): string {
  const steps = (report.build?.steps ?? []).filter((step) => step.completed - step.started >= SHORTEST_MS);
  if (steps.length === 0) return '';
  const longest = [...steps].sort((a, b) => duration(b) - duration(a)).slice(0, MOST_STEPS);
  const kept = longest.toSorted((a, b) => a.started - b.started || a.completed - b.completed);
  const begin = Math.min(...kept.map(({ started }) => started));
  const sections = [...new Set(kept.map(({ key }) => key ?? 'shared'))];
  const lines = [
    'gantt',
    '  dateFormat x',
    '  axisFormat %M:%S',
    '  todayMarker off',
    ...sections.flatMap((section) => [
      `  section ${plain(section)}`,
      ...kept.filter(({ key }) => (key ?? 'shared') === section).map((step) => `  ${bar(step, begin)}`),
    ]),
  ];
  return [
    '<details><summary>Timeline of the build</summary>',
    `\`\`\`mermaid\n${lines.join('\n')}\n\`\`\``,
    '</details>',
  ].join('\n\n');
}

function bar(step: BuildStep, begin: number): string {
  const state = step.cached ? 'done, ' : '';
  return `${plain(step.name).slice(0, 60)} :${state}${step.started - begin}, ${step.completed - begin}`;
}

function duration(step: BuildStep): number {
  return step.completed - step.started;
}

/** Mermaid ends a task name at `:` and a statement at `;` or `#`, and has no escape for them. */
function plain(text: string): string {
  return (
    text
      .replaceAll(/[:;#,%`"<>\\{}]/g, ' ')
      .replaceAll(/\s+/g, ' ')
      .trim() || 'step'
  );
}
