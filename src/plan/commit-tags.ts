import { defaultTagRules } from './tags.js';
import { parseFlavor, parseTagRule, type Flavor, type TagRule } from './tag-rules.js';
import type { Template } from './tag-template.js';
import { VERSION_READERS } from './tag-version.js';

const ANY = String.raw`[\w.-]+`;
const SHORT = '[0-9a-f]{7}';
/** Another build of the same release: see `numberedTag`. */
const NUMBER = String.raw`(?:-r\d+)?`;

/**
 * Recognizes the tags that these rules give to the images of one commit, such as `main-1a2b3c4` or `pr-15-1a2b3c4`: nobody
 * else ever gets them. Versions, and tags of rules that don't name the commit, are none.
 * @param rules in docker/metadata-action's grammar; empty: the default rules
 */
export function commitTagsOf(rules: readonly string[], flavorItems: readonly string[]): (tag: string) => boolean {
  const { flavor } = parseFlavor(flavorItems);
  const written = rules.length > 0 ? rules : defaultTagRules({ type: 'branch', name: 'main' });
  const lines = [...written.flatMap((item) => item.split(/\r?\n/)), 'type=sha'].map((line) => line.trim());
  const patterns = lines.flatMap((line) => {
    const rule = line === '' || line.startsWith('#') ? { reasons: [] } : parseTagRule(line);
    const source = 'reasons' in rule ? undefined : patternOf(rule, flavor);
    return source === undefined ? [] : new RegExp(`^${source}${NUMBER}$`);
  });
  return (tag) => VERSION_READERS.semver(tag) === undefined && patterns.some((pattern) => pattern.test(tag));
}

/** Undefined: the rule's tags don't name the commit. */
function patternOf(rule: TagRule, flavor: Flavor): string | undefined {
  const prefix = rule.prefix ?? flavor.prefix.template;
  const suffix = rule.suffix ?? flavor.suffix.template;
  const value = valueOf(rule);
  if (value === undefined || ![prefix, value, suffix].some(namesCommit)) return undefined;
  return [prefix, value, suffix].map(sourceOf).join('');
}

const SHA: Template = [{ expression: 'sha', format: '', timeZone: '' }];
const LONG_SHA: Template = [{ expression: 'long-sha', format: '', timeZone: '' }];
const SOMETHING: Template = [{ expression: 'any', format: '', timeZone: '' }];

function valueOf(rule: TagRule): Template | undefined {
  switch (rule.type) {
    case 'sha':
      return rule.format === 'long' ? LONG_SHA : SHA;
    case 'raw':
      return rule.value;
    case 'schedule':
      return rule.pattern;
    case 'edge':
      return ['edge'];
    case 'ref':
      return SOMETHING;
    case 'semver':
    case 'pep440':
    case 'match':
      return undefined;
  }
}

const namesCommit = (template: Template): boolean =>
  template.some((part) => typeof part !== 'string' && /sha$/.test(part.expression));

function sourceOf(template: Template): string {
  return template
    .map((part) => {
      if (typeof part === 'string') return part.replace(/[^a-zA-Z0-9._-]+/g, '-').replace(/[.]/g, String.raw`\.`);
      if (part.expression === 'sha') return SHORT;
      return part.expression === 'long-sha' ? '[0-9a-f]{40,64}' : ANY;
    })
    .join('');
}
