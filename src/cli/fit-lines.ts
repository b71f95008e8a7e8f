import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';
import type { Style } from '../report/terminal.js';

/** Replaces the spaces of a command, which must not be wrapped: people copy it. */
const KEPT_BLANK = '\u00a0';

export function fitTo(columns: number): Style['fit'] {
  return (line, hanging) => {
    if (stringWidth(line) <= columns) return line;
    const [, lead = '', text = ''] = /^( *)([^]*)$/.exec(line) ?? [];
    const kept = text.replaceAll(/`[^`\n]+`/g, (command) => command.replaceAll(' ', KEPT_BLANK));
    const [first = '', ...others] = wrap(kept, columns - lead.length);
    const rest = others.length === 0 ? [] : wrap(others.join(' '), columns - hanging);
    return [`${lead}${first}`, ...rest.map((more) => `${' '.repeat(hanging)}${more}`)]
      .join('\n')
      .replaceAll(KEPT_BLANK, ' ');
  };
}

/** Leaves a word that is too long to the terminal, so that copying it works. */
function wrap(text: string, columns: number): string[] {
  return wrapAnsi(text, Math.max(20, columns), { hard: false }).split('\n');
}
