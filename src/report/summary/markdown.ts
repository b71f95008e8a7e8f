/**
 * Text that GitHub-flavoured Markdown shows as it is: code spans stay, nothing else is markup. Backticks
 * make a span only if as many close it as open it: https://github.github.com/gfm/#code-spans
 */
export function inline(text: string): string {
  return text
    .replaceAll(/\r?\n/g, ' ')
    .replaceAll(/((?<!`)(`+)[^`]+\2(?!`))|[^`]+|`+/g, (part, code?: string) => code ?? plain(part));
}

/** Underscores within words are no emphasis, and may be part of a URL, which GitHub makes a link. */
function plain(text: string): string {
  return (
    text
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll(/[\\*[\]~`]|(?<!\w)_|_(?!\w)/g, String.raw`\$&`)
      // Two of them are a formula on GitHub. https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/writing-mathematical-expressions
      .replaceAll('$', '<span>$</span>')
  );
}

/** The same in a cell of a table. */
export function cell(text: string): string {
  return inline(text).replaceAll('|', String.raw`\|`);
}

/** The same, with paths that may break at their separators. Within code a break would be shown. */
export function breakableCell(text: string): string {
  if (text.includes('`')) return cell(text);
  return cell(text.replaceAll(/[/._](?=\S)/g, '$&\u200b')).replaceAll('\u200b', '<wbr>');
}

/** A clause as a sentence. */
export function sentence(text: string): string {
  return inline(`${text.charAt(0).toUpperCase()}${text.slice(1)}.`);
}

/** Code of one word that may break after its separators, so that a table fits a narrow window. */
export function breakable(text: string): string {
  const broken = escapeHtml(text).replaceAll(/[/:@]|-(?=[^-]{4})/g, '$&<wbr>');
  return `<code>${broken}</code>`;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('|', '&#124;')
    .replaceAll(/[*_`\\[\]$]/g, (mark) => `&#${mark.charCodeAt(0)};`);
}

export function small(text: string): string {
  return `<sub>${text}</sub>`;
}

/** Without a URL the text alone. @param text Markdown */
export function link(text: string, url: string | undefined): string {
  return url === undefined ? text : `[${text}](${url})`;
}

export function fenced(language: string, text: string, limit: number): string {
  const bounded = text.length > limit ? `${text.slice(0, limit)}\n… (cut here; the log has all of it)` : text;
  const longest = Math.max(2, ...[...bounded.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${bounded.replace(/\n+$/, '')}\n${fence}`;
}

/** @param summary Markdown of one line */
export function folded(summary: string, ...blocks: string[]): string {
  return [`<details><summary>${summary}</summary>`, ...blocks, '</details>'].join('\n\n');
}

export interface Column<Row> {
  title: string;
  /** Undefined: nothing to say. */
  value(row: Row): string | undefined;
}

/** A table without the columns that have nothing to say of any row. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const used = columns.filter(({ value }) => rows.some((row) => value(row) !== undefined));
  return [
    `| ${used.map(({ title }) => title).join(' | ')} |`,
    `|${used.map(() => ' --- |').join('')}`,
    ...rows.map((row) => `| ${used.map(({ value }) => value(row) ?? '–').join(' | ')} |`),
  ].join('\n');
}

/** Lines of one cell. */
export function stacked(...lines: (string | undefined)[]): string | undefined {
  const said = lines.filter((line) => line !== undefined);
  return said.length === 0 ? undefined : said.join('<br>');
}
