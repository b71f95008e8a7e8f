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

/** The rule gives no tag for this event; the message is a clause. */
export class NoTag extends Error {}

/** @throws NoTag */
export function tagValue(rule: RuleKind, scope: Scope): TagValue {
  const { source, nameLength } = scope;
  switch (rule.type) {
    case 'schedule':
      if (source.event.name !== 'schedule') throw new NoTag('this is no scheduled run');
      return fromTemplate(rule.pattern, scope);
    case 'semver':
    case 'pep440':
      return versionValue(rule, scope);
    case 'match':
      return matchValue(rule, scope);
    case 'edge': {
      const branch = rule.branch ?? source.defaultBranch;
      if (branch === undefined) throw new NoTag('the default branch is not known; name it with branch=');
      if (source.ref.type !== 'branch' || source.ref.name !== branch) throw new NoTag(`this is not branch ${branch}`);
      return { text: 'edge' };
    }
    case 'ref': {
      const { ref } = source;
      const type = rule.event === 'pr' ? 'pull-request' : rule.event;
      if (ref.type !== type) throw new NoTag(`this is no ${type.replace('-', ' ')}`);
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

/** @throws NoTag if an expression is empty */
function fromTemplate(template: Template, scope: Scope): TagValue {
  const evaluation = evaluate(template, scope);
  if (evaluation.empty.length > 0) throw new NoTag(`${evaluation.empty.join(', ')} is empty for this event`);
  return { text: evaluation.text, immutable: namesOneCommit(evaluation) };
}

/** The `value` of `semver`, `pep440` and `match`, else the git tag. */
function subjectOf(value: Template | undefined, scope: Scope): TagValue {
  if (value !== undefined) return fromTemplate(value, scope);
  const { ref } = scope.source;
  if (ref.type !== 'tag') throw new NoTag('this is no git tag');
  return { text: ref.name, immutable: true };
}

/** A regular expression of the configuration may take too long. */
const MATCH_TIMEOUT_MS = 1000;

function matchOf(expression: RegExp, text: string): RegExpExecArray {
  const done = withinTime(MATCH_TIMEOUT_MS, () => expression.exec(text));
  if (done === undefined) throw new NoTag(`matching ${expression.source} takes too long`);
  if (done.value === null) throw new NoTag(`${text} does not match ${expression.source}`);
  return done.value;
}

function versionValue(rule: Extract<RuleKind, { type: 'semver' | 'pep440' }>, scope: Scope): TagValue {
  let { text, immutable } = subjectOf(rule.value, scope);
  if (rule.match !== undefined) {
    const match = matchOf(rule.match, text);
    const group = match.length > 1 ? 1 : 0;
    immutable &&= keepsVersion(match, group);
    text = match[group] ?? '';
  }
  const version = VERSION_READERS[rule.type](text.replaceAll('/', '-'));
  if (version === undefined) throw new NoTag(`${text} is no ${rule.type} version`);

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

function matchValue(rule: Extract<RuleKind, { type: 'match' }>, scope: Scope): TagValue {
  const subject = subjectOf(rule.value, scope);
  const match = matchOf(rule.pattern, subject.text);
  const text = match[rule.group];
  if (text === undefined) throw new NoTag(`${rule.pattern.source} has no group ${rule.group}`);
  return { text, immutable: subject.immutable && keepsVersion(match, rule.group), latest: true };
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
