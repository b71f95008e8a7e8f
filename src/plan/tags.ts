import { readLines } from '../config/schema-forms.js';
import type { Source, SourceRef } from '../facts/source.js';
import { documentPage } from '../lib/documents.js';
import { problem, type Place, type Problem } from '../lib/errors.js';
import type { PlannedImage, TagOrder } from './plan.js';
import { formatReference } from './references.js';
import { parseFlavor, parseTagRule, type Affix, type Flavor, type TagRule } from './tag-rules.js';
import { evaluate, MAX_TAG_LENGTH, sanitizeTag, shortSha, type Evaluation, type Scope } from './tag-template.js';
import { namesOneCommit, tagValue } from './tag-values.js';

export interface TagRequest {
  /** Rules in docker/metadata-action's grammar; empty: `defaultTagRules`. */
  rules: readonly string[];
  /** Tags in addition to those of the rules. */
  extraTags?: readonly string[];
  flavor: readonly string[];
  source: Source;
  /** The place of an item of `tags` or `flavor`. */
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
  problems: Problem[];
}

export interface PlannedTag {
  value: string;
  /** How releases are compared with which this tag moves (`latest`, `1.2`, a branch's name); undefined: it never moves. */
  order?: TagOrder;
}

/** How each moving tag is ordered, by tag. */
export function movingTagsOf(tags: readonly PlannedTag[]): Record<string, TagOrder> {
  return Object.fromEntries(tags.flatMap(({ value, order }) => (order ? [[value, order]] : [])));
}

/**
 * Computes the tags of one image from the rules and the event alone.
 * Differences from metadata-action, and why: docs/tags.md.
 */
export function planTags({ rules, extraTags = [], flavor: items, source, place }: TagRequest): TagPlan {
  const problems: Problem[] = [];
  const report = (list: 'tags' | 'flavor', index: number, message: string, fix: string) =>
    problems.push(
      problem({
        ...{ code: 'tags/invalid', place: place(list, index), fix },
        message: /[.?\u2026]$/.test(message) ? message : `${message}.`,
      }),
    );

  const { flavor, invalid } = parseFlavor(items);
  for (const [index, reason] of invalid) {
    const fix = `Write latest=auto, true or false, prefix=TEXT or suffix=TEXT: ${documentPage('tags')}.`;
    report('flavor', index, `Flavor ${items[index]}: ${reason}`, fix);
  }
  // By default `latest` means the default branch and nothing else; metadata-action's `auto` is for its own rules.
  if (rules.length === 0 && items.length === 0) flavor.latest = 'false';

  const candidates: Candidate[] = [];
  const written = rules.length > 0 ? rules : defaultTagRules(source.ref);
  // An item may be a block of lines, as metadata-action's input is.
  const parsed = written
    .flatMap((item, index) => readLines(item).map((text) => ({ text, index, rule: parseTagRule(text) })))
    .flatMap(({ text, index, rule }) => {
      if (!('reasons' in rule)) return { rule, index };
      const fix = `Correct the rule; its types and attributes: ${documentPage('tags')}.`;
      for (const reason of rule.reasons) report('tags', index, `Tag rule ${text}: ${reason}`, fix);
      return [];
    });
  for (const { rule, index } of parsed.toSorted((a, b) => b.rule.priority - a.rule.priority)) {
    const result = applyRule(rule, flavor, source);
    if (result === undefined) continue;
    if ('text' in result) candidates.push(result);
    else report('tags', index, `Tag rule ${rule.text}: ${result.invalid}`, result.fix);
  }

  const tags = distinctTags(candidates);
  const latest = latestTag(flavor, candidates[0], source);
  if (latest !== undefined && !tags.has(latest))
    tags.set(latest, { value: latest, order: candidates[0]?.order ?? 'commit' });
  for (const tag of extraTags) if (!tags.has(tag)) tags.set(tag, { value: tag, order: 'commit' });
  const release = [...tags.values()].find(({ order }) => order === undefined) ?? fallbackTag(flavor, source);
  tags.delete(release.value);
  return { tags: [release, ...tags.values()], releaseTag: release.value, problems };
}

/** The rules that apply if none are configured. A major version of zero promises nothing: no tag `0`. */
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

interface Candidate {
  text: string;
  immutable: boolean;
  order: TagOrder;
  latest: boolean;
}

/** Below this length a shortened name would be little more than its checksum. */
const SHORTEST_NAME = 16;

/** @returns undefined: it gives no tag for this event */
function applyRule(
  rule: TagRule,
  flavor: Flavor,
  source: Source,
): Candidate | { invalid: string; fix: string } | undefined {
  const enable = evaluate(rule.enable, { source, nameLength: Infinity }).text;
  if (enable === 'false') return undefined;
  if (enable !== 'true')
    return {
      invalid: `enable is "${enable}", neither true nor false`,
      fix: 'Write true, false, {{is_default_branch}} or {{is_not_default_branch}}.',
    };
  const complete = composeTag(rule, flavor, { source, nameLength: Infinity });
  if (complete === undefined || complete.text.length <= MAX_TAG_LENGTH) return complete;
  for (let nameLength = MAX_TAG_LENGTH; nameLength >= SHORTEST_NAME; nameLength--) {
    const shortened = composeTag(rule, flavor, { source, nameLength });
    if (shortened !== undefined && shortened.text.length <= MAX_TAG_LENGTH) return shortened;
  }
  return {
    invalid: `it gives more than the ${MAX_TAG_LENGTH} characters that a tag may have`,
    fix: 'Shorten the fixed text of the rule: its prefix, suffix or value.',
  };
}

/** These read the version of a git tag: a late patch of an old version must not take the tag of a newer one. */
const VERSION_RULES: readonly TagRule['type'][] = ['semver', 'pep440', 'match'];

function composeTag(rule: TagRule, flavor: Flavor, scope: Scope): Candidate | undefined {
  const { text = '', immutable = false, latest = false } = tagValue(rule, scope) ?? {};
  const affixes = [rule.prefix ?? flavor.prefix.template, rule.suffix ?? flavor.suffix.template];
  const [prefix, suffix] = affixes.map((template) => evaluate(template, scope)) as [Evaluation, Evaluation];
  const tag = sanitizeTag(prefix.text + text + suffix.text);
  if (text === '' || prefix.empty || suffix.empty || tag === '') return undefined;
  return {
    text: tag,
    immutable: immutable || namesOneCommit(prefix) || namesOneCommit(suffix),
    order: VERSION_RULES.includes(rule.type) ? 'version' : 'commit',
    latest,
  };
}

/** A tag that one rule calls immutable and another moving is moving. */
function distinctTags(candidates: readonly Candidate[]): Map<string, PlannedTag> {
  const tags = new Map<string, PlannedTag>();
  for (const { text, immutable, order } of candidates) {
    const known = tags.get(text);
    tags.set(text, { value: text, order: known?.order ?? (immutable ? undefined : order) });
  }
  return tags;
}

/** metadata-action's rule: with `auto` the tag of the highest priority decides. */
function latestTag(flavor: Flavor, first: Candidate | undefined, source: Source): string | undefined {
  if (first === undefined) return undefined;
  if (flavor.latest === 'false' || (flavor.latest === 'auto' && !first.latest)) return undefined;
  const affix = ({ onLatest, template }: Affix) =>
    onLatest ? evaluate(template, { source, nameLength: Infinity }).text : '';
  return sanitizeTag(`${affix(flavor.prefix)}latest${affix(flavor.suffix)}`);
}

/** The release tag if no rule gives an immutable one: `type=sha`, with the flavor's suffix if it has one. */
function fallbackTag(flavor: Flavor, source: Source): PlannedTag {
  const rule = parseTagRule('type=sha');
  const result = 'reasons' in rule ? undefined : applyRule(rule, flavor, source);
  const value = result && 'text' in result ? result.text : `sha-${shortSha(source.commit)}`;
  return { value };
}

/** References that two images of one release would both be pushed to: the later would replace the earlier. */
export function findTagCollisions(images: readonly Pick<PlannedImage, 'key' | 'image' | 'tags'>[]): Problem[] {
  const owners = new Map<string, string>();
  const problems = new Map<string, Problem>();
  for (const { key, image, tags } of images)
    for (const tag of tags) {
      const reference = formatReference({ name: image, tag });
      const owner = owners.get(reference) ?? key;
      owners.set(reference, owner);
      if (owner === key || problems.has(`${owner} ${key}`)) continue;
      const found = problem({
        code: 'tags/collision',
        message: `Images ${owner} and ${key} would both be pushed as ${reference}.`,
        fix: `Give ${key} another \`image\`, or its own \`tags\` with a suffix such as suffix=-${key}.`,
        image: key,
      });
      problems.set(`${owner} ${key}`, found);
    }
  return [...problems.values()];
}
