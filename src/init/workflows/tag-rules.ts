import {
  fillPlaceholders,
  hasPlaceholders,
  piecesOf,
  placeholder,
  placeholdersIn,
  type Piece,
} from './placeholders.js';

/** An old tag as a rule in docker/metadata-action's grammar, or why there is none. */
export type ReadRule =
  | { status: 'rule'; rule: string; isOther: boolean }
  /** Only a workflow can fill it in; the input `tags` takes it. */
  | { status: 'further'; text: string }
  | { status: 'off' }
  | { status: 'unknown' };

const EXPRESSIONS: Readonly<Record<string, string>> = {
  sha7: '{{sha}}',
  branch: '{{branch}}',
  tag: '{{tag}}',
};

/** A placeholder in the grammar's own words. */
function expressionOf(name: string): string | undefined {
  const format = /^date (.+)$/.exec(name)?.[1];
  return format === undefined ? EXPRESSIONS[name] : `{{date '${format}'}}`;
}

/** Placeholders that are a rule of their own; the text around them is its prefix and suffix. */
const WHOLE: Readonly<Record<string, (affixes: string) => string>> = {
  sha: (affixes) => `type=sha,format=long${affixes || ',prefix='}`,
  version: (affixes) => `type=semver,pattern={{version}}${affixes}`,
  'minor version': (affixes) => `type=semver,pattern={{major}}.{{minor}}${affixes}`,
  'major version': (affixes) => `type=semver,pattern={{major}}${affixes}`,
  pr: (affixes) => `type=ref,event=pr${affixes || ',prefix='}`,
};

/** The rule that gives a written tag for every commit, branch or version. */
export function ruleOfTag(written: string): ReadRule {
  const text = written.replace(/sha cut to \d+/g, 'sha7');
  const unknown = placeholdersIn(text).filter((name) => !WHOLE[name] && expressionOf(name) === undefined);
  if (unknown.length === 0)
    return { status: 'rule', rule: composeRule(piecesOf(text)), isOther: text !== written };
  const isOfWorkflow = unknown.every((name) => /^(?:github(?!\.event\.inputs)|vars)\./.test(name));
  const areOthers = placeholdersIn(text).every((name) => unknown.includes(name) || name in WORKFLOW_NAMES);
  return isOfWorkflow && areOthers ? { status: 'further', text: asExpression(text) } : { status: 'unknown' };
}

function composeRule(pieces: readonly Piece[]): string {
  const template = (some: readonly Piece[]) =>
    some
      .map((piece) => ('name' in piece ? (expressionOf(piece.name) ?? `{{${piece.name}}}`) : piece.text))
      .join('');
  const at = pieces.findIndex((piece) => 'name' in piece && WHOLE[piece.name] !== undefined);
  const whole = pieces[at];
  if (whole !== undefined && 'name' in whole) {
    const [prefix, suffix] = [template(pieces.slice(0, at)), template(pieces.slice(at + 1))];
    const hasPrefix = prefix !== '' || (suffix !== '' && !whole.name.endsWith('version'));
    return WHOLE[whole.name]!(
      `${hasPrefix ? `,prefix=${prefix}` : ''}${suffix === '' ? '' : `,suffix=${suffix}`}`,
    );
  }
  return `type=raw,value=${template(pieces)}`
    .replace(/^type=raw,value=\{\{branch\}\}$/, 'type=ref,event=branch')
    .replace(/^type=raw,value=\{\{tag\}\}$/, 'type=ref,event=tag')
    .replace(/^type=raw,value=([^{}]*|\{\{branch\}\}-)\{\{sha\}\}$/, 'type=sha,prefix=$1');
}

const WORKFLOW_NAMES: Readonly<Record<string, string>> = {
  ...{
    sha: 'github.sha',
    branch: 'github.ref_name',
    tag: 'github.ref_name',
    ref: 'github.ref',
    pr: 'github.event.number',
  },
};

/** Placeholders in the words of a workflow, or of a shell. */
export function asExpression(text: string): string {
  return piecesOf(text)
    .map((piece) => {
      if (!('name' in piece)) return piece.text;
      const [, output, id] = /^metadata \d+ (\S+) of (.*)$/.exec(piece.name) ?? [];
      if (output !== undefined) return placeholder(`steps.${id || 'meta'}.outputs.${output}`);
      return piece.name.startsWith('$') ? piece.name : placeholder(WORKFLOW_NAMES[piece.name] ?? piece.name);
    })
    .join('');
}

/** A rule of docker/metadata-action, with expressions that GitHub fills in put into the grammar's words. */
export function readMetadataRule(text: string): ReadRule {
  const fields = text.split(/,(?![^{}]*\}\})/).map((field) => field.trim());
  const valueOf = (name: string) =>
    fields.find((field) => field.startsWith(`${name}=`))?.slice(name.length + 1);
  const enable = valueOf('enable');
  if (enable === 'false' || enable === '') return { status: 'off' };
  const isOpen = hasPlaceholders(enable ?? '');
  const kept = fields.filter((field) => field !== 'enable=true' && !(isOpen && field.startsWith('enable=')));
  const rule = kept
    .join(',')
    .replace(/,?branch=\$repo\.default_branch/, '')
    .replace(/,$/, '');
  const prefix = /(?:^|,)type=/.test(rule)
    ? ''
    : /(?:^|,)value=/.test(rule)
      ? 'type=raw,'
      : 'type=raw,value=';
  if (!hasPlaceholders(rule)) return { status: 'rule', rule: prefix + rule, isOther: isOpen };
  if ((valueOf('type') ?? 'raw') === 'raw') {
    const bare = kept.find((field) => !/^(?:type|enable|priority|prefix|suffix)=/.test(field)) ?? '';
    const made = ruleOfTag(`${valueOf('prefix') ?? ''}${valueOf('value') ?? bare}${valueOf('suffix') ?? ''}`);
    if (made.status !== 'rule') return made;
    const others = kept.filter((field) => /^(?:priority|enable)=/.test(field));
    return { ...made, rule: [made.rule, ...others].join(','), isOther: made.isOther || isOpen };
  }
  // `value=${{ github.ref_name }}` is what the rule looks at by itself.
  const bare = kept.filter((field) => !/^value=\$\{\{ (?:tag|branch|version) \}\}$/.test(field)).join(',');
  const filled = fillPlaceholders(bare, (name) => EXPRESSIONS[name]);
  return hasPlaceholders(filled) ? { status: 'unknown' } : { status: 'rule', rule: filled, isOther: isOpen };
}
