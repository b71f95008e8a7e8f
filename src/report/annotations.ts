import type { Problem } from '../lib/errors.js';

/** A workflow command of the runner that shows a problem beside its line. Source: GitHub's workflow commands. */
export function renderAnnotation(problem: Problem): string {
  const properties = {
    title: problem.code,
    file: problem.place?.file,
    line: problem.place?.line,
    col: problem.place?.column,
  };
  const rendered = Object.entries(properties)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${escapeProperty(String(value))}`)
    .join(',');
  const text = [problem.message, `→ ${problem.fix}`, problem.detail].filter(Boolean).join('\n');
  return `::${problem.severity} ${rendered}::${escapeData(text)}`;
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
