import { hole, mapText, onlyHole, splitOutside } from '../holes.js';

/** What a Makefile's text is filled in with. */
export interface MakeScope {
  /** Filled in already; undefined: nobody sets it. */
  variable(name: string): string | undefined;
  /** As it is written, for `call`. */
  written(name: string): string | undefined;
  /** What a command prints; undefined: only a run knows. */
  shell(script: string): string | undefined;
  files(pattern: string): string[];
}

/** Fills references and functions in: https://www.gnu.org/software/make/manual/html_node/Functions.html */
export function expandMake(text: string, scope: MakeScope): string {
  let filled = '';
  for (let at = 0; at < text.length; at += 1) {
    const next = text[at + 1] ?? '';
    if (text[at] !== '$' || next === '' || text.startsWith('${{', at)) {
      // What only a run fills in stays as it is.
      const end = text.startsWith('${{', at) ? text.indexOf('}}', at) + 2 : at + 1;
      filled += text.slice(at, Math.max(end, at + 1));
      at = Math.max(end, at + 1) - 1;
    } else if (next === '$') {
      filled += '$';
      at += 1;
    } else if (next === '(' || next === '{') {
      const end = closing(text, at + 1);
      filled += reference(text.slice(at + 2, end), scope);
      at = end;
    } else {
      filled += valueOf(next, scope);
      at += 1;
    }
  }
  return filled;
}

/** Where the bracket that opens at `from` is closed. */
function closing(text: string, from: number): number {
  const open = text[from]!;
  const close = open === '(' ? ')' : '}';
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === open) depth += 1;
    else if (text[at] === close && (depth -= 1) === 0) return at;
  }
  return text.length;
}

function valueOf(name: string, scope: MakeScope): string {
  return scope.variable(name) ?? hole(`$${name}`);
}

function reference(inside: string, scope: MakeScope): string {
  const [, called = '', rest = ''] = /^([a-z-]+)[\s](.*)$/s.exec(inside) ?? [];
  if (Object.hasOwn(FUNCTIONS, called)) return FUNCTIONS[called]!(argumentsOf(rest), scope);
  if (called !== '') return hole(`$(${inside})`);
  const [, name, from, to] = /^([^\s:$]+):([^=]*)=(.*)$/s.exec(inside) ?? [];
  if (name === undefined) return valueOf(expandMake(inside, scope), scope);
  const pattern = (part: string) => expandMake(part.includes('%') ? part : `%${part}`, scope);
  return patsubst(pattern(from!), pattern(to!), valueOf(name, scope));
}

/** Separated by commas outside of brackets. */
function argumentsOf(text: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    if ('({'.includes(text[at]!)) depth += 1;
    else if (')}'.includes(text[at]!)) depth -= 1;
    else if (text[at] === ',' && depth === 0) {
      found.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...found, text.slice(start)];
}

export const wordsOf = (text: string) => splitOutside(text.trim(), /\s+/).filter((word) => word !== '');

/** A variable that nobody sets is empty, and that is what a condition asks. */
export const isEmptyText = (text: string) =>
  wordsOf(text).every((word) => /^\$\w/.test(onlyHole(word) ?? 'x'));

/** What `%` stands for; undefined: the word does not fit. */
export function stemOf(pattern: string, word: string): string | undefined {
  const [before = '', after] = pattern.split('%');
  if (after === undefined) return word === pattern ? '' : undefined;
  const fits = word.length >= before.length + after.length && word.startsWith(before) && word.endsWith(after);
  return fits ? word.slice(before.length, word.length - after.length) : undefined;
}

function patsubst(pattern: string, replacement: string, text: string): string {
  return mapWords(text, (word) => {
    const stem = stemOf(pattern, word);
    return stem === undefined ? word : replacement.replace('%', () => stem);
  });
}

const mapWords = (text: string, change: (word: string) => string) => wordsOf(text).map(change).join(' ');

type MakeFunction = (written: readonly string[], scope: MakeScope) => string;

/** Functions that take their arguments filled in. */
const plain =
  (run: (...texts: string[]) => string): MakeFunction =>
  (written, scope) =>
    run(...written.map((text) => expandMake(text, scope)));

const silent: MakeFunction = () => '';
const matches = (patterns: string, word: string) =>
  wordsOf(patterns).some((pattern) => stemOf(pattern, word) !== undefined);

const FUNCTIONS: Readonly<Record<string, MakeFunction>> = {
  subst: plain((from = '', to = '', text = '') => mapText(text, (fixed) => fixed.replaceAll(from, to))),
  patsubst: plain((pattern = '', to = '', text = '') => patsubst(pattern.trim(), to.trim(), text)),
  strip: plain((text = '') => wordsOf(text).join(' ')),
  addprefix: plain((prefix = '', text = '') => mapWords(text, (word) => prefix + word)),
  addsuffix: plain((suffix = '', text = '') => mapWords(text, (word) => word + suffix)),
  firstword: plain((text = '') => wordsOf(text)[0] ?? ''),
  lastword: plain((text = '') => wordsOf(text).at(-1) ?? ''),
  word: plain((index = '1', text = '') => wordsOf(text)[Number(index) - 1] ?? ''),
  words: plain((text = '') => String(wordsOf(text).length)),
  filter: plain((patterns = '', text = '') =>
    wordsOf(text)
      .filter((word) => matches(patterns, word))
      .join(' '),
  ),
  'filter-out': plain((patterns = '', text = '') =>
    wordsOf(text)
      .filter((word) => !matches(patterns, word))
      .join(' '),
  ),
  findstring: plain((part = '', text = '') => (text.includes(part) ? part : '')),
  sort: plain((text = '') => [...new Set(wordsOf(text))].sort().join(' ')),
  notdir: plain((text = '') => mapWords(text, (word) => word.slice(word.lastIndexOf('/') + 1))),
  dir: plain((text = '') => mapWords(text, (word) => word.slice(0, word.lastIndexOf('/') + 1) || './')),
  basename: plain((text = '') => mapWords(text, (word) => word.replace(/\.[^./]*$/, ''))),
  abspath: plain((text = '') => text),
  realpath: plain((text = '') => text),
  wildcard: (written, scope) =>
    wordsOf(expandMake(written.join(','), scope))
      .flatMap((pattern) => scope.files(pattern))
      .join(' '),
  shell: (written, scope) => {
    const script = expandMake(written.join(','), scope);
    return scope.shell(script)?.replace(/\n/g, ' ').trim() ?? hole(`$(${script})`);
  },
  if: ([condition = '', yes = '', no = ''], scope) =>
    expandMake(isEmptyText(expandMake(condition, scope)) ? no : yes, scope),
  or: (written, scope) =>
    written.map((text) => expandMake(text.trim(), scope)).find((text) => !isEmptyText(text)) ?? '',
  and: (written, scope) => {
    const texts = written.map((text) => expandMake(text.trim(), scope));
    return texts.some(isEmptyText) ? '' : texts.at(-1)!;
  },
  foreach: ([name = '', list = '', text = ''], scope) =>
    wordsOf(expandMake(list, scope))
      .map((word) => expandMake(text, within(scope, new Map([[expandMake(name, scope).trim(), word]]))))
      .join(' '),
  call: ([name = '', ...words], scope) => {
    const body = scope.written(expandMake(name, scope).trim());
    const values = words.map((word, index) => [String(index + 1), expandMake(word, scope).trim()] as const);
    return body === undefined
      ? hole(`$(call ${[name, ...words].join(',')})`)
      : expandMake(body, within(scope, new Map(values)));
  },
  info: silent,
  warning: silent,
  error: silent,
};

/** The same with some names that stand for something else. */
export function within(scope: MakeScope, names: ReadonlyMap<string, string>): MakeScope {
  return { ...scope, variable: (name) => names.get(name) ?? scope.variable(name) };
}
