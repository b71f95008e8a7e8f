import type { Problem } from '../lib/errors.js';
import { plainText } from '../lib/foreign-text.js';
import { listOf } from './report.js';

/**
 * A step shows so many errors and so many warnings; the rest is dropped without a word.
 * https://github.com/orgs/community/discussions/26680
 */
const MOST_OF_A_KIND = 10;

/** Workflow commands of the runner: the first of each severity by themselves, the rest in one. */
export function renderAnnotations(problems: readonly Problem[]): string[] {
  return (['error', 'warning'] as const).flatMap((severity) => {
    const all = problems.filter((problem) => problem.severity === severity);
    if (all.length <= MOST_OF_A_KIND) return all.map(renderAnnotation);
    // A problem that can be shown next to its line comes before one that can't; the order stays otherwise.
    const sorted = all.toSorted((a, b) => Number(b.place !== undefined) - Number(a.place !== undefined));
    const rest = sorted.slice(MOST_OF_A_KIND - 1);
    const codes = listOf([...new Set(rest.map(({ code }) => code))]);
    return [
      ...sorted.slice(0, MOST_OF_A_KIND - 1).map(renderAnnotation),
      `::${severity} title=${rest.length} more::${escapeData(`${codes}\n→ The summary of the run and the log of the step list all of them.`)}`,
    ];
  });
}

/** One that shows a problem next to its line. Source: GitHub's workflow commands. */
function renderAnnotation(problem: Problem): string {
  const { place } = problem;
  const properties = {
    title: problem.code,
    file: place?.file,
    line: place?.line,
    endLine: place?.endLine,
    // GitHub refuses columns of what ends on another line.
    col: place?.endLine === undefined ? place?.column : undefined,
  };
  const rendered = Object.entries(properties)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${escapeProperty(String(value))}`)
    .join(',');
  const text = [problem.message, `→ ${problem.fix}`, problem.detail].filter(Boolean).join('\n');
  return `::${problem.severity} ${rendered}::${escapeData(text)}`;
}

function escapeData(text: string): string {
  return plainText(text).replaceAll('%', '%25').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
