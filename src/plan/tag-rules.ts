import { closest } from '../lib/suggestion.js';
import { splitFields } from './tag-csv.js';
import { GLOBAL_EXPRESSIONS, parseTemplate, VERSION_EXPRESSIONS, type Template } from './tag-template.js';

/** A rule of docker/metadata-action's `tags` input, validated; it holds for every event alike. */
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

export type ParsedRule = { status: 'rule'; rule: TagRule } | { status: 'broken'; reasons: string[] };

/** Reads the attributes of one rule; what is wrong with one is told, and reading goes on with a stand-in. */
interface AttributeReader {
  template(name: string, allowed?: readonly string[]): Template | undefined;
  regExp(name: string): RegExp | undefined;
  number(name: string): number;
  oneOf<T extends string>(name: string, choices: readonly T[]): T;
  text(name: string): string | undefined;
}

interface RuleType {
  priority: number;
  /** Besides `enable`, `priority`, `prefix` and `suffix`. */
  attributes: readonly string[];
  required: readonly string[];
  defaults: Readonly<Record<string, string>>;
  read(attributes: AttributeReader): RuleKind;
}

const GLOBAL = Object.keys(GLOBAL_EXPRESSIONS);
const VERSION = Object.keys(VERSION_EXPRESSIONS);
const COMMON = ['enable', 'priority', 'prefix', 'suffix'];
const NOTHING: Template = [];

const versionRule = (type: 'semver' | 'pep440'): RuleType => ({
  priority: 900,
  attributes: ['pattern', 'value', 'match'],
  required: ['pattern'],
  defaults: {},
  read: (attributes) => ({
    type,
    pattern: attributes.template('pattern', VERSION) ?? NOTHING,
    value: attributes.template('value'),
    match: attributes.regExp('match'),
  }),
});

/** https://github.com/docker/metadata-action#tags-input */
const RULE_TYPES: Readonly<Record<RuleKind['type'], RuleType>> = {
  schedule: {
    priority: 1000,
    attributes: ['pattern'],
    required: [],
    defaults: { pattern: 'nightly' },
    read: (attributes) => ({ type: 'schedule', pattern: attributes.template('pattern') ?? NOTHING }),
  },
  semver: versionRule('semver'),
  pep440: versionRule('pep440'),
  match: {
    priority: 800,
    attributes: ['pattern', 'group', 'value'],
    required: ['pattern'],
    defaults: { group: '0' },
    read: (attributes) => ({
      type: 'match',
      pattern: attributes.regExp('pattern') ?? /$^/,
      group: attributes.number('group'),
      value: attributes.template('value'),
    }),
  },
  edge: {
    priority: 700,
    attributes: ['branch'],
    required: [],
    defaults: {},
    read: (attributes) => ({ type: 'edge', branch: attributes.text('branch') }),
  },
  ref: {
    priority: 600,
    attributes: ['event'],
    required: ['event'],
    defaults: {},
    read: (attributes) => ({ type: 'ref', event: attributes.oneOf('event', ['branch', 'tag', 'pr']) }),
  },
  raw: {
    priority: 200,
    attributes: ['value'],
    required: ['value'],
    defaults: {},
    read: (attributes) => ({ type: 'raw', value: attributes.template('value') ?? NOTHING }),
  },
  sha: {
    priority: 100,
    attributes: ['format'],
    required: [],
    defaults: { prefix: 'sha-', format: 'short' },
    read: (attributes) => ({ type: 'sha', format: attributes.oneOf('format', ['short', 'long']) }),
  },
};

/** Parses one rule such as `type=semver,pattern={{version}}`; a rule without a type is `raw`. */
export function parseTagRule(text: string): ParsedRule {
  if (text.includes('${{')) {
    return broken(
      '`${{ … }}` is filled in by GitHub in a workflow file only; here use {{branch}}, {{sha}}, {{is_default_branch}} …',
    );
  }
  const split = splitFields(text);
  if (split.status === 'broken') return broken(split.reason);

  const reasons: string[] = [];
  const written = readAttributes(split.fields, reasons);
  const typeName = written.get('type') ?? 'raw';
  written.delete('type');
  if (!isRuleType(typeName)) {
    const meant = closest(typeName, Object.keys(RULE_TYPES));
    const hint = meant ? `did you mean type=${meant}?` : `types are ${Object.keys(RULE_TYPES).join(', ')}`;
    return broken(`there is no type ${typeName}; ${hint}`);
  }

  const type = RULE_TYPES[typeName];
  const allowed = [...type.attributes, ...COMMON];
  for (const name of written.keys()) {
    if (allowed.includes(name)) continue;
    const meant = closest(name, allowed);
    const hint = meant ? `did you mean ${meant}?` : `it takes ${allowed.join(', ')}`;
    reasons.push(`type=${typeName} has no attribute ${name}; ${hint}`);
  }
  for (const name of type.required) {
    // An empty value is what a workflow expression leaves behind: the rule gives nothing then.
    if (!written.has(name) || (name !== 'value' && written.get(name) === ''))
      reasons.push(`type=${typeName} needs the attribute ${name}`);
  }

  const defaults = { ...type.defaults, enable: 'true', priority: String(type.priority) };
  const attributes = attributeReader(new Map([...Object.entries(defaults), ...written]), reasons);
  const kind = type.read(attributes);
  const rule: TagRule = {
    ...kind,
    text,
    priority: attributes.number('priority'),
    enable: attributes.template('enable') ?? NOTHING,
    // metadata-action's default for pull requests: `pr-` unless a prefix, even an empty one, is given.
    prefix:
      attributes.template('prefix') ??
      (kind.type === 'ref' && kind.event === 'pr' ? [{ text: 'pr-' }] : undefined),
    suffix: attributes.template('suffix'),
  };
  return reasons.length === 0 ? { status: 'rule', rule } : { status: 'broken', reasons };
}

function readAttributes(fields: readonly string[], reasons: string[]): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const field of fields) {
    const [, key, content] = /^([^=]+)=(.*)$/s.exec(field) ?? [undefined, 'value', field];
    const name = key.trim().toLowerCase();
    if (attributes.has(name)) {
      reasons.push(`the attribute ${name} is given twice; a value with a comma needs quotes: "${name}=…,…"`);
    }
    attributes.set(name, content.trim());
  }
  return attributes;
}

function attributeReader(attributes: ReadonlyMap<string, string>, reasons: string[]): AttributeReader {
  return {
    text: (name) => attributes.get(name) || undefined,
    template(name, allowed = GLOBAL) {
      const text = attributes.get(name);
      // `value=` means no value; `prefix=` means an empty one, which overrides the flavor's.
      if (text === undefined || (text === '' && name === 'value')) return undefined;
      const parsed = parseTemplate(text, allowed);
      if (parsed.status === 'template') return parsed.template;
      reasons.push(`${name}: ${parsed.reason}`);
      return undefined;
    },
    regExp(name) {
      const text = attributes.get(name);
      if (!text) return undefined;
      const [, body = text, flags = ''] = /^\/(.+)\/([a-z]*)$/s.exec(text) ?? [];
      try {
        // `d`: where each group lies. `g` and `y` would hide the groups.
        return new RegExp(body, `${flags.replace(/[dgy]/g, '')}d`);
      } catch (error) {
        reasons.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
        return undefined;
      }
    },
    number(name) {
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

function isRuleType(name: string): name is RuleKind['type'] {
  return Object.hasOwn(RULE_TYPES, name);
}

function broken(reason: string): ParsedRule {
  return { status: 'broken', reasons: [reason] };
}
