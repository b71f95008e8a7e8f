import wrapAnsi from 'wrap-ansi';
import type { Style } from '../report/terminal.js';

/** Takes the place of a blank that stays: commands are copied, so that they are not broken. */
const KEPT_BLANK = '\u00a0';

/** Breaks lines between words where they are wider than a terminal; what follows the first stands further in. */
export function fitTo(columns: number): Style['fit'] {
  return (line, hanging) => {
    const [, lead = '', text = ''] = /^( *)([^]*)$/.exec(line) ?? [];
    const kept = text.replaceAll(/`[^`\n]+`/g, (command) => command.replaceAll(' ', KEPT_BLANK));
    const [first = '', ...rest] = wrapAnsi(kept, Math.max(20, columns - hanging), { hard: false }).split(
      '\n',
    );
    return [`${lead}${first}`, ...rest.map((more) => `${' '.repeat(hanging)}${more}`)]
      .join('\n')
      .replaceAll(KEPT_BLANK, ' ');
  };
}
