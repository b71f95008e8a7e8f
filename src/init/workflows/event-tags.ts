import type { FoundEvent } from '../found.js';
import { noteLeft, type Left, type Build } from './findings.js';
import { asExpression, readMetadataRule, ruleOfTag } from './tag-rules.js';

/** A name of a build in one event. */
export interface Entry {
  build: Pick<Build, 'place' | 'event' | 'ref' | 'published' | 'metadata'>;
  /** Written tags, like after the colon. */
  tags: string[];
  /** Rules of docker/metadata-action. */
  rules: string[];
}

export interface Around {
  left: Left[];
  furtherTags: string[];
  /** Events in which any image is released. */
  events: readonly FoundEvent[];
}

type Examples = Map<FoundEvent, Set<string>>;

const add = (examples: Examples, { event, ref }: Entry['build']): Examples =>
  examples.set(event, (examples.get(event) ?? new Set()).add(ref));

/** `latest=${{ github.ref == … }}` is another flavor in another event: then the rules say it. */
export function withSameFlavor<Given extends Entry>(entries: readonly Given[]): Given[] {
  const flavors = new Set(
    entries.flatMap(({ rules, build }) => (rules.length > 0 ? [build.metadata?.flavor.join()] : [])),
  );
  if (flavors.size < 2) return [...entries];
  return entries.map((entry) => {
    const { metadata, event } = entry.build;
    const latest = metadata?.flavor.find((item) => item.startsWith('latest='));
    const more =
      latest === 'latest=true'
        ? ['type=raw,value=latest']
        : latest || event !== 'tag'
          ? []
          : ['type=semver,pattern=latest'];
    const build = {
      ...entry.build,
      ...(metadata && { metadata: { ...metadata, flavor: ['latest=false'] } }),
    };
    return { ...entry, build, rules: entry.rules.length > 0 ? [...entry.rules, ...more] : [] };
  });
}

/** Rules for all events. */
export function tagsOf(entries: readonly Entry[], { left, furtherTags, events }: Around): string[] {
  const published = entries.filter(({ build }) => build.published !== 'no' && build.event !== 'pull-request');
  const own = (published.length > 0 ? published : entries).reduce<Examples>(
    (all, { build }) => add(all, build),
    new Map(),
  );
  const found = new Map<string, Examples>();
  let isElsewhere = false;
  for (const { build, tags, rules } of entries) {
    if (!own.has(build.event) && !entries.some((each) => each.rules.length > 0)) continue;
    const written = rules.map((text) => [text, readMetadataRule(text)] as const);
    for (const [text, read] of [...written, ...tags.map((tag) => [tag, ruleOfTag(tag)] as const)]) {
      if (read.status === 'rule') {
        found.set(read.rule, add(found.get(read.rule) ?? new Map<FoundEvent, Set<string>>(), build));
        if (read.isOther) noteLeft(left, build.place, `\`${asExpression(text)}\``, 'rule');
      } else if (read.status !== 'off' && own.has(build.event)) {
        isElsewhere = true;
        if (read.status === 'unknown')
          noteLeft(left, build.place, `the tag \`${asExpression(text)}\``, 'tag');
        else if (!furtherTags.includes(read.text)) furtherTags.push(read.text);
      }
    }
  }
  const all = new Set([...own.keys(), ...events]);
  const rules = [...found].flatMap(([rule, examples]) => {
    const limited = limit(rule, examples, own, all);
    if (limited.given !== undefined)
      noteLeft(left, entries[0]!.build.place, `\`${rule}\`, for ${limited.given} alone`, 'rule');
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
function limit(
  rule: string,
  examples: Examples,
  own: Examples,
  all: ReadonlySet<FoundEvent>,
): { rule?: string; given?: string } {
  const events = [...examples.keys()];
  const natural = naturalEvents(rule);
  const isOnly = (event: FoundEvent) => events.length === 1 && events[0] === event;
  const isMissing = (event: FoundEvent) =>
    [...(own.get(event) ?? [])].some((ref) => !examples.get(event)?.has(ref));
  const isGrammar = /^type=(?:ref|edge|semver|pep440|match|schedule|sha)|,enable=/.test(rule);
  if ([...own.keys()].some((event) => natural.test(event)) && !events.some((event) => natural.test(event)))
    return {};
  if (isOnly('default-branch') && !isGrammar) return { rule: `${rule},enable={{is_default_branch}}` };
  const expected = [...all].filter((event) => natural.test(event));
  if (isGrammar || expected.every((event) => examples.has(event) && !isMissing(event))) return { rule };
  const [, fixed, attributes = ''] =
    /^type=raw,value=([\w.-]+)((?:,(?:prefix|suffix)=[\w.-]*)*)$/.exec(rule) ?? [];
  const given = [...examples.values()].flatMap((refs) => [...refs]).join(', ');
  if (fixed !== undefined && isOnly('tag')) {
    // A fixed tag of versions is a pattern without parts, which pre-releases don't get.
    const isFinal = [...examples.get('tag')!].every((tag) => /^v?\d[^-]*$/.test(tag));
    return { rule: `type=semver,pattern=${fixed}${attributes}`, ...(!isFinal && { given }) };
  }
  if (isOnly('pull-request')) return {};
  if (fixed === undefined) return { rule, given };
  return examples.has('default-branch') ? { rule: `${rule},enable={{is_default_branch}}`, given } : { given };
}

const OF_VERSIONS = /^type=(?:semver|pep440|match|ref,event=tag)|\{\{tag\}\}/;

/** `latest` comes by itself with rules for versions, unless the old tags were written out. */
export function flavorOf(rules: readonly string[], entries: readonly Entry[]): string[] {
  const flavor = entries.find((entry) => entry.rules.length > 0)?.build.metadata?.flavor ?? [];
  const came = entries.some((entry) => entry.rules.some((rule) => OF_VERSIONS.test(rule)));
  const comes =
    rules.some((rule) => OF_VERSIONS.test(rule)) && !flavor.some((item) => item.startsWith('latest='));
  return comes && !came ? [...flavor, 'latest=false'] : flavor;
}
