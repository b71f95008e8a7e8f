/**
 * Claims of a page, as `section › subject › claim`: each sentence of its prose, and each sentence or part before a
 * semicolon in its table cells and list items. The subject is the first cell of a row, or the bold start of an item.
 */
export function claimsOf(markdown: string): string[] {
  return markdown.split(/^## /m).flatMap((section, index) => {
    const [heading = '', ...lines] = section.split('\n');
    const name = index === 0 ? 'Beginning' : heading;
    return blocksOf(lines.join('\n')).flatMap(([subject, text]) =>
      sentencesOf(text).map((claim) => `${name} › ${subject} › ${claim}`),
    );
  });
}

/** Text under its subject. */
type Block = readonly [subject: string, text: string];

function blocksOf(section: string): Block[] {
  return section.split(/\n(?=\n|- )/).flatMap((block) => {
    const text = block.trim();
    if (text.startsWith('|')) return rowsOf(text);
    const [, subject = 'text', rest = ''] = /^(?:- )?(?:\*\*(.+?)\.?\*\* )?([^]*)$/.exec(text)!;
    return [[subject, rest] as const];
  });
}

function rowsOf(table: string): Block[] {
  const [headings = [], , ...rows] = table.split('\n').map((row) => row.split('|').slice(1, -1));
  return rows.flatMap(([subject = '', ...cells]) =>
    cells.map((cell, column) => {
      const name = plain(subject);
      return [cells.length === 1 ? name : `${name} › ${plain(headings[column + 1] ?? '')}`, cell] as const;
    }),
  );
}

const sentencesOf = (text: string) =>
  plain(text)
    .split(/(?<=[.;]) /)
    .filter((claim) => claim !== '');

/** Removes link targets and line breaks, which don't change a claim. */
const plain = (text: string) =>
  text
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/[ \n]+/g, ' ')
    .trim();
