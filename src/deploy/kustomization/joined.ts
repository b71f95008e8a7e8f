/**
 * YAML's specification wants the lines of a quoted text or a flow collection indented deeper than the key
 * they belong to; kustomize's parser (and libyaml) does not. So where the strict parser fails, such values
 * are put on one line, by spaces for line breaks: nothing moves, and nothing else reads differently.
 */

const BLANK = /[ \t]*(?:#.*)?$/my;
const INDICATOR = /[-?:](?=\s|$)/y;
const PROPERTY = /[&!][^\s,[\]{}]*[ \t]*/y;
const PLAIN_KEY = /[^\s#"'[\]{}&*!|>%@`](?:[^\r\n:#]|:(?=\S)|(?<=\S)#)*:(?=\s|$)/y;
/** A joined value that swallows one of these was misunderstood. */
const TOP_KEY = /[\r\n](?:images|imageTags|resources|kind|apiVersion)[ \t]*:/;

/** The text with every quoted text and flow collection on one line; undefined when one of them has no end. */
export function joinLines(text: string): string | undefined {
  const parts: string[] = [];
  let done = 0;
  let column: number | undefined;
  let at = text.startsWith('\ufeff') ? 1 : 0;
  while (at < text.length) {
    const node = findNode(text, at, column);
    column = node.column;
    if (node.type === 'none') {
      at = node.next;
      continue;
    }
    const end = node.type === 'flow' ? endOfFlow(text, node.start) : endOfQuoted(text, node.start);
    if (end === undefined) return undefined;
    const value = text.slice(node.start, end);
    if (/[\r\n]/.test(value)) {
      if (TOP_KEY.test(value)) return undefined;
      parts.push(text.slice(done, node.start), node.type === 'flow' ? flatten(value) : spaced(value));
      done = end;
    }
    // A quoted key is followed by its value on the same line.
    at = end;
  }
  return [...parts, text.slice(done)].join('');
}

/** `column`: of the key or dash that what follows on the line belongs to. */
type Found =
  | { type: 'none'; next: number; column?: undefined }
  | { type: 'quoted' | 'flow'; start: number; column: number };

/** Looks on the line of `from` for the next quoted text or flow collection that begins a node. */
function findNode(text: string, from: number, parent?: number): Found {
  const lineStart = Math.max(text.lastIndexOf('\n', from - 1), text.lastIndexOf('\r', from - 1)) + 1;
  let column = parent ?? from - lineStart;
  let at = from;
  for (;;) {
    at += spacesAt(text, at);
    if (matchAt(BLANK, text, at) !== undefined) return { type: 'none', next: nextLine(text, at) };
    const property = matchAt(PROPERTY, text, at);
    if (property !== undefined) {
      at += property.length;
      continue;
    }
    const character = text[at]!;
    if (character === '"' || character === "'")
      return { type: 'quoted', start: at, column: parent ?? at - lineStart };
    if (character === '[' || character === '{') return { type: 'flow', start: at, column };
    if (character === '|' || character === '>') return { type: 'none', next: endOfBlock(text, at, column) };
    const step = matchAt(INDICATOR, text, at) ?? matchAt(PLAIN_KEY, text, at);
    if (step === undefined) return { type: 'none', next: nextLine(text, at) };
    if (step !== ':') column = at - lineStart;
    at += step.length;
  }
}

/** The line behind a block scalar, whose lines are blank or deeper than the key or dash it belongs to. */
function endOfBlock(text: string, at: number, column: number): number {
  let next = nextLine(text, at);
  for (;;) {
    const indent = spacesAt(text, next);
    const isBlank = /^\s*$/.test(text.slice(next, nextLine(text, next)));
    if (next >= text.length || (!isBlank && indent <= column)) return next;
    next = nextLine(text, next);
  }
}

function endOfQuoted(text: string, start: number): number | undefined {
  const pattern = text[start] === '"' ? /"(?:[^"\\]|\\[^])*"/y : /'(?:[^']|'')*'/y;
  const found = matchAt(pattern, text, start);
  return found === undefined ? undefined : start + found.length;
}

function endOfFlow(text: string, start: number): number | undefined {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const character = text[at]!;
    const beginsNode = /[\s,:[\]{}]/.test(text[at - 1] ?? ' ');
    if (beginsNode && (character === '"' || character === "'")) {
      const end = endOfQuoted(text, at);
      if (end === undefined) return undefined;
      at = end - 1;
    } else if (character === '#' && /\s/.test(text[at - 1] ?? ' ')) at = nextLine(text, at) - 1;
    else if ('[{'.includes(character)) depth++;
    else if (']}'.includes(character) && --depth === 0) return at + 1;
  }
  return undefined;
}

/** Spaces for line breaks, tabs and comments; what stands in quotes stays. */
function flatten(flow: string): string {
  return flow.replaceAll(
    /("(?:[^"\\]|\\[^])*"|'(?:[^']|'')*')|(?<=\s)#[^\r\n]*|[\r\n\t]/g,
    (found, quoted?: string) => (quoted === undefined ? ' '.repeat(found.length) : spaced(quoted)),
  );
}

function spaced(quoted: string): string {
  return quoted.replaceAll(/[\r\n]/g, ' ');
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

function spacesAt(text: string, at: number): number {
  return matchAt(/[ \t]*/y, text, at)?.length ?? 0;
}

function nextLine(text: string, at: number): number {
  return at + (matchAt(/[^\r\n]*(?:\r\n|\r|\n|$)/y, text, at)?.length ?? 0);
}
