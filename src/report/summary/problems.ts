import { formatPlace, type Problem } from '../../lib/errors.js';
import { errorPage } from '../error-page.js';
import type { Report } from '../report.js';
import { linksOf } from './links.js';
import { fenced, inline, link, small } from './markdown.js';

/** More than these are counted, not shown: the log has them. */
const MOST_SHOWN = 50;

/** What went wrong or may, where, why, and what to do: an alert each. */
export function renderProblems(report: Report, problems: readonly Problem[], limit: number): string[] {
  const left = problems.length - MOST_SHOWN;
  return [
    ...problems.slice(0, MOST_SHOWN).map((problem) => renderProblem(report, problem, limit)),
    ...(left > 0 ? [`… and ${left} more: the log of the step has all of them.`] : []),
  ];
}

function renderProblem(report: Report, problem: Problem, limit: number): string {
  const { severity, message, fix, code, detail } = problem;
  const place = placeOf(report, problem);
  const lines = [
    `[!${severity === 'error' ? 'CAUTION' : 'WARNING'}]`,
    `**${inline(message)}**${place === undefined ? '' : `<br>${place}`}`,
    '',
    `${inline(fix)} ${small(link(code, errorPage(code)))}`,
  ];
  const quoted = lines.map((line) => (line === '' ? '>' : `> ${line}`)).join('\n');
  return detail === undefined ? quoted : `${quoted}\n\n${fenced('text', detail, limit)}`;
}

function placeOf({ plan }: Report, { code, place }: Problem): string | undefined {
  if (place === undefined) return undefined;
  const commit = plan?.source.commit;
  // A Kustomization may lie in another repository, and is read from the branch, which may be ahead of the commit.
  const here = !code.startsWith('deploy/') && commit !== undefined;
  return link(`\`${formatPlace(place)}\``, here ? linksOf(plan?.source).file(place, commit) : undefined);
}
