/**
 * Reading YAML costs more than everything else here, so a long file is thinned out first: lines that can
 * neither be edited nor change how the rest reads become a comment, and every offset stays. Only what is
 * certainly harmless goes; the rule errs towards keeping.
 */

/** A value on one line: a single plain word, or a quoted text without escapes. */
const VALUE = String.raw`(?:[A-Za-z0-9_./$](?:[A-Za-z0-9_./:@+=~$-]*[A-Za-z0-9_./@+=~$-])?|"[^"\\]*"|'[^']*')`;
const TAIL = String.raw`[ ]*(?: #.*)?`;
const TOP_KEY = new RegExp(String.raw`^([A-Za-z]+):${TAIL}$`);
const TOP_PAIR = new RegExp(String.raw`^([A-Za-z]+): +${VALUE}${TAIL}$`);
const ITEM = new RegExp(String.raw`^( *)- +${VALUE}${TAIL}$`);
const PAIR = new RegExp(String.raw`^( +)[A-Za-z_][\w./-]*: +${VALUE}${TAIL}$`);
const ENTRY_START = new RegExp(String.raw`^( *)(- +)(?:name|newName|newTag|digest): +${VALUE}${TAIL}$`);
const ENTRY_PAIR = new RegExp(String.raw`^( +)(?:name|newName|newTag|digest): +${VALUE}${TAIL}$`);
const EMPTY = /^ *(?:#.*)?$/;
const NEEDED = ['apiversion', 'kind'];
const LISTS = ['images', 'imagetags'];

interface Line {
  start: number;
  /** Without the line break. */
  text: string;
}

/** First and last line. */
interface Run {
  from: number;
  to: number;
}

/**
 * Comments out top-level keys with plain lists or maps of one level, and entries of the image lists in which none
 * of `names` occurs. A file with document markers inside is left as it is.
 */
export function thinOut(text: string, names: readonly string[]): string {
  const lines = splitLines(text);
  const firstKey = lines.findIndex(({ text: line }) => /^[A-Za-z"']/.test(line));
  if (lines.some(({ text: line }, index) => index > firstKey && /^(?:---|\.\.\.)/.test(line))) return text;
  const kept: string[] = [];
  let done = 0;
  for (const { from, to } of joinRuns(removable(lines, names))) {
    const start = lines[from]!.start;
    const end = lines[to]!.start + lines[to]!.text.length;
    kept.push(text.slice(done, start), '#'.repeat(end - start));
    done = end;
  }
  return [...kept, text.slice(done)].join('');
}

/** The runs of lines that may go, in the order of the text. */
function* removable(lines: readonly Line[], names: readonly string[]): Generator<Run> {
  const starts = lines.flatMap(({ text }, index) => (/^[A-Za-z"']/.test(text) ? [index] : []));
  for (const [order, start] of starts.entries()) {
    const end = (starts[order + 1] ?? lines.length) - 1;
    const region = lines.slice(start, end + 1).map(({ text }) => text);
    const key = (TOP_KEY.exec(region[0]!) ?? TOP_PAIR.exec(region[0]!))?.[1]?.toLowerCase();
    if (key === undefined || NEEDED.includes(key)) continue;
    if (!LISTS.includes(key)) {
      if (isFlat(region)) yield { from: start, to: end };
    } else if (TOP_KEY.test(region[0]!)) {
      for (const { from, to } of simpleEntries(region, names)) yield { from: start + from, to: start + to };
    }
  }
}

/** One comment line costs the parser less than many. */
function joinRuns(runs: Iterable<Run>): Run[] {
  const joined: Run[] = [];
  for (const run of runs) {
    const last = joined.at(-1);
    if (last && last.to + 1 === run.from) last.to = run.to;
    else joined.push({ ...run });
  }
  return joined;
}

/** A key with its value, or with items or pairs of one level that all stand in one column. */
function isFlat([head = '', ...body]: readonly string[]): boolean {
  const filled = body.filter((line) => !EMPTY.test(line));
  if (TOP_PAIR.test(head)) return filled.length === 0;
  return [ITEM, PAIR].some((shape) => {
    const columns = filled.map((line) => shape.exec(line)?.[1]);
    return columns.every((column) => column !== undefined && column === columns[0]);
  });
}

/** Entries in block style, one plain key a line, that mention none of the names. */
function* simpleEntries(region: readonly string[], names: readonly string[]): Generator<Run> {
  const first = region.findIndex((line, index) => index > 0 && !EMPTY.test(line));
  const column = /^( *)- /.exec(region[first] ?? '')?.[1];
  if (column === undefined) return;
  const dashes = region.flatMap((line, index) =>
    index > 0 && line.startsWith(`${column}- `) ? [index] : [],
  );
  // The last entry stays: what is added behind it takes its style.
  for (const [order, from] of dashes.slice(0, -1).entries()) {
    const to = dashes[order + 1]! - 1;
    const body = region.slice(from, to + 1);
    if (isSimpleEntry(body) && !names.some((name) => body.some((line) => line.includes(name))))
      yield { from, to };
  }
}

function isSimpleEntry([head = '', ...body]: readonly string[]): boolean {
  const start = ENTRY_START.exec(head);
  if (!start) return false;
  const indent = start[1]!.length + start[2]!.length;
  return body.every((line) => EMPTY.test(line) || ENTRY_PAIR.exec(line)?.[1]?.length === indent);
}

function splitLines(text: string): Line[] {
  const lines: Line[] = [];
  for (let start = 0; start < text.length;) {
    const found = text.indexOf('\n', start);
    const end = found < 0 ? text.length : found;
    const bare = text[end - 1] === '\r' && end > start ? end - 1 : end;
    lines.push({ start, text: text.slice(start, bare) });
    start = end + 1;
  }
  return lines;
}
