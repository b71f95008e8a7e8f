import type { UnreadableDockerfile } from './dockerfile.js';
import { trimStart } from './words.js';

/** The comments at the top of a Dockerfile that change how it is read. */
export interface Directives {
  syntax?: string;
  escape: '\\' | '`';
}

interface Directive {
  name: string;
  value: string;
  line: number;
}

const DIRECTIVE = /^([a-z][a-z0-9]*)[\t\n\f\r ]*=[\t\n\f\r ]*(.+?)[\t\n\f\r ]*$/i;
const NAMES = ['syntax', 'escape', 'check'];

/**
 * Reads `# syntax=`, `# escape=` and `# check=`, which end with the first line of another form. BuildKit looks for the
 * syntax below a `#!` line as well.
 * @param lines without a byte order mark
 */
export function readDirectives(lines: readonly string[]): Directives | UnreadableDockerfile {
  const found = directivesIn(lines);
  for (const [index, { name, line }] of found.entries())
    if (found.slice(0, index).some((earlier) => earlier.name === name))
      return { unreadable: `there is more than one \`# ${name}=\``, line };
  const valueOf = (name: string) => found.find((directive) => directive.name === name);
  const escape = valueOf('escape')?.value ?? '\\';
  if (escape !== '\\' && escape !== '`')
    return {
      unreadable: `the escape character ${escape} is neither \\ nor \``,
      line: valueOf('escape')!.line,
    };
  const belowShebang = lines[0]?.startsWith('#!') ? directivesIn(lines.slice(1)) : [];
  const syntax = [...found, ...belowShebang].find(({ name }) => name === 'syntax')?.value.split(' ')[0];
  return { ...(syntax !== undefined && { syntax }), escape };
}

function directivesIn(lines: readonly string[]): Directive[] {
  const found: Directive[] = [];
  for (const [index, raw] of lines.entries()) {
    const line = trimStart(raw);
    const [, name, value] = (line.startsWith('#') && DIRECTIVE.exec(trimStart(line.slice(1)))) || [];
    if (name === undefined || !NAMES.includes(name.toLowerCase())) break;
    found.push({ name: name.toLowerCase(), value: value!, line: index + 1 });
  }
  return found;
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
