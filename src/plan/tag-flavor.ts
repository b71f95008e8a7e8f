import { splitFields } from './tag-csv.js';
import { GLOBAL_EXPRESSIONS, parseTemplate, type Template } from './tag-template.js';

/** What docker/metadata-action's `flavor` input says for all rules. */
export interface Flavor {
  /** `auto`: with version tags and git tags that are not pre-releases. */
  latest: 'auto' | 'true' | 'false';
  prefix: FlavorText;
  suffix: FlavorText;
}

export interface FlavorText {
  template: Template;
  /** Whether `latest` gets it too. */
  onLatest: boolean;
}

const NONE: FlavorText = { template: [], onLatest: false };

/** Parses the items of `flavor`; `objections[i]` says what is wrong with item `i`. */
export function parseFlavor(items: readonly string[]): { flavor: Flavor; objections: Map<number, string> } {
  const flavor: Flavor = { latest: 'auto', prefix: NONE, suffix: NONE };
  const objections = new Map<number, string>();
  items.forEach((item, index) => {
    const objection = readItem(item, flavor);
    if (objection !== undefined) objections.set(index, objection);
  });
  return { flavor, objections };
}

function readItem(item: string, flavor: Flavor): string | undefined {
  const split = splitFields(item);
  if (split.status === 'broken') return split.reason;
  let affix: 'prefix' | 'suffix' | undefined;
  for (const field of split.fields) {
    const [, key = '', value = ''] = /^([^=]+)=(.*)$/s.exec(field)?.map((part) => part.trim()) ?? [];
    switch (key.toLowerCase()) {
      case 'latest':
        if (value !== 'auto' && value !== 'true' && value !== 'false') {
          return `latest is auto, true or false, not ${value || 'empty'}`;
        }
        flavor.latest = value;
        break;
      case 'prefix':
      case 'suffix': {
        affix = key.toLowerCase() as 'prefix' | 'suffix';
        const parsed = parseTemplate(value, Object.keys(GLOBAL_EXPRESSIONS));
        if (parsed.status === 'broken') return `${affix}: ${parsed.reason}`;
        flavor[affix] = { template: parsed.template, onLatest: false };
        break;
      }
      case 'onlatest':
        if (value !== 'true' && value !== 'false')
          return `onlatest is true or false, not ${value || 'empty'}`;
        if (affix === undefined)
          return 'onlatest belongs behind a prefix or suffix: prefix=TEXT,onlatest=true';
        flavor[affix] = { ...flavor[affix], onLatest: value === 'true' };
        break;
      default:
        return `${field.trim() || 'an empty entry'} is none of latest=, prefix=, suffix=, onlatest=`;
    }
  }
  return undefined;
}
