import type { Build } from './build.js';
import { limitRule, type EventRule } from './event-rules.js';
import { noteLeft, noteReplaced, type Findings } from './findings.js';
import type { Entry } from './images.js';
import { readMetadataRule, type ReadRule } from './metadata-rules.js';
import { asExpression, ruleOfTag } from './tag-rules.js';

/** @returns rules for all events; `isWritten`: they come from tags that were written out */
export function tagsOf(
  entries: readonly [Entry, ...Entry[]],
  findings: Findings,
  furtherTags: string[],
): { rules: string[]; isWritten: boolean } {
  const all = new Set(
    entries.filter(({ build }) => build.published !== 'no').map(({ build }) => build.event),
  );
  if (all.size === 0) for (const { build } of entries) all.add(build.event);
  const found = new Map<string, Set<Build['event']>>();
  let isLost = false;
  for (const { build, tags, rules } of entries) {
    if (!all.has(build.event)) continue;
    const read: { text: string; result: ReadRule }[] = [
      ...rules.map((text) => ({ text, result: readMetadataRule(text) })),
      ...tags.map((text) => ({ text, result: ruleOfTag(text) })),
    ];
    for (const { text, result } of read) {
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
        isLost = true;
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
      found.set(result.rule, (found.get(result.rule) ?? new Set()).add(build.event));
    }
  }
  const [{ build }] = entries;
  const limited = [...found].flatMap(([rule, events]: [string, EventRule['events']]) => {
    const made = limitRule({ rule, events }, all);
    if ('remark' in made) noteLeft(findings, build.place, `tag \`${rule}\``, made.remark);
    return made.rule === undefined ? [] : [made.rule];
  });
  const rules = [...new Set(limited)];
  // With no rule at all a release would move `latest`, which nobody did before.
  if (rules.length === 0 && isLost) rules.push('type=sha');
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
