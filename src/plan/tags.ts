import type { Source, SourceRef } from '../facts/source.js';
import { documentPage } from '../lib/documents.js';
import type { Place, Problem } from '../lib/errors.js';
import type { ProblemCode } from '../lib/problem-catalogue.js';
import type { TagOrder } from './plan.js';
import { parseFlavor, type Flavor, type FlavorText } from './tag-flavor.js';
import { parseTagRule, type TagRule } from './tag-rules.js';
import { evaluate, type Scope, type Template } from './tag-template.js';
import { MAX_TAG_LENGTH, sanitizeTag, shortSha } from './tag-text.js';
import { namesOneCommit, tagValue } from './tag-values.js';

export interface TagRequest {
  /** Rules in docker/metadata-action's grammar; empty: `defaultTagRules`. */
  rules: readonly string[];
  /** Tags that were asked for in so many words, besides those of the rules. */
  further?: readonly string[];
  flavor: readonly string[];
  source: Source;
  /** Where the item of `tags` or `flavor` with this index stands. */
  place: (list: 'tags' | 'flavor', index: number) => Place;
}

export interface TagPlan {
  /** The release tag first, the rest by priority; no duplicates; all valid. */
  tags: PlannedTag[];
  /**
   * The tag that is pushed and deployed: one of `tags` by construction, and no other commit ever gets it.
   * Present even when rules are broken.
   */
  releaseTag: string;
  leftOut: { rule: string; reason: string }[];
  problems: Problem[];
}

export interface PlannedTag {
  value: string;
  /** Later releases take it over: `latest`, `1.2`, a branch's name. */
  moving: boolean;
  /** What tells which release is later, for a moving tag. */
  order?: TagOrder;
}

/** How each moving tag is ordered, by tag. */
export function movingTagsOf(tags: readonly PlannedTag[]): Record<string, TagOrder> {
  return Object.fromEntries(
    tags.flatMap(({ value, moving, order }) => (moving ? [[value, order ?? 'commit']] : [])),
  );
}

/**
 * Computes the tags of one image from the rules and the event alone.
 * Differences from metadata-action, and why: docs/tags.md.
 */
export function planTags({ rules, further = [], flavor: flavorItems, source, place }: TagRequest): TagPlan {
  const problems: Problem[] = [];
  const leftOut: TagPlan['leftOut'] = [];
  const report = (code: ProblemCode, list: 'tags' | 'flavor', index: number, message: string, fix: string) =>
    problems.push({ code, severity: 'error', message, fix, place: place(list, index) });

  const { flavor, objections } = parseFlavor(flavorItems);
  for (const [index, objection] of objections) {
    const fix = `Write latest=auto, true or false, prefix=TEXT or suffix=TEXT: ${documentPage('tags')}.`;
    report('tags/flavor', 'flavor', index, sentence(`Flavor ${flavorItems[index]}: ${objection}`), fix);
  }
  // By default `latest` means the default branch and nothing else; metadata-action's automatic is for its rules.
  if (rules.length === 0 && flavorItems.length === 0) flavor.latest = 'false';

  const candidates: Candidate[] = [];
  for (const { rule, index } of parseRules(rules.length > 0 ? rules : defaultTagRules(source.ref), report)) {
    const result = applyRule(rule, flavor, source);
    if (result.status === 'left-out') leftOut.push({ rule: rule.text, reason: result.reason });
    else if (result.status === 'tag') candidates.push(result);
    else report(result.code, 'tags', index, sentence(`Tag rule ${rule.text}: ${result.reason}`), result.fix);
  }

  const tags = distinctTags(candidates);
  const latest = latestTag(flavor, candidates[0], source);
  if (latest !== undefined && !tags.has(latest)) {
    tags.set(latest, movingTag(latest, candidates[0]?.order ?? 'commit'));
  }
  for (const tag of further) if (!tags.has(tag)) tags.set(tag, movingTag(tag, 'commit'));
  const release = [...tags.values()].find(({ moving }) => !moving) ?? fallbackTag(flavor, source);
  tags.delete(release.value);
  return { tags: [release, ...tags.values()], releaseTag: release.value, leftOut, problems };
}

/** The rules that apply where none are configured. A major version of zero promises nothing: no tag `0`. */
export function defaultTagRules(ref: SourceRef): string[] {
  const unstable = ref.type === 'tag' && /^v?0\./.test(ref.name);
  return [
    'type=semver,pattern={{version}}',
    'type=semver,pattern={{major}}.{{minor}}',
    ...(unstable ? [] : ['type=semver,pattern={{major}}']),
    'type=ref,event=pr,suffix=-{{sha}}',
    'type=raw,value=latest,enable={{is_default_branch}}',
    'type=sha,prefix={{branch}}-',
  ];
}

type Report = (code: ProblemCode, list: 'tags', index: number, message: string, fix: string) => void;

/** All sound rules, highest priority first; rules of one priority stay in the user's order. */
function parseRules(rules: readonly string[], report: Report): { rule: TagRule; index: number }[] {
  const parsed = rules.flatMap((item, index) =>
    // An item may be a block of lines, as metadata-action's input is.
    linesOf(item).flatMap((line) => {
      const result = parseTagRule(line);
      if (result.status === 'rule') return [{ rule: result.rule, index }];
      for (const reason of result.reasons) {
        const fix = `Correct the rule; its types and attributes: ${documentPage('tags')}.`;
        report('tags/rule', 'tags', index, sentence(`Tag rule ${line}: ${reason}`), fix);
      }
      return [];
    }),
  );
  return parsed.sort((a, b) => b.rule.priority - a.rule.priority);
}

function linesOf(item: string): string[] {
  const lines = item.split(/\r?\n/).map((line) => line.trim());
  return lines.filter((line) => line !== '' && !line.startsWith('#'));
}

interface Candidate {
  status: 'tag';
  text: string;
  immutable: boolean;
  order: TagOrder;
  latest: boolean;
}

type RuleResult =
  | Candidate
  | { status: 'left-out'; reason: string }
  | { status: 'broken'; code: ProblemCode; reason: string; fix: string };

function applyRule(rule: TagRule, flavor: Flavor, source: Source): RuleResult {
  const enable = evaluate(rule.enable, { source, nameRoom: Infinity }).text;
  if (enable === 'false') return { status: 'left-out', reason: 'it is not enabled for this event' };
  if (enable !== 'true') {
    const fix = 'Write true, false, {{is_default_branch}} or {{is_not_default_branch}}.';
    return {
      status: 'broken',
      code: 'tags/enable',
      reason: `enable is "${enable}", neither true nor false`,
      fix,
    };
  }
  const full = composeTag(rule, flavor, { source, nameRoom: Infinity });
  if (fits(full)) return full;
  for (let nameRoom = MAX_TAG_LENGTH; nameRoom >= SHORTEST_NAME; nameRoom--) {
    const cut = composeTag(rule, flavor, { source, nameRoom });
    if (fits(cut)) return cut;
  }
  const fix = 'Shorten the fixed text of the rule: its prefix, suffix or value.';
  return {
    status: 'broken',
    code: 'tags/too-long',
    reason: `it gives more than the ${MAX_TAG_LENGTH} characters that a tag may have`,
    fix,
  };
}

/** Below this a shortened name would be little more than its checksum. */
const SHORTEST_NAME = 16;

function fits(result: RuleResult): boolean {
  return result.status !== 'tag' || result.text.length <= MAX_TAG_LENGTH;
}

function composeTag(rule: TagRule, flavor: Flavor, scope: Scope): RuleResult {
  const value = tagValue(rule, scope);
  if (value.status === 'left-out') return value;
  const prefix = evaluate(rule.prefix ?? flavor.prefix.template, scope);
  const suffix = evaluate(rule.suffix ?? flavor.suffix.template, scope);
  const empty = [...prefix.empty, ...suffix.empty];
  if (empty.length > 0) return { status: 'left-out', reason: `${empty.join(', ')} is empty for this event` };
  if (value.text === '') return { status: 'left-out', reason: 'its value is empty' };
  const text = sanitizeTag(prefix.text + value.text + suffix.text);
  if (text === '') return { status: 'left-out', reason: 'no character of it may stand in a tag' };
  const immutable = value.immutable || namesOneCommit(prefix) || namesOneCommit(suffix);
  const order = VERSION_RULES.includes(rule.type) ? 'version' : 'commit';
  return { status: 'tag', text, immutable, order, latest: value.latest };
}

/** These take a git tag's version apart: a late patch of an old version must not take what a newer one has. */
const VERSION_RULES: readonly TagRule['type'][] = ['semver', 'pep440', 'match'];

/** A tag that one rule calls immutable and another moving is moving. */
function distinctTags(candidates: readonly Candidate[]): Map<string, PlannedTag> {
  const tags = new Map<string, PlannedTag>();
  for (const { text, immutable, order } of candidates) {
    const known = tags.get(text);
    const moving = !immutable || known?.moving === true;
    tags.set(text, moving ? movingTag(text, known?.order ?? order) : { value: text, moving });
  }
  return tags;
}

function movingTag(value: string, order: TagOrder): PlannedTag {
  return { value, moving: true, order };
}

/** metadata-action's rule: with `auto` the tag of the highest priority decides. */
function latestTag(flavor: Flavor, first: Candidate | undefined, source: Source): string | undefined {
  if (first === undefined) return undefined;
  if (flavor.latest === 'false' || (flavor.latest === 'auto' && !first.latest)) return undefined;
  const affix = ({ onLatest, template }: FlavorText) => (onLatest ? textOf(template, source) : '');
  return sanitizeTag(`${affix(flavor.prefix)}latest${affix(flavor.suffix)}`);
}

function textOf(template: Template, source: Source): string {
  return evaluate(template, { source, nameRoom: Infinity }).text;
}

/** What names the release where no rule gives an immutable tag: `type=sha`, with the flavor's suffix if it has one. */
function fallbackTag(flavor: Flavor, source: Source): PlannedTag {
  const rule = parseTagRule('type=sha');
  const result = rule.status === 'rule' ? applyRule(rule.rule, flavor, source) : undefined;
  const value = result?.status === 'tag' ? result.text : `sha-${shortSha(source.commit)}`;
  return { value, moving: false };
}

function sentence(text: string): string {
  return /[.?…]$/.test(text) ? text : `${text}.`;
}
