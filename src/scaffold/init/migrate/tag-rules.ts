import { hasHoles, hole, holesIn, piecesOf, type Piece } from './holes.js';

/** A tag of the old way as a rule in docker/metadata-action's grammar, or why there is none. */
export type TagAsRule =
  | { status: 'rule'; rule: string; remark?: string }
  /** Only a workflow can fill it in; the step's input `tags` takes it. */
  | { status: 'further'; text: string }
  | { status: 'unknown'; holes: string[] };

/** What a hole is in the grammar's own words. */
function expressionOf(name: string): string | undefined {
  const [, format] = /^date (.+)$/.exec(name) ?? [];
  if (format !== undefined) return `{{date '${format}'}}`;
  return EXPRESSIONS[name];
}

const EXPRESSIONS: Readonly<Record<string, string>> = {
  sha7: '{{sha}}',
  branch: '{{branch}}',
  tag: '{{tag}}',
};

/** The rule that gives the tag for every commit, branch or version. */
export function ruleOfTag(text: string): TagAsRule {
  const pieces = piecesOf(text).map(withoutLength);
  const unknown = pieces.flatMap((piece) =>
    'hole' in piece && !WHOLE[piece.hole] && expressionOf(piece.hole) === undefined ? [piece.hole] : [],
  );
  if (unknown.length > 0) {
    const further = unknown.every((name) => /^(?:github(?!\.event\.inputs)|vars)\./.test(name));
    const known = holesIn(text).every((name) => unknown.includes(name) || name in WORKFLOW_NAMES);
    return further && known
      ? { status: 'further', text: asExpression(text) }
      : { status: 'unknown', holes: unknown };
  }
  const cut = holesIn(text).find((name) => name.startsWith('sha cut to'));
  const rule = composeRule(pieces);
  return cut === undefined
    ? { status: 'rule', rule }
    : { status: 'rule', rule, remark: `${cut.replace('sha cut', 'a commit cut')} digits; here it has seven` };
}

/** Holes that are the whole point of a rule; the text around them is its prefix and suffix. */
const WHOLE: Readonly<Record<string, (affixes: string) => string>> = {
  sha: (affixes) => `type=sha,format=long${affixes || ',prefix='}`,
  version: (affixes) => `type=semver,pattern={{version}}${affixes}`,
  'minor version': (affixes) => `type=semver,pattern={{major}}.{{minor}}${affixes}`,
  'major version': (affixes) => `type=semver,pattern={{major}}${affixes}`,
  pr: (affixes) => `type=ref,event=pr${affixes || ',prefix='}`,
};

function composeRule(pieces: readonly Piece[]): string {
  const at = pieces.findIndex((piece) => 'hole' in piece && WHOLE[piece.hole] !== undefined);
  const whole = pieces[at];
  if (whole !== undefined && 'hole' in whole) {
    const prefix = template(pieces.slice(0, at));
    const suffix = template(pieces.slice(at + 1));
    const needsPrefix = !whole.hole.endsWith('version');
    const affixes = [
      ...(prefix !== '' || (suffix !== '' && needsPrefix) ? [`,prefix=${prefix}`] : []),
      ...(suffix !== '' ? [`,suffix=${suffix}`] : []),
    ].join('');
    return WHOLE[whole.hole]!(affixes);
  }
  const value = template(pieces);
  return FAMILIAR.reduce(
    (rule, [pattern, familiar]) => rule.replace(pattern, familiar),
    `type=raw,value=${value}`,
  );
}

/** The same rules in the words that people know. */
const FAMILIAR: readonly (readonly [RegExp, string])[] = [
  [/^type=raw,value=\{\{branch\}\}$/, 'type=ref,event=branch'],
  [/^type=raw,value=\{\{tag\}\}$/, 'type=ref,event=tag'],
  [/^type=raw,value=([^{}]*)\{\{sha\}\}$/, 'type=sha,prefix=$1'],
  [/^type=raw,value=(\{\{branch\}\}-)\{\{sha\}\}$/, 'type=sha,prefix=$1'],
];

function template(pieces: readonly Piece[]): string {
  return pieces
    .map((piece) => ('hole' in piece ? (expressionOf(piece.hole) ?? `{{${piece.hole}}}`) : piece.text))
    .join('');
}

function withoutLength(piece: Piece): Piece {
  return 'hole' in piece && piece.hole.startsWith('sha cut to') ? { hole: 'sha7' } : piece;
}

/** The names of holes as GitHub writes them. */
const WORKFLOW_NAMES: Readonly<Record<string, string>> = {
  sha: 'github.sha',
  branch: 'github.ref_name',
  tag: 'github.ref_name',
  ref: 'github.ref',
  pr: 'github.event.number',
};

export function asExpression(text: string): string {
  if (!hasHoles(text)) return text;
  return piecesOf(text)
    .map((piece) => ('hole' in piece ? writtenHole(piece.hole) : piece.text))
    .join('');
}

/** What was written: an expression of a workflow, or a variable or substitution of a shell. */
function writtenHole(name: string): string {
  const [, output, id = 'meta'] = /^metadata \d+ (\S+)(?: of (.+))?$/.exec(name) ?? [];
  if (output !== undefined) return hole(`steps.${id}.outputs.${output}`);
  const [, length] = /^sha cut to (\d+)$/.exec(name) ?? [];
  if (length !== undefined) return `\${GITHUB_SHA::${length}}`;
  if (Object.hasOwn(SHELL_NAMES, name)) return SHELL_NAMES[name]!;
  return name.startsWith('$') ? name : (expressionOf(name) ?? hole(WORKFLOW_NAMES[name] ?? name));
}

/** What no expression gives, as a shell gives it. */
const SHELL_NAMES: Readonly<Record<string, string>> = {
  sha7: '${GITHUB_SHA::7}',
  branch: hole('github.ref_name'),
  tag: hole('github.ref_name'),
  version: '${GITHUB_REF_NAME#v}',
};

/** Whether GitHub can fill a text in: an expression of a workflow, no variable of a script and no cut commit. */
export function isExpression(text: string): boolean {
  return holesIn(text).every((name) => name in WORKFLOW_NAMES || /^[a-z]+\.[\w.-]+$/i.test(name));
}
