import type { Build } from './build.js';
import { limitRule } from './event-rules.js';
import { noteLeft, noteReplaced, type Findings } from './findings.js';
import type { Entry } from './images.js';
import { readMetadataRule, type ReadRule } from './metadata-rules.js';
import { asExpression, ruleOfTag } from './tag-rules.js';

/** By event, the examples in which something is so. */
export type Examples = Map<Build['event'], Set<string>>;

const noExamples = (): Examples => new Map();

export function addExample(examples: Examples, { event, ref }: Pick<Build, 'event' | 'ref'>): Examples {
  return examples.set(event, (examples.get(event) ?? new Set()).add(ref));
}

/**
 * @param released the pushes for which anything is released, where that are more than those of these entries
 * @returns rules for all events; `isWritten`: they come from tags that were written out
 */
export function tagsOf(
  entries: readonly [Entry, ...Entry[]],
  findings: Findings,
  furtherTags: string[],
  released: readonly Build[] = [],
): { rules: string[]; isWritten: boolean } {
  const builds = entries.map(({ build }) => build);
  const published = builds.filter((build) => build.published !== 'no');
  const own = noExamples();
  for (const build of published.length > 0 ? published : builds) addExample(own, build);
  const all = new Set([...own.keys(), ...released.map(({ event }) => event)]);
  const found = new Map<string, Examples>();
  let isElsewhere = false;
  for (const { build, tags, rules } of entries) {
    if (!own.has(build.event)) continue;
    const read: { text: string; result: ReadRule }[] = [
      ...rules.map((text) => ({ text, result: readMetadataRule(text) })),
      ...tags.map((text) => ({ text, result: ruleOfTag(text) })),
    ];
    for (const { text, result } of read) {
      if (comesAnyhow(result, { build, tags, rules })) continue;
      if (result.status === 'further') isElsewhere = true;
      if (result.status === 'further' && !furtherTags.includes(result.text)) {
        furtherTags.push(result.text);
        noteReplaced(
          findings,
          build.place,
          `tag ${result.text}`,
          'the input `tags` of the release, for all its images',
        );
      }
      if (result.status === 'unknown') {
        isElsewhere = true;
        noteLeft(
          findings,
          build.place,
          `tag ${asExpression(text)}`,
          `Only a run knows \`${result.holes.join('`, `')}\`; the commit names the release, and docs/tags.md has the rules that there are.`,
        );
      }
      if (result.status !== 'rule') continue;
      if (result.remark !== undefined)
        noteLeft(
          findings,
          build.place,
          `tag ${asExpression(text)}: ${result.remark}`,
          'Correct the rule under `tags` if that matters.',
        );
      found.set(result.rule, addExample(found.get(result.rule) ?? noExamples(), build));
    }
  }
  const [{ build }] = entries;
  const limited = [...found].flatMap(([rule, examples]) => {
    const made = limitRule({ rule, examples }, { own, all });
    if ('remark' in made) noteLeft(findings, build.place, `tag \`${rule}\``, made.remark);
    return made.rule === undefined ? [] : [made.rule];
  });
  const rules = [...new Set(limited)];
  // With no rule at all a release would move `latest`, which nobody did before.
  if (rules.length === 0 && isElsewhere) rules.push('type=sha');
  const isVersion = (rule: string) => /type=(?:semver|pep440|match)|event=tag|\{\{tag\}\}/.test(rule);
  const named = (rule: string) =>
    /type=sha|\{\{sha\}\}/.test(rule) || (all.size === 1 && all.has('tag') && isVersion(rule));
  if (rules.length > 0 && !rules.some(named))
    noteReplaced(
      findings,
      build.place,
      `no tag that names the commit`,
      '`sha-<commit>`, which is added where no other tag is made once and never moved',
    );
  return { rules, isWritten: entries.some(({ tags }) => tags.length > 0) };
}

/** Tags that were written out are all the tags: `latest` comes by itself with none of them. */
export function flavorOf(rules: readonly string[]): string[] {
  return rules.some((rule) => /event=tag|\{\{tag\}\}|type=semver/.test(rule)) ? ['latest=false'] : [];
}

/** `latest` of a tag with a prefix, which `type=match` brings by itself. */
function comesAnyhow(result: ReadRule, { build, rules }: Entry): boolean {
  const isAuto = !(build.metadata?.flavor ?? ['latest=false']).some((item) => item.startsWith('latest='));
  const isVersion = build.event === 'tag' && !/^v?\d/.test(build.ref);
  return (
    isAuto &&
    isVersion &&
    rules.some((rule) => rule.startsWith('type=match')) &&
    result.status === 'rule' &&
    result.rule === 'type=raw,value=latest'
  );
}

const VERSIONED = /^type=(?:semver|pep440|match|ref,event=tag)/;

/** `latest` comes by itself with rules for versions; where there were none, and are some now, it must not. */
export function flavorBeside(
  rules: readonly string[],
  flavor: readonly string[],
  entries: readonly Entry[],
): string[] {
  const comes =
    rules.some((rule) => VERSIONED.test(rule)) && !flavor.some((item) => item.startsWith('latest='));
  const came = entries.some((entry) => entry.rules.some((rule) => VERSIONED.test(rule)));
  return comes && !came ? [...flavor, 'latest=false'] : [...flavor];
}

/** Rules that are off in all events that were read: inputs of a run by hand, and what else only such a run has. */
export function tellUnusedRules(builds: readonly Build[], findings: Findings): void {
  const used = new Map<string, boolean>();
  for (const { metadata } of builds)
    for (const [index, rule] of (metadata?.rules ?? []).entries()) {
      const text = metadata?.written[index] ?? '';
      if (text.includes('${{')) used.set(text, used.get(text) || readMetadataRule(rule).status !== 'off');
    }
  for (const [text, isUsed] of used) {
    const { place } = builds.find(({ metadata }) => metadata?.written.includes(text))!.metadata!;
    if (!isUsed)
      noteLeft(
        findings,
        place,
        `tag \`${text}\``,
        'No push, version tag or pull request gives it; a run by hand takes further ones in the input `tags`.',
      );
  }
}
