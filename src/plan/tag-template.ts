import type { Source } from '../facts/source.js';
import { closest } from '../lib/suggestion.js';
import { formatDate, isTimeZone, objectionToFormat } from './tag-date.js';
import { fittingName, shortSha } from './tag-text.js';
import type { TagVersion } from './tag-version.js';

/** Text with `{{expressions}}`, taken apart once and evaluated per release. */
export type Template = TemplatePart[];
type TemplatePart = { text: string } | ExpressionCall;
interface ExpressionCall {
  expression: string;
  /** moment format and IANA zone of `date` and `commit_date`. */
  format: string;
  timeZone: string;
}

export type ParsedTemplate =
  | { status: 'template'; template: Template }
  | { status: 'broken'; reason: string };

/** What expressions look at. */
export interface Scope {
  source: Source;
  /** Longest that the name of a branch or git tag may be; longer ones are shortened. */
  nameRoom: number;
  version?: TagVersion;
}

export interface Evaluation {
  text: string;
  /** Names of the expressions that had a say; `sha` too when fixed text holds the commit. */
  uses: ReadonlySet<string>;
  /** Expressions that have nothing to say for this event, as written. */
  empty: string[];
}

type Expression = (scope: Scope, call: ExpressionCall) => string;

/** https://github.com/docker/metadata-action#global-expressions */
export const GLOBAL_EXPRESSIONS: Record<string, Expression> = {
  branch: ({ source: { ref }, nameRoom }) => (ref.type === 'branch' ? fittingName(ref.name, nameRoom) : ''),
  tag: ({ source: { ref }, nameRoom }) => (ref.type === 'tag' ? fittingName(ref.name, nameRoom) : ''),
  sha: ({ source }) => shortSha(source.commit),
  base_ref: ({ source: { ref }, nameRoom }) =>
    ref.type === 'pull-request' || ref.type === 'tag' ? fittingName(ref.base ?? '', nameRoom) : '',
  is_default_branch: ({ source }) => String(isDefaultBranch(source)),
  is_not_default_branch: ({ source }) => String(!isDefaultBranch(source)),
  date: ({ source }, { format, timeZone }) => formatDate(source.now, format, timeZone),
  commit_date: ({ source }, { format, timeZone }) => formatDate(source.commitTime, format, timeZone),
};

export const VERSION_EXPRESSIONS: Record<string, Expression> = Object.fromEntries(
  (['raw', 'version', 'major', 'minor', 'patch'] as const).map((name) => [
    name,
    ({ version }: Scope) => String(version?.[name] ?? ''),
  ]),
);

const EXPRESSIONS = { ...GLOBAL_EXPRESSIONS, ...VERSION_EXPRESSIONS };
const DATED = ['date', 'commit_date'];
const DEFAULT_FORMAT = 'YYYY-MM-DDTHH:mm:ss[Z]';

/** Takes text apart; only the expressions named in `allowed` may occur. */
export function parseTemplate(text: string, allowed: readonly string[]): ParsedTemplate {
  const template: Template = [];
  let rest = text;
  while (rest !== '') {
    const open = rest.indexOf('{{');
    if (open < 0) {
      template.push({ text: rest });
      break;
    }
    if (open > 0) template.push({ text: rest.slice(0, open) });
    const written = /^\{\{([^{}]*)\}\}/.exec(rest.slice(open));
    if (written === null) {
      return broken(
        `\`${rest.slice(open)}\` is never closed; an attribute with a comma needs quotes around it`,
      );
    }
    const call = parseCall(written[1]!.trim(), allowed);
    if ('status' in call) return call;
    template.push(call);
    rest = rest.slice(open + written[0].length);
  }
  return { status: 'template', template };
}

function parseCall(
  written: string,
  allowed: readonly string[],
): ExpressionCall | { status: 'broken'; reason: string } {
  const [, expression = '', rest = ''] = /^([^\s]*)\s*(.*)$/s.exec(written) ?? [];
  if (!allowed.includes(expression)) {
    const meant = closest(expression, allowed);
    const hint = meant === undefined ? `known here: ${allowed.join(', ')}` : `did you mean {{${meant}}}?`;
    return broken(`{{${written}}} is not an expression of this attribute; ${hint}`);
  }
  const call = { expression, format: DEFAULT_FORMAT, timeZone: 'UTC' };
  if (rest === '') return call;
  if (!DATED.includes(expression)) return broken(`{{${expression}}} takes no arguments`);
  const given = /^(?:'([^']*)'|"([^"]*)")?\s*(?:tz=(?:'([^']*)'|"([^"]*)"))?$/.exec(rest);
  if (given === null) {
    return broken(`{{${written}}}: write {{${expression} 'FORMAT' tz='ZONE'}}, both in quotes`);
  }
  const format = given[1] ?? given[2] ?? call.format;
  const timeZone = given[3] ?? given[4] ?? call.timeZone;
  const objection = objectionToFormat(format);
  if (objection !== undefined) return broken(objection);
  if (!isTimeZone(timeZone))
    return broken(`there is no time zone ${timeZone}; use a name such as Europe/Paris`);
  return { expression, format, timeZone };
}

export function evaluate(template: Template, scope: Scope): Evaluation {
  const uses = new Set<string>();
  const empty: string[] = [];
  const text = template.map((part) => {
    if ('text' in part) {
      if (part.text.includes(shortSha(scope.source.commit))) uses.add('sha');
      return part.text;
    }
    uses.add(part.expression);
    const value = EXPRESSIONS[part.expression]!(scope, part);
    if (value === '') empty.push(`{{${part.expression}}}`);
    return value;
  });
  return { text: text.join(''), uses, empty };
}

/** Whether the template is `{{name}}` and nothing else. */
export function isOnly(template: Template, name: string): boolean {
  const [only, ...more] = template;
  return only !== undefined && more.length === 0 && 'expression' in only && only.expression === name;
}

function isDefaultBranch({ ref, defaultBranch }: Source): boolean {
  return ref.type === 'branch' && ref.name === defaultBranch;
}

function broken(reason: string): { status: 'broken'; reason: string } {
  return { status: 'broken', reason };
}
