import { withinTime } from '../lib/bounded.js';
import type { RuleKind } from './tag-rules.js';
import { evaluate, isOnly, type Evaluation, type Scope, type Template } from './tag-template.js';
import { fittingName, shortSha } from './tag-text.js';
import { VERSION_READERS, type TagVersion } from './tag-version.js';

/** What a rule says for this event, before prefix and suffix. */
export type TagValue =
  | {
      status: 'value';
      text: string;
      /** Holds the commit, or all of the git tag's version: never given to another commit. */
      immutable: boolean;
      /** Whether flavor `latest=auto` adds `latest`. */
      latest: boolean;
    }
  | { status: 'left-out'; reason: string };

/** Evaluates one rule; rules that are not meant for this event are left out with the reason. */
export function tagValue(rule: RuleKind, scope: Scope): TagValue {
  const valuer = VALUERS[rule.type] as (rule: RuleKind, scope: Scope) => TagValue;
  return valuer(rule, scope);
}

/** Whether text that used these expressions belongs to one commit alone. */
export function namesOneCommit(evaluation: Evaluation): boolean {
  return evaluation.uses.has('sha') || evaluation.uses.has('tag');
}

type Valuers = { [T in RuleKind['type']]: (rule: Extract<RuleKind, { type: T }>, scope: Scope) => TagValue };

const VALUERS: Valuers = {
  schedule({ pattern }, scope) {
    if (scope.source.event.name !== 'schedule') return leftOut('this is no scheduled run');
    return fromTemplate(pattern, scope);
  },
  semver: versionValue,
  pep440: versionValue,
  match: matchValue,
  edge({ branch }, { source }) {
    const wanted = branch ?? source.defaultBranch;
    if (wanted === undefined) return leftOut('the default branch is not known; name it with branch=');
    if (source.ref.type !== 'branch' || source.ref.name !== wanted)
      return leftOut(`this is not branch ${wanted}`);
    return { status: 'value', text: 'edge', immutable: false, latest: false };
  },
  ref({ event }, { source: { ref }, nameRoom }) {
    const wanted = { branch: 'branch', tag: 'tag', pr: 'pull-request' }[event];
    if (ref.type !== wanted) return leftOut(`this is no ${wanted.replace('-', ' ')}`);
    switch (ref.type) {
      case 'branch':
        return { status: 'value', text: fittingName(ref.name, nameRoom), immutable: false, latest: false };
      case 'tag':
        return { status: 'value', text: fittingName(ref.name, nameRoom), immutable: true, latest: true };
      case 'pull-request':
        return { status: 'value', text: String(ref.number), immutable: false, latest: false };
      case 'commit':
        return leftOut('this is a commit on no branch');
    }
  },
  raw: ({ value }, scope) => fromTemplate(value, scope),
  sha: ({ format }, { source: { commit } }) => ({
    ...{ status: 'value', immutable: true, latest: false },
    text: format === 'long' ? commit : shortSha(commit),
  }),
};

function fromTemplate(template: Template, scope: Scope): TagValue {
  const evaluation = evaluate(template, scope);
  if (evaluation.empty.length > 0) return leftOut(`${evaluation.empty.join(', ')} is empty for this event`);
  return { status: 'value', text: evaluation.text, immutable: namesOneCommit(evaluation), latest: false };
}

/** What `semver`, `pep440` and `match` read: their `value`, else the git tag. */
type Subject = { text: string; ofThisCommit: boolean } | { reason: string };

/** An expression of the configuration may need ages. */
const LONGEST_MS = 1000;

function matchOf(expression: RegExp, text: string): RegExpExecArray | { reason: string } {
  const done = withinTime(LONGEST_MS, () => expression.exec(text));
  if (done === undefined) return { reason: `matching ${expression.source} takes too long` };
  return done.value ?? { reason: `${text} does not match ${expression.source}` };
}

function subjectOf(value: Template | undefined, scope: Scope): Subject {
  if (value !== undefined) {
    const evaluation = evaluate(value, scope);
    if (evaluation.empty.length > 0)
      return { reason: `${evaluation.empty.join(', ')} is empty for this event` };
    return { text: evaluation.text, ofThisCommit: namesOneCommit(evaluation) };
  }
  const { ref } = scope.source;
  return ref.type === 'tag' ? { text: ref.name, ofThisCommit: true } : { reason: 'this is no git tag' };
}

function versionValue(rule: Extract<RuleKind, { type: 'semver' | 'pep440' }>, scope: Scope): TagValue {
  const subject = subjectOf(rule.value, scope);
  if ('reason' in subject) return leftOut(subject.reason);

  let { text, ofThisCommit } = subject;
  if (rule.match !== undefined) {
    const match = matchOf(rule.match, text);
    if ('reason' in match) return leftOut(match.reason);
    const group = match.length > 1 ? 1 : 0;
    ofThisCommit &&= keepsVersion(match, group);
    text = match[group] ?? '';
  }
  const version = VERSION_READERS[rule.type](text.replaceAll('/', '-'));
  if (version === undefined) return leftOut(`${text} is no ${rule.type} version`);

  // A pre-release never stands for a shortened version: only all of it is a tag.
  const pattern = version.final || isOnly(rule.pattern, 'raw') ? rule.pattern : WHOLE_VERSION;
  const evaluation = evaluate(pattern, { ...scope, version });
  return {
    status: 'value',
    text: evaluation.text,
    immutable: ofThisCommit && isWhole(evaluation, version),
    latest: version.final,
  };
}

const WHOLE_VERSION: Template = [{ expression: 'version', format: '', timeZone: '' }];

function isWhole({ uses }: Evaluation, version: TagVersion): boolean {
  if (uses.has('raw')) return true;
  if (!version.distinct) return false;
  if (uses.has('version')) return true;
  const parts = ['major', 'minor', 'patch'] as const;
  return (
    parts.every((part) => uses.has(part)) && parts.map((part) => version[part]).join('.') === version.version
  );
}

function matchValue(rule: Extract<RuleKind, { type: 'match' }>, scope: Scope): TagValue {
  const subject = subjectOf(rule.value, scope);
  if ('reason' in subject) return leftOut(subject.reason);
  const match = matchOf(rule.pattern, subject.text);
  if ('reason' in match) return leftOut(match.reason);
  const text = match[rule.group];
  if (text === undefined) return leftOut(`${rule.pattern.source} has no group ${rule.group}`);
  return {
    status: 'value',
    text,
    immutable: subject.ofThisCommit && keepsVersion(match, rule.group),
    latest: true,
  };
}

/**
 * Whether a match keeps what tells versions apart: it spans the git tag (but for a leading `v`), and the group
 * drops nothing but a name in front, such as `api/v`. In doubt no: then the commit names the release.
 */
function keepsVersion(match: RegExpExecArray, group: number): boolean {
  const [start, end] = match.indices?.[group] ?? [0, 0];
  const before = match.input.slice(0, match.index);
  const spans = /^v?$/i.test(before) && match.index + match[0].length === match.input.length;
  const dropped = match.input.slice(match.index, start);
  return spans && end === match.input.length && /^(?:[a-z@][^/]*\/)*(?:[a-z_]+[-_@])*v?$/i.test(dropped);
}

function leftOut(reason: string): TagValue {
  return { status: 'left-out', reason };
}
