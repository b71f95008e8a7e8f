import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';
import type { Style } from '../report/terminal.js';

/** Takes the place of a blank that stays: commands are copied, so that they are not broken. */
const KEPT_BLANK = '\u00a0';

/** Breaks lines between words where they are wider than a terminal; what follows the first stands further in. */
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

/** A word that is too long for a line is left to the terminal, which copies it whole. */
function wrap(text: string, columns: number): string[] {
  return wrapAnsi(text, Math.max(20, columns), { hard: false }).split('\n');
}
