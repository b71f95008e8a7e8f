import type { Source } from '../facts/source.js';
import { closest } from '../lib/suggestion.js';
import { formatDate, isTimeZone, unsupportedToken } from './tag-date.js';
import type { TagVersion } from './tag-version.js';

/** Text with `{{expressions}}`, parsed once and evaluated per release. */
export type Template = (string | ExpressionCall)[];

interface ExpressionCall {
  expression: string;
  /** moment format and IANA zone of `date` and `commit_date`. */
  format: string;
  timeZone: string;
}

/** What expressions read. */
export interface Scope {
  source: Source;
  /** Maximum length of the name of a branch or git tag; longer names are shortened. */
  nameLength: number;
  version?: TagVersion;
}

export interface Evaluation {
  text: string;
  /** Names of the expressions; `sha` also if fixed text contains the commit. */
  uses: ReadonlySet<string>;
  /** An expression has no value for this event. */
  empty: boolean;
}

/** A rule, flavor or template breaks the grammar; the message is a clause. */
export class InvalidTagRule extends Error {}

type Expression = (scope: Scope, call: ExpressionCall) => string;

/** https://github.com/docker/metadata-action#global-expressions */
const GLOBAL: Record<string, Expression> = {
  branch: ({ source: { ref }, nameLength }) => (ref.type === 'branch' ? shortName(ref.name, nameLength) : ''),
  tag: ({ source: { ref }, nameLength }) => (ref.type === 'tag' ? shortName(ref.name, nameLength) : ''),
  sha: ({ source }) => shortSha(source.commit),
  base_ref: ({ source: { ref }, nameLength }) =>
    ref.type === 'pull-request' || ref.type === 'tag' ? shortName(ref.base ?? '', nameLength) : '',
  is_default_branch: ({ source }) => String(isDefaultBranch(source)),
  is_not_default_branch: ({ source }) => String(!isDefaultBranch(source)),
  date: ({ source }, { format, timeZone }) => formatDate(source.now, format, timeZone),
  commit_date: ({ source }, { format, timeZone }) => formatDate(source.commitTime, format, timeZone),
};

const VERSION: Record<string, Expression> = Object.fromEntries(
  (['raw', 'version', 'major', 'minor', 'patch'] as const).map((name) => [
    name,
    ({ version }: Scope) => String(version?.[name] ?? ''),
  ]),
);

const EXPRESSIONS = { global: GLOBAL, version: VERSION };

/** @param kind which expressions may occur @throws InvalidTagRule */
export function parseTemplate(text: string, kind: keyof typeof EXPRESSIONS = 'global'): Template {
  const template: Template = [];
  for (const [, fixed = '', call, open] of text.matchAll(/((?:(?!\{\{).)+)|\{\{([^{}]*)\}\}|(\{\{.*)/gs)) {
    if (open !== undefined)
      throw new InvalidTagRule(`\`${open}\` is never closed; an attribute with a comma needs quotes around it`);
    template.push(call === undefined ? fixed : parseCall(call.trim(), Object.keys(EXPRESSIONS[kind])));
  }
  return template;
}

function parseCall(written: string, allowed: readonly string[]): ExpressionCall {
  const [, expression = '', rest = ''] = /^([^\s]*)\s*(.*)$/s.exec(written) ?? [];
  if (!allowed.includes(expression)) {
    const meant = closest(expression, allowed);
    const hint = meant === undefined ? `known here: ${allowed.join(', ')}` : `did you mean {{${meant}}}?`;
    throw new InvalidTagRule(`{{${written}}} is not an expression of this attribute; ${hint}`);
  }
  if (rest !== '' && expression !== 'date' && expression !== 'commit_date')
    throw new InvalidTagRule(`{{${expression}}} takes no arguments`);
  const given = /^(?:'([^']*)'|"([^"]*)")?\s*(?:tz=(?:'([^']*)'|"([^"]*)"))?$/.exec(rest);
  if (given === null)
    throw new InvalidTagRule(`{{${written}}}: write {{${expression} 'FORMAT' tz='ZONE'}}, both in quotes`);
  const format = given[1] ?? given[2] ?? 'YYYY-MM-DDTHH:mm:ss[Z]';
  const timeZone = given[3] ?? given[4] ?? 'UTC';
  const token = unsupportedToken(format);
  if (token !== undefined)
    throw new InvalidTagRule(
      `the date format has \`${token}\`, which is not supported; write fixed text in [brackets]`,
    );
  if (!isTimeZone(timeZone))
    throw new InvalidTagRule(`there is no time zone ${timeZone}; use a name such as Europe/Paris`);
  return { expression, format, timeZone };
}

export function evaluate(template: Template, scope: Scope): Evaluation {
  const uses = new Set<string>();
  let empty = false;
  const text = template.map((part) => {
    if (typeof part === 'string') {
      if (part.includes(shortSha(scope.source.commit))) uses.add('sha');
      return part;
    }
    uses.add(part.expression);
    const value = { ...GLOBAL, ...VERSION }[part.expression]!(scope, part);
    empty ||= value === '';
    return value;
  });
  return { text: text.join(''), uses, empty };
}

function isDefaultBranch({ ref, defaultBranch }: Source): boolean {
  return ref.type === 'branch' && ref.name === defaultBranch;
}

/** Longest tag that registries take: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pull */
export const MAX_TAG_LENGTH = 128;

export function shortSha(commit: string): string {
  return commit.slice(0, 7);
}

/**
 * Makes text a tag as docker/metadata-action does: every run of other characters becomes `-`. In addition a leading
 * `.` or `-`, which no registry takes, is removed. The result may be empty.
 */
export function sanitizeTag(text: string): string {
  return withValidCharacters(text).replace(/^[.-]+/, '');
}

/**
 * A branch or git tag name of at most `length` characters: if it is longer, its beginning and a checksum of the complete
 * name (FNV-1a; 32 bits tell the long branches of one repository apart).
 */
export function shortName(name: string, length: number): string {
  if (name.length <= length) return name;
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  const checksum = hash.toString(16).padStart(8, '0');
  return `${withValidCharacters(name).slice(0, Math.max(0, length - checksum.length - 1))}-${checksum}`;
}

function withValidCharacters(text: string): string {
  return text.replace(/[^a-zA-Z0-9._-]+/g, '-');
}
