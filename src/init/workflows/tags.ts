import { parseTagRule } from '../../plan/tag-rules.js';
import type { FoundEvent } from '../found.js';
import { noteLeft, type Build, type Left } from './findings.js';
import { asExpression, fillPlaceholders, hasPlaceholders, placeholder } from './placeholders.js';
import { placeholdersIn, WORKFLOW_NAMES } from './placeholders.js';

export interface Entry {
  build: Pick<Build, 'place' | 'event' | 'ref' | 'published' | 'metadata'>;
  /** Written tags, like after the colon. */
  tags: string[];
  rules: string[];
}

export interface TagContext {
  left: Left[];
  furtherTags: string[];
  /** Events in which any image is released. */
  events: readonly FoundEvent[];
}

/** Builds that a rule or an image is from: each is an example of its event. */
type Examples = Pick<Build, 'event' | 'ref'>[];

/** `flavor` is the release's: if images or events differ, prefix, suffix and `latest` go into their rules. */
export function withSharedFlavor<Given extends Entry>(entries: readonly Given[]): Given[] {
  const tagged = entries.filter(({ rules, build }) => rules.length > 0 && build.published !== 'no');
  if (new Set(tagged.map(({ build }) => build.metadata?.flavor.join())).size < 2) return [...entries];
  return entries.map((entry) => {
    const { metadata, event } = entry.build;
    if (metadata === undefined || entry.rules.length === 0) return entry;
    const of = (name: string) =>
      metadata.flavor.find((item) => item.startsWith(`${name}=`))?.slice(name.length + 1) ?? '';
    const affixes = ['prefix', 'suffix'].filter((name) => of(name) !== '');
    const withAffixes = (rule: string) =>
      affixes.reduce(
        (all, name) => (all.includes(`,${name}=`) ? all : `${all},${name}=${of(name).split(',')[0]}`),
        rule,
      );
    const isAuto = of('latest') === '' && event === 'tag' && entry.rules.some((rule) => OF_VERSIONS.test(rule));
    const kind = of('latest') === 'true' ? ['type=raw,value=latest'] : isAuto ? ['type=semver,pattern=latest'] : [];
    const bare = affixes.flatMap((name) => (of(name).includes('onlatest=true') ? [] : `,${name}=`)).join('');
    const rules = [...entry.rules, ...kind.map((rule) => rule + bare)].map(withAffixes);
    return { ...entry, rules, build: { ...entry.build, metadata: { ...metadata, flavor: ['latest=false'] } } };
  });
}

export function tagsOf(entries: readonly Entry[], { left, furtherTags, events }: TagContext): string[] {
  const published = entries.filter(({ build }) => build.published !== 'no' && build.event !== 'pull-request');
  const own = (published.length > 0 ? published : entries).map(({ build }) => build);
  const isOwn = (event: FoundEvent) => own.some((each) => each.event === event);
  const found = new Map<string, Examples>();
  let isElsewhere = false;
  for (const { build, tags, rules } of entries) {
    if (!isOwn(build.event) && !entries.some((each) => each.rules.length > 0)) continue;
    const written = rules.map((text) => [text, readMetadataRule(text)] as const);
    for (const [text, read] of [...written, ...tags.map((tag) => [tag, ruleOfTag(tag)] as const)]) {
      if ('rule' in read && !('reasons' in parseTagRule(read.rule))) {
        found.set(read.rule, [...(found.get(read.rule) ?? []), build]);
        if (read.isOther) noteLeft(left, build.place, `\`${asExpression(text)}\``, 'tag');
      } else if (!('isOff' in read) && isOwn(build.event)) {
        isElsewhere = true;
        if (!('further' in read)) noteLeft(left, build.place, `the tag \`${asExpression(text)}\``, 'tag');
        else if (!furtherTags.includes(read.further)) furtherTags.push(read.further);
      }
    }
  }
  const all = new Set([...own.map(({ event }) => event), ...events]);
  const rules = [...found].flatMap(([rule, examples]) => {
    const limited = limit(rule, examples, own, all);
    if (limited.given !== undefined)
      noteLeft(left, entries[0]!.build.place, `\`${rule}\`, for ${limited.given} alone`, 'tag');
    return limited.rule ?? [];
  });
  // Without any rule a release would move `latest`, which nobody did before.
  return rules.length === 0 && isElsewhere ? ['type=sha'] : [...new Set(rules)];
}

/** In which events a rule gives a tag at all. */
function naturalEvents(rule: string): RegExp {
  if (/event=pr\b/.test(rule)) return /pull/;
  if (/\{\{tag\}\}|event=tag|^type=(?:semver|pep440|match)/.test(rule)) return /tag/;
  return /\{\{branch\}\}|event=branch|^type=edge/.test(rule) ? /branch/ : /^(?!pull)/;
}

/** The rule for the events in which it gives a tag; `given` if it can't be said exactly. */
function limit(rule: string, examples: Examples, own: Examples, all: ReadonlySet<FoundEvent>) {
  const events = examples.map(({ event }) => event);
  const natural = naturalEvents(rule);
  const isOnly = (event: FoundEvent) => events.every((each) => each === event);
  const isMissing = (event: FoundEvent) =>
    own.some(
      (each) => each.event === event && !examples.some(({ event: of, ref }) => of === event && ref === each.ref),
    );
  const isGrammar = /^type=(?:ref|edge|semver|pep440|match|schedule|sha)|,enable=/.test(rule);
  if (own.some(({ event }) => natural.test(event)) && !events.some((event) => natural.test(event)))
    return { rule: undefined };
  if (isOnly('default-branch') && !isGrammar) return { rule: `${rule},enable={{is_default_branch}}` };
  const expected = [...all].filter((event) => natural.test(event));
  if (isGrammar || expected.every((event) => events.includes(event) && !isMissing(event))) return { rule };
  const [, fixed, attributes = ''] = /^type=raw,value=([\w.-]+)((?:,(?:prefix|suffix)=[\w.-]*)*)$/.exec(rule) ?? [];
  const given = [...new Set(examples.map(({ ref }) => ref))].join(', ');
  if (fixed !== undefined && isOnly('tag')) {
    // A fixed tag of versions is a pattern without parts, which pre-releases don't get.
    const isFinal = examples.every(({ ref }) => /^v?\d[^-]*$/.test(ref));
    return { rule: `type=semver,pattern=${fixed}${attributes}`, ...(!isFinal && { given }) };
  }
  if (isOnly('pull-request')) return { rule: undefined };
  if (fixed === undefined) return { rule, given };
  return events.includes('default-branch')
    ? { rule: `${rule},enable={{is_default_branch}}`, given }
    : { rule: undefined, given };
}

const OF_VERSIONS = /^type=(?:semver|pep440|match|ref,event=tag)|\{\{tag\}\}/;

/** `latest` comes by itself with rules for versions, unless the old tags were written out. */
export function flavorOf(rules: readonly string[], entries: readonly Entry[]): string[] {
  const flavor = entries.find((entry) => entry.rules.length > 0)?.build.metadata?.flavor ?? [];
  const came = entries.some((entry) => entry.rules.some((rule) => OF_VERSIONS.test(rule)));
  const comes = rules.some((rule) => OF_VERSIONS.test(rule)) && !flavor.some((item) => item.startsWith('latest='));
  return comes && !came ? [...flavor, 'latest=false'] : flavor;
}

/** An old tag as a rule in docker/metadata-action's grammar; `further`: only a workflow can fill it in. */
type ReadRule = { rule: string; isOther: boolean } | { further: string } | { isOff: true } | { unknown: true };

const EXPRESSIONS: Readonly<Record<string, string>> = { sha7: '{{sha}}', branch: '{{branch}}', tag: '{{tag}}' };

const expressionOf = (name: string): string | undefined =>
  name.startsWith('date ') ? `{{date '${name.slice(5)}'}}` : EXPRESSIONS[name];

/** Placeholders that are a separate rule; the text around them is its prefix and suffix. */
const WHOLE: Readonly<Record<string, (affixes: string) => string>> = {
  sha: (affixes) => `type=sha,format=long${affixes || ',prefix='}`,
  version: (affixes) => `type=semver,pattern={{version}}${affixes}`,
  'minor version': (affixes) => `type=semver,pattern={{major}}.{{minor}}${affixes}`,
  'major version': (affixes) => `type=semver,pattern={{major}}${affixes}`,
  pr: (affixes) => `type=ref,event=pr${affixes || ',prefix='}`,
};

/** The rule that gives a written tag for every commit, branch or version. */
function ruleOfTag(written: string): ReadRule {
  const text = written.replace(/sha cut to \d+/g, 'sha7');
  const unknown = placeholdersIn(text).filter((name) => !WHOLE[name] && expressionOf(name) === undefined);
  if (unknown.length === 0) return { rule: composeRule(text), isOther: text !== written };
  const isOfWorkflow = unknown.every((name) => /^(?:github(?!\.event\.inputs)|vars)\./.test(name));
  const areOthers = placeholdersIn(text).every((name) => unknown.includes(name) || name in WORKFLOW_NAMES);
  return isOfWorkflow && areOthers ? { further: asExpression(text) } : { unknown: true };
}

function composeRule(text: string): string {
  const template = (part: string) => fillPlaceholders(part, (name) => expressionOf(name) ?? `{{${name}}}`);
  const whole = placeholdersIn(text).find((name) => WHOLE[name] !== undefined);
  if (whole !== undefined) {
    const [before = '', ...behind] = text.split(placeholder(whole));
    const [prefix, suffix] = [template(before), template(behind.join(placeholder(whole)))];
    const hasPrefix = prefix !== '' || (suffix !== '' && !whole.endsWith('version'));
    return WHOLE[whole]!(`${hasPrefix ? `,prefix=${prefix}` : ''}${suffix === '' ? '' : `,suffix=${suffix}`}`);
  }
  return `type=raw,value=${template(text)}`
    .replace(/^type=raw,value=\{\{branch\}\}$/, 'type=ref,event=branch')
    .replace(/^type=raw,value=\{\{tag\}\}$/, 'type=ref,event=tag')
    .replace(/^type=raw,value=([^{}]*|\{\{branch\}\}-)\{\{sha\}\}$/, 'type=sha,prefix=$1');
}

/** A rule of docker/metadata-action, with expressions that GitHub fills in put into the grammar's words. */
function readMetadataRule(text: string): ReadRule {
  const fields = text.split(/\s*,(?![^{}]*\}\})\s*/);
  const valueOf = (name: string) => fields.find((field) => field.startsWith(`${name}=`))?.slice(name.length + 1);
  const enable = valueOf('enable');
  if (enable === 'false' || enable === '') return { isOff: true };
  const isOpen = hasPlaceholders(enable ?? '');
  const kept = fields.filter((field) => field !== 'enable=true' && !(isOpen && field.startsWith('enable=')));
  const rule = kept
    .join(',')
    .replace(/,?branch=\$repo\.default_branch/, '')
    .replace(/,$/, '');
  const prefix = /(?:^|,)type=/.test(rule) ? '' : /(?:^|,)value=/.test(rule) ? 'type=raw,' : 'type=raw,value=';
  if (!hasPlaceholders(rule)) return { rule: prefix + rule, isOther: isOpen };
  if ((valueOf('type') ?? 'raw') === 'raw') {
    const bare = kept.find((field) => !/^(?:type|enable|priority|prefix|suffix)=/.test(field)) ?? '';
    const made = ruleOfTag(`${valueOf('prefix') ?? ''}${valueOf('value') ?? bare}${valueOf('suffix') ?? ''}`);
    if (!('rule' in made)) return made;
    const others = kept.filter((field) => /^(?:priority|enable)=/.test(field));
    return { rule: [made.rule, ...others].join(','), isOther: made.isOther || isOpen };
  }
  // `value=${{ github.ref_name }}` is what the rule looks at by itself.
  const bare = kept.filter((field) => !/^value=\$\{\{ (?:tag|branch|version) \}\}$/.test(field)).join(',');
  const filled = fillPlaceholders(bare, (name) => EXPRESSIONS[name]);
  return hasPlaceholders(filled) ? { unknown: true } : { rule: filled, isOther: isOpen };
}
