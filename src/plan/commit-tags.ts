import { defaultTagRules } from './tags.js';
import { parseFlavor, parseTagRule, type TagRule } from './tag-rules.js';
import type { Template } from './tag-template.js';
import { VERSION_READERS } from './tag-version.js';

const ANY = String.raw`[\w.-]+`;
const COMMIT = { short: '[0-9a-f]{7}', long: '[0-9a-f]{40,64}' };

/**
 * Recognizes the tags that these rules give to the images of one commit, such as `main-1a2b3c4` or `pr-15-1a2b3c4`: nobody
 * else ever gets them. Versions, and tags of rules that don't name the commit, are none.
 * @param rules in docker/metadata-action's grammar; empty: the default rules
 */
export function commitTagsOf(rules: readonly string[], flavorItems: readonly string[]): (tag: string) => boolean {
  const { flavor } = parseFlavor(flavorItems);
  const written = rules.length > 0 ? rules : defaultTagRules({ type: 'branch', name: 'main' });
  // The rule of the release tag if no other gives one.
  const lines = [...written.flatMap((item) => item.split(/\r?\n/)), 'type=sha'].map((line) => line.trim());
  const patterns = lines.flatMap((line) => {
    const rule = line === '' || line.startsWith('#') ? { reasons: [] } : parseTagRule(line);
    const value = 'reasons' in rule ? undefined : valuePattern(rule);
    if ('reasons' in rule || value === undefined) return [];
    const [prefix, suffix] = [rule.prefix ?? flavor.prefix.template, rule.suffix ?? flavor.suffix.template];
    const source = [patternOf(prefix), value, patternOf(suffix)].join('');
    // With the number of another build of the same release: see `numberedTag`.
    return Object.values(COMMIT).some((commit) => source.includes(commit)) ? new RegExp(`^${source}(?:-r\\d+)?$`) : [];
  });
  return (tag) => VERSION_READERS.semver(tag) === undefined && patterns.some((pattern) => pattern.test(tag));
}

/** Undefined: the rule gives versions. */
function valuePattern(rule: TagRule): string | undefined {
  switch (rule.type) {
    case 'sha':
      return COMMIT[rule.format];
    case 'raw':
      return patternOf(rule.value);
    case 'schedule':
      return patternOf(rule.pattern);
    case 'edge':
    case 'ref':
      return ANY;
    case 'semver':
    case 'pep440':
    case 'match':
      return undefined;
  }
}

function patternOf(template: Template): string {
  const parts = template.map((part) => {
    if (typeof part !== 'string') return part.expression === 'sha' ? COMMIT.short : ANY;
    return part.replace(/[^a-zA-Z0-9._-]+/g, '-').replaceAll('.', String.raw`\.`);
  });
  return parts.join('');
}
