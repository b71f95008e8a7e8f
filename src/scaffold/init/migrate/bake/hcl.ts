/** A block of a bake file, `target "api" { … }`, its attributes as they are written. */
export interface HclBlock {
  kind: string;
  name: string;
  attributes: Map<string, string>;
}

const OPEN = '([{';
const CLOSE = ')]}';

/** Blocks of an HCL file, as far as bake's own files go: https://docs.docker.com/build/bake/reference/ */
export function readHcl(written: string): HclBlock[] {
  const text = withoutComments(written);
  const blocks: HclBlock[] = [];
  const head = /(?<![\w"])(target|group|variable|function)\s+"([^"]+)"\s*\{/g;
  for (let match = head.exec(text); match !== null; match = head.exec(text)) {
    const start = match.index + match[0].length;
    const end = endOf(text, start, '}');
    blocks.push({ kind: match[1]!, name: match[2]!, attributes: attributesOf(text.slice(start, end)) });
    head.lastIndex = end + 1;
  }
  return blocks;
}

/** `name = value`, one per line or separated by commas. */
export function attributesOf(body: string): Map<string, string> {
  const attributes = new Map<string, string>();
  const head = /\s*"?([\w.-]+)"?\s*[=:]\s*/y;
  let at = 0;
  while (at < body.length) {
    head.lastIndex = at;
    const match = head.exec(body);
    if (match === null) {
      // Blocks in blocks, as `validation`, say nothing of tags.
      const next = endOf(body, at, '\n');
      at = Math.max(at, next) + 1;
      continue;
    }
    const start = head.lastIndex;
    const end = endOf(body, start, '\n', ',');
    attributes.set(match[1]!, body.slice(start, end).trim());
    at = end + 1;
  }
  return attributes;
}

/** Items of a list or arguments of a call. */
export function itemsOf(text: string): string[] {
  const items: string[] = [];
  for (let at = 0; at < text.length;) {
    const end = endOf(text, at, ',');
    items.push(text.slice(at, end).trim());
    at = end + 1;
  }
  return items.filter((item) => item !== '');
}

/** Where one of the marks stands outside of texts and brackets; the end of the text where none does. */
export function endOf(text: string, from: number, ...marks: string[]): number {
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    const character = text[at]!;
    if (depth === 0 && marks.includes(character)) return at;
    if (character === '"') at = endOfText(text, at);
    else if (OPEN.includes(character)) depth += 1;
    else if (CLOSE.includes(character)) depth -= 1;
  }
  return text.length;
}

/** The closing quote of a text that begins here; `${…}` in it may hold texts of its own. */
function endOfText(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text.startsWith('${', at)) at = endOf(text, at + 2, '}');
    else if (text[at] === '"') return at;
  }
  return text.length;
}

function withoutComments(text: string): string {
  let kept = '';
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '"') {
      const end = endOfText(text, at);
      kept += text.slice(at, end + 1);
      at = end;
    } else if (text[at] === '#' || text.startsWith('//', at)) {
      at = text.indexOf('\n', at);
      if (at < 0) break;
      kept += '\n';
    } else if (text.startsWith('/*', at))
      at = text.indexOf('*/', at) < 0 ? text.length : text.indexOf('*/', at) + 1;
    else kept += text[at];
  }
  return kept;
}
