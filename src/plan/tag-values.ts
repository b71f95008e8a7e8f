import { withinTime } from '../lib/bounded.js';
import type { RuleKind } from './tag-rules.js';
import { evaluate, shortName, shortSha, type Evaluation, type Scope, type Template } from './tag-template.js';
import { VERSION_READERS, type TagVersion } from './tag-version.js';

/** The value of a rule for this event, before prefix and suffix; undefined fields are false. */
export interface TagValue {
  text: string;
  /** Contains the commit, or the complete version of the git tag: no other commit gets it. */
  immutable?: boolean;
  /** Whether flavor `latest=auto` adds `latest`. */
  latest?: boolean;
}

/** @returns undefined: the rule gives no tag for this event */
export function tagValue(rule: RuleKind, scope: Scope): TagValue | undefined {
  const { source, nameLength } = scope;
  const { ref } = source;
  switch (rule.type) {
    case 'schedule':
      return source.event.name === 'schedule' ? fromTemplate(rule.pattern, scope) : undefined;
    case 'semver':
    case 'pep440':
      return versionValue(rule, scope);
    case 'match':
      return matchValue(rule, scope);
    case 'edge': {
      const branch = rule.branch ?? source.defaultBranch;
      return ref.type === 'branch' && ref.name === branch ? { text: 'edge' } : undefined;
    }
    case 'ref': {
      if (ref.type !== (rule.event === 'pr' ? 'pull-request' : rule.event)) return undefined;
      if (ref.type === 'pull-request') return { text: String(ref.number) };
      const isTag = ref.type === 'tag';
      return { text: 'name' in ref ? shortName(ref.name, nameLength) : '', immutable: isTag, latest: isTag };
    }
    case 'raw':
      return fromTemplate(rule.value, scope);
    case 'sha':
      return { text: rule.format === 'long' ? source.commit : shortSha(source.commit), immutable: true };
  }
}

/** Whether text with these expressions belongs to one commit alone. */
export function namesOneCommit({ uses }: Evaluation): boolean {
  return uses.has('sha') || uses.has('tag');
}

function fromTemplate(template: Template, scope: Scope): TagValue | undefined {
  const evaluation = evaluate(template, scope);
  return evaluation.empty ? undefined : { text: evaluation.text, immutable: namesOneCommit(evaluation) };
}

/** The `value` of `semver`, `pep440` and `match`, else the git tag. */
function subjectOf(value: Template | undefined, scope: Scope): TagValue | undefined {
  if (value !== undefined) return fromTemplate(value, scope);
  const { ref } = scope.source;
  return ref.type === 'tag' ? { text: ref.name, immutable: true } : undefined;
}

/** A regular expression of the configuration may take too long, and matches nothing then. */
const MATCH_TIMEOUT_MS = 1000;

function versionValue(rule: Extract<RuleKind, { type: 'semver' | 'pep440' }>, scope: Scope): TagValue | undefined {
  let { text, immutable } = subjectOf(rule.value, scope) ?? { text: '' };
  if (rule.match !== undefined) {
    const match = matchOf(rule.match, text);
    const group = match && match.length > 1 ? 1 : 0;
    immutable &&= match && keepsVersion(match, group);
    text = match?.[group] ?? '';
  }
  const version = VERSION_READERS[rule.type](text.replaceAll('/', '-'));
  if (version === undefined) return undefined;

  // A pre-release never gets a shortened version: only the complete one is a tag.
  const [only, ...more] = rule.pattern;
  const isRaw = more.length === 0 && typeof only === 'object' && only.expression === 'raw';
  const pattern = version.final || isRaw ? rule.pattern : COMPLETE_VERSION;
  const evaluation = evaluate(pattern, { ...scope, version });
  return {
    text: evaluation.text,
    immutable: immutable && isComplete(evaluation, version),
    latest: version.final,
  };
}

const COMPLETE_VERSION: Template = [{ expression: 'version', format: '', timeZone: '' }];

function isComplete({ uses }: Evaluation, version: TagVersion): boolean {
  if (uses.has('raw')) return true;
  if (!version.distinct) return false;
  const parts = ['major', 'minor', 'patch'] as const;
  const all = parts.map((part) => version[part]).join('.');
  return uses.has('version') || (parts.every((part) => uses.has(part)) && all === version.version);
}

function matchValue(rule: Extract<RuleKind, { type: 'match' }>, scope: Scope): TagValue | undefined {
  const subject = subjectOf(rule.value, scope);
  const match = subject && matchOf(rule.pattern, subject.text);
  const text = match?.[rule.group];
  if (!match || text === undefined) return undefined;
  return { text, immutable: subject.immutable && keepsVersion(match, rule.group), latest: true };
}

function matchOf(expression: RegExp, text: string): RegExpExecArray | undefined {
  return withinTime(MATCH_TIMEOUT_MS, () => expression.exec(text))?.value ?? undefined;
}

/**
 * Whether a match keeps the difference between versions: it spans the git tag (but for a leading `v`), and the group
 * drops nothing but a name in front, such as `api/v`. In doubt no: then the commit names the release.
 */
function keepsVersion(match: RegExpExecArray, group: number): boolean {
  const [start, end] = match.indices?.[group] ?? [0, 0];
  const before = match.input.slice(0, match.index);
  const spans = /^v?$/i.test(before) && match.index + match[0].length === match.input.length;
  const dropped = match.input.slice(match.index, start);
  return spans && end === match.input.length && /^(?:[a-z@][^/]*\/)*(?:[a-z_]+[-_@])*v?$/i.test(dropped);
}
