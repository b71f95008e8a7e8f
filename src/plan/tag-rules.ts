import { messageOf } from '../lib/errors.js';
import { closest } from '../lib/suggestion.js';
import { InvalidTagRule, parseTemplate, type Template } from './tag-template.js';

/** A rule of docker/metadata-action's `tags` input, validated; it is the same for every event. */
export type TagRule = RuleCommon & RuleKind;

interface RuleCommon {
  /** As the user wrote it. */
  text: string;
  priority: number;
  enable: Template;
  /** Undefined: the flavor's. */
  prefix?: Template;
  suffix?: Template;
}

export type RuleKind =
  | { type: 'schedule'; pattern: Template }
  | { type: 'semver' | 'pep440'; pattern: Template; value?: Template; match?: RegExp }
  | { type: 'match'; pattern: RegExp; group: number; value?: Template }
  /** Without `branch`: the default branch. */
  | { type: 'edge'; branch?: string }
  | { type: 'ref'; event: 'branch' | 'tag' | 'pr' }
  | { type: 'raw'; value: Template }
  | { type: 'sha'; format: 'short' | 'long' };

type AttributeReader = ReturnType<typeof attributeReader>;

interface RuleType {
  priority: number;
  /** In addition to `enable`, `priority`, `prefix` and `suffix`. */
  attributes: readonly string[];
  required?: string;
  defaults?: Readonly<Record<string, string>>;
  read(attributes: AttributeReader): RuleKind;
}

const versionRule = (type: 'semver' | 'pep440'): RuleType => ({
  priority: 900,
  attributes: ['pattern', 'value', 'match'],
  required: 'pattern',
  read: ({ template, regExp }) => ({
    type,
    pattern: template('pattern', 'version') ?? [],
    value: template('value'),
    match: regExp('match'),
  }),
});

/** https://github.com/docker/metadata-action#tags-input */
const RULE_TYPES: Readonly<Record<RuleKind['type'], RuleType>> = {
  schedule: {
    priority: 1000,
    attributes: ['pattern'],
    defaults: { pattern: 'nightly' },
    read: ({ template }) => ({ type: 'schedule', pattern: template('pattern') ?? [] }),
  },
  semver: versionRule('semver'),
  pep440: versionRule('pep440'),
  match: {
    priority: 800,
    attributes: ['pattern', 'group', 'value'],
    required: 'pattern',
    defaults: { group: '0' },
    read: ({ regExp, number, template }) => ({
      type: 'match',
      pattern: regExp('pattern') ?? /$^/,
      group: number('group'),
      value: template('value'),
    }),
  },
  edge: {
    priority: 700,
    attributes: ['branch'],
    read: ({ text }) => ({ type: 'edge', branch: text('branch') }),
  },
  ref: {
    priority: 600,
    attributes: ['event'],
    required: 'event',
    read: ({ oneOf }) => ({ type: 'ref', event: oneOf('event', ['branch', 'tag', 'pr']) }),
  },
  raw: {
    priority: 200,
    attributes: ['value'],
    required: 'value',
    read: ({ template }) => ({ type: 'raw', value: template('value') ?? [] }),
  },
  sha: {
    priority: 100,
    attributes: ['format'],
    defaults: { prefix: 'sha-', format: 'short' },
    read: ({ oneOf }) => ({ type: 'sha', format: oneOf('format', ['short', 'long']) }),
  },
};

/**
 * Parses one rule such as `type=semver,pattern={{version}}`; a rule without a type is `raw`.
 * @returns the rule, or what is wrong with it, in clauses
 */
export function parseTagRule(text: string): TagRule | { reasons: string[] } {
  const reasons: string[] = [];
  const rule = attempt(reasons, () => readRule(text, reasons));
  return rule === undefined || reasons.length > 0 ? { reasons } : rule;
}

function readRule(text: string, reasons: string[]): TagRule {
  if (text.includes('${{'))
    throw new InvalidTagRule(
      '`${{ … }}` is filled in by GitHub in a workflow file only; here use {{branch}}, {{sha}}, {{is_default_branch}} …',
    );
  const written = readAttributes(splitFields(text), reasons);
  const typeName = written.get('type') ?? 'raw';
  written.delete('type');
  const type = Object.hasOwn(RULE_TYPES, typeName) ? RULE_TYPES[typeName as RuleKind['type']] : undefined;
  if (type === undefined) {
    const meant = closest(typeName, Object.keys(RULE_TYPES));
    const hint = meant ? `did you mean type=${meant}?` : `types are ${Object.keys(RULE_TYPES).join(', ')}`;
    throw new InvalidTagRule(`there is no type ${typeName}; ${hint}`);
  }
  const allowed = [...type.attributes, 'enable', 'priority', 'prefix', 'suffix'];
  for (const name of written.keys()) {
    if (allowed.includes(name)) continue;
    const meant = closest(name, allowed);
    const hint = meant ? `did you mean ${meant}?` : `it takes ${allowed.join(', ')}`;
    reasons.push(`type=${typeName} has no attribute ${name}; ${hint}`);
  }
  const { required } = type;
  // An empty value is the result of a workflow expression: the rule gives no tag then.
  if (required !== undefined && !written.get(required) && !(required === 'value' && written.has(required)))
    reasons.push(`type=${typeName} needs the attribute ${required}`);

  const defaults = { ...type.defaults, enable: 'true', priority: String(type.priority) };
  const attributes = attributeReader(new Map([...Object.entries(defaults), ...written]), reasons);
  const kind = type.read(attributes);
  // metadata-action's default for pull requests: `pr-` unless a prefix, even an empty one, is given.
  const defaultPrefix = kind.type === 'ref' && kind.event === 'pr' ? ['pr-'] : undefined;
  return {
    ...kind,
    text,
    priority: attributes.number('priority'),
    enable: attributes.template('enable') ?? [],
    prefix: attributes.template('prefix') ?? defaultPrefix,
    suffix: attributes.template('suffix'),
  };
}

function readAttributes(fields: readonly string[], reasons: string[]): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const field of fields) {
    const [, key, content] = /^([^=]+)=(.*)$/s.exec(field) ?? [undefined, 'value', field];
    const name = key.trim().toLowerCase();
    if (attributes.has(name))
      reasons.push(`the attribute ${name} is given twice; a value with a comma needs quotes: "${name}=…,…"`);
    attributes.set(name, content.trim());
  }
  return attributes;
}

/** Reads the attributes of one rule; records what is invalid and continues with a substitute. */
function attributeReader(attributes: ReadonlyMap<string, string>, reasons: string[]) {
  return {
    text: (name: string) => attributes.get(name) || undefined,
    template(name: string, kind?: 'global' | 'version') {
      const text = attributes.get(name);
      // `value=` means no value; `prefix=` means an empty one, which overrides the flavor's.
      if (text === undefined || (text === '' && name === 'value')) return undefined;
      return attempt(reasons, () => parseTemplate(text, kind), `${name}: `);
    },
    regExp(name: string) {
      const text = attributes.get(name);
      if (!text) return undefined;
      const [, body = text, flags = ''] = /^\/(.+)\/([a-z]*)$/s.exec(text) ?? [];
      // `d` records the place of each group. `g` and `y` would hide the groups.
      return attempt(reasons, () => new RegExp(body, `${flags.replace(/[dgy]/g, '')}d`), `${name}: `);
    },
    number(name: string) {
      const text = attributes.get(name) ?? '';
      if (!/^-?\d+$/.test(text)) reasons.push(`${name} is a whole number, not ${text || 'empty'}`);
      return Number(text);
    },
    oneOf<T extends string>(name: string, choices: readonly T[]): T {
      const text = attributes.get(name);
      const chosen = choices.find((choice) => choice === text);
      if (chosen === undefined && text) reasons.push(`${name} is one of ${choices.join(', ')}, not ${text}`);
      return chosen ?? choices[0]!;
    },
  };
}

function attempt<T>(reasons: string[], parse: () => T, label = ''): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof InvalidTagRule || error instanceof SyntaxError)) throw error;
    reasons.push(`${label}${messageOf(error)}`);
    return undefined;
  }
}

/** docker/metadata-action's `flavor` input, which applies to all rules. */
export interface Flavor {
  /** `auto`: with version tags and git tags that are not pre-releases. */
  latest: 'auto' | 'true' | 'false';
  prefix: Affix;
  suffix: Affix;
}

export interface Affix {
  template: Template;
  /** Whether `latest` gets it too. */
  onLatest: boolean;
}

/** Parses the items of `flavor`; `invalid` says what is wrong with an item, by its index. */
export function parseFlavor(items: readonly string[]): { flavor: Flavor; invalid: Map<number, string> } {
  const none = { template: [], onLatest: false };
  const flavor: Flavor = { latest: 'auto', prefix: none, suffix: none };
  const invalid = new Map<number, string>();
  items.forEach((item, index) => {
    const reasons: string[] = [];
    attempt(reasons, () => readFlavor(item, flavor));
    if (reasons[0] !== undefined) invalid.set(index, reasons[0]);
  });
  return { flavor, invalid };
}

function readFlavor(item: string, flavor: Flavor): void {
  let affix: 'prefix' | 'suffix' | undefined;
  for (const field of splitFields(item)) {
    const [, key = '', value = ''] = /^([^=]+)=(.*)$/s.exec(field)?.map((part) => part.trim()) ?? [];
    const name = key.toLowerCase();
    if (name === 'latest') {
      if (value !== 'auto' && value !== 'true' && value !== 'false')
        throw new InvalidTagRule(`latest is auto, true or false, not ${value || 'empty'}`);
      flavor.latest = value;
    } else if (name === 'prefix' || name === 'suffix') {
      affix = name;
      flavor[affix] = { template: parseTemplate(value), onLatest: false };
    } else if (name === 'onlatest') {
      if (value !== 'true' && value !== 'false')
        throw new InvalidTagRule(`onlatest is true or false, not ${value || 'empty'}`);
      if (affix === undefined)
        throw new InvalidTagRule('onlatest belongs behind a prefix or suffix: prefix=TEXT,onlatest=true');
      flavor[affix] = { ...flavor[affix], onLatest: value === 'true' };
    } else {
      throw new InvalidTagRule(`${field.trim() || 'an empty entry'} is none of latest=, prefix=, suffix=, onlatest=`);
    }
  }
}

/** Splits one CSV record (RFC 4180): a field that begins with `"` ends with `"`, and `""` is a quote. */
function splitFields(record: string): string[] {
  const fields: string[] = [];
  for (const [, quoted, plain = '', rest] of `,${record}`.matchAll(
    /,(?:"((?:[^"]|"")*)"(?=,|$)|([^",]*)(?=,|$)|(.*))/gs,
  )) {
    if (rest?.startsWith('"'))
      throw new InvalidTagRule(
        `${/^"(?:[^"]|"")*"/.test(rest) ? 'text follows a closing quote before the next comma' : 'a quote is never closed'}: quotes go around a whole attribute, as in "pattern=\\d{1,2}"`,
      );
    if (rest !== undefined)
      throw new InvalidTagRule(`a quote inside ${rest.split(',')[0]!.trim()}: quotes go around the whole attribute`);
    fields.push(quoted?.replaceAll('""', '"') ?? plain);
  }
  return fields;
}
