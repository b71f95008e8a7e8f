import { formatPlace, type Place, type Problem } from '../../lib/errors.js';
import type { Plan } from '../../plan/plan.js';
import { errorPage } from '../describe.js';
import type { Report } from '../report.js';
import { linksOf } from './links.js';
import { fenced, inline, link, small } from './markdown.js';

/** More than these are counted, not shown: the log has them. */
const MOST_SHOWN = 50;

/** An alert per problem: what, where, why, and the fix. */
export function renderProblems(report: Report, problems: readonly Problem[], limit: number): string[] {
  const left = problems.length - MOST_SHOWN;
  return [
    ...problems.slice(0, MOST_SHOWN).map((problem) => renderProblem(report, problem, limit)),
    ...(left > 0 ? [`… and ${left} more. The log of the step lists all of them.`] : []),
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
  const page = code.startsWith('deploy/')
    ? deployedPage(plan, place)
    : plan && linksOf(plan.source).file(place, plan.source.commit);
  return link(`\`${formatPlace(place)}\``, page);
}

/** The deployed state is read from a branch, which may be ahead of the commit, and may be another repository's. */
function deployedPage(plan: Plan | undefined, place: Place): string | undefined {
  const [first, ...others] = (plan?.deploy ?? []).flatMap(({ target, ...deploy }) =>
    deploy.status === 'deploy' ? [{ repository: target.repository, branch: deploy.branch }] : [],
  );
  const onlyOne = others.every(
    ({ repository, branch }) => repository === first?.repository && branch === first?.branch,
  );
  if (first === undefined || !onlyOne) return undefined;
  return linksOf(plan?.source).file(place, first.branch, first.repository);
}
