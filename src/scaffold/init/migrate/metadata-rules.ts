import { fillHoles, hasHoles, holesIn } from './holes.js';
import { ruleOfTag } from './tag-rules.js';

/** A rule of docker/metadata-action for one event; what only GitHub filled in is put in the grammar's words. */
export type ReadRule =
  | { status: 'rule'; rule: string; remark?: string }
  | { status: 'further'; text: string }
  | { status: 'off' }
  | { status: 'unknown'; holes: string[] };

export function readMetadataRule(text: string): ReadRule {
  const fields = text.split(/,(?![^{}]*\}\})/).map((field) => field.trim());
  const valueOf = (name: string) =>
    fields.find((field) => field.startsWith(`${name}=`))?.slice(name.length + 1);
  const enable = valueOf('enable');
  if (enable === 'false' || enable === '') return { status: 'off' };
  const others = fields.filter(
    (field) => field !== 'enable=true' && !(field.startsWith('enable=') && hasHoles(field)),
  );
  const remark =
    enable !== undefined && hasHoles(enable)
      ? `it was enabled by \`${enable}\`, which only a run knows`
      : undefined;
  const rule = others
    .join(',')
    .replace(/branch=\$repo\.default_branch/, '')
    .replace(/,$/, '');
  if (!hasHoles(rule)) return { status: 'rule', rule: typed(rule), ...(remark !== undefined && { remark }) };

  const type = valueOf('type') ?? 'raw';
  if (type === 'raw') {
    const value =
      valueOf('value') ??
      others.find((field) => !/^(?:type|enable|priority|prefix|suffix)=/.test(field)) ??
      '';
    const made = ruleOfTag(`${valueOf('prefix') ?? ''}${value}${valueOf('suffix') ?? ''}`);
    if (made.status !== 'rule') return made;
    const kept = others.filter((field) => /^(?:priority|enable)=/.test(field));
    return { ...made, rule: [made.rule, ...kept].join(','), ...(remark !== undefined && { remark }) };
  }
  // `value=${{ github.ref_name }}` is what the rule looks at by itself.
  const bare = others.filter((field) => !/^value=\$\{\{ (?:tag|branch|version) \}\}$/.test(field)).join(',');
  const filled = fillHoles(bare, (name) => ({ sha7: '{{sha}}', branch: '{{branch}}', tag: '{{tag}}' })[name]);
  return hasHoles(filled) ? { status: 'unknown', holes: holesIn(filled) } : { status: 'rule', rule: filled };
}

const typed = (rule: string) =>
  /(?:^|,)type=/.test(rule)
    ? rule
    : /(?:^|,)value=/.test(rule)
      ? `type=raw,${rule}`
      : `type=raw,value=${rule}`;
