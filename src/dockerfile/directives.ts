import { trimStart } from './spaces.js';

/** What the comments at the top of a Dockerfile say to its reader. */
export interface Directives {
  syntax?: string;
  escape: '\\' | '`';
  /** Why builders may read them differently; a sentence without full stop. */
  doubt?: { reason: string; line: number };
}

/** BuildKit refuses them. */
export interface RefusedDirective {
  unreadable: string;
  line: number;
}

interface Directive {
  name: string;
  value: string;
  line: number;
}

const DIRECTIVE = /^([a-z][a-z0-9]*)[\t\n\f\r ]*=[\t\n\f\r ]*(.+?)[\t\n\f\r ]*$/i;
const NAMES = ['syntax', 'escape', 'check'];

/**
 * Reads `# syntax=`, `# escape=` and `# check=`, which end with the first line of another form. BuildKit looks
 * for the syntax in further places: below a `#!` line, after `//`, and in a JSON object.
 * @param lines without a byte order mark
 */
export function readDirectives(lines: readonly string[]): Directives | RefusedDirective {
  const found = directivesAfter('#', lines);
  for (const [index, { name, line }] of found.entries())
    if (found.slice(0, index).some((earlier) => earlier.name === name))
      return { unreadable: `there is more than one \`# ${name}=\``, line };
  const escape = named(found, 'escape');
  const check = named(found, 'check');
  const sign = escape?.value ?? '\\';
  if (sign !== '\\' && sign !== '`')
    return { unreadable: `the escape character ${sign} is neither \\ nor \``, line: escape!.line };
  const syntax = firstWord(named(found, 'syntax')?.value) ?? syntaxOfOtherForm(lines);
  return {
    ...(syntax !== undefined && { syntax }),
    escape: sign,
    ...(escape && check && check.line < escape.line
      ? {
          doubt: {
            reason: 'older builders stop reading directives at `# check=`, which stands before `# escape=`',
            line: check.line,
          },
        }
      : {}),
  };
}

function directivesAfter(sign: string, lines: readonly string[]): Directive[] {
  const found: Directive[] = [];
  for (const [index, raw] of lines.entries()) {
    const line = trimStart(raw);
    const match = line.startsWith(sign) ? DIRECTIVE.exec(trimStart(line.slice(sign.length))) : null;
    const name = match?.[1]?.toLowerCase();
    if (name === undefined || !NAMES.includes(name)) break;
    found.push({ name, value: match![2]!, line: index + 1 });
  }
  return found;
}

const named = (directives: readonly Directive[], name: string) =>
  directives.find((directive) => directive.name === name);

const firstWord = (value: string | undefined) => value?.split(' ')[0];

function syntaxOfOtherForm(lines: readonly string[]): string | undefined {
  const below = lines[0]?.startsWith('#!') ? lines.slice(1) : lines;
  for (const sign of ['#', '//']) {
    const syntax = named(directivesAfter(sign, below), 'syntax');
    if (syntax) return firstWord(syntax.value);
  }
  if (!trimStart(below[0] ?? '').startsWith('{')) return undefined;
  try {
    const value = JSON.parse(below.join('\n')) as { syntax?: unknown };
    return typeof value.syntax === 'string' ? value.syntax : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether the frontend is one of Docker's own of the first generation, whose grammar is known here.
 * @param syntax as in `# syntax=`
 */
export function isKnownSyntax(syntax: string): boolean {
  return /^(?:(?:index\.|registry-1\.)?docker\.io\/)?docker\/dockerfile(?:-upstream)?(?::(?:1(?:[.-][\w.-]*)?|latest|master|labs))?(?:@sha256:[0-9a-f]{64})?$/.test(
    syntax,
  );
}
