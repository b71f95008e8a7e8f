import type {
  ArrayValue,
  DoubleQuotedChild,
  HereDoc,
  ParameterExpansionPart,
  Redirection,
  Word,
  WordPart,
} from 'unbash';
import { hasHoles, hole, splitOutside } from '../holes.js';
import { calculate } from './arithmetic.js';
import { separatorOf } from './reading.js';
import { removeAffix, replaceText, slice, textOf, type Variable } from './variables.js';

/** What words are filled in with. */
export interface Expansion {
  variable(name: string): Variable | undefined;
  assign(name: string, value: string): void;
  /** Files and folders of the repository that a pattern matches. */
  files(pattern: string): string[];
  /** What a command substitution prints; undefined: that is known only when it runs. */
  output(script: NonNullable<Extract<WordPart, { type: 'CommandExpansion' }>['script']>): string | undefined;
  /** Puts expressions back that were taken out of the script before it was parsed. */
  reveal(text: string): string;
}

/** A part of a word; what is not quoted is split at blanks. */
interface Fragment {
  text: string;
  quoted: boolean;
}

/** The fields that a word becomes, in the way of bash but without file names for patterns. */
export function expandWord(word: Word, expansion: Expansion): string[] {
  const list = wholeList(word, expansion);
  if (list !== undefined) return list;
  const separator = separatorOf(textOf(expansion.variable('IFS')));
  return split(
    (word.parts ?? [literal(word)]).flatMap((part) => expandPart(part, expansion)),
    separator,
  );
}

/** A word that is never split: the value of an assignment, the text of a redirection. */
export function expandText(word: Word, expansion: Expansion): string {
  return (word.parts ?? [literal(word)])
    .flatMap((part) => expandPart(part, expansion))
    .map(({ text }) => text)
    .join('');
}

const literal = ({ value, pos, end, text }: Word): WordPart => ({ type: 'Literal', value, text, pos, end });

function split(fragments: readonly Fragment[], separator: RegExp | undefined): string[] {
  const fields: string[] = [];
  let field: string | undefined;
  for (const { text, quoted } of fragments) {
    if (quoted || separator === undefined) {
      field = (field ?? '') + text;
      continue;
    }
    // Holes may have blanks in them.
    const [first = '', ...more] = splitOutside(text, separator);
    if (first !== '') field = (field ?? '') + first;
    for (const next of more) {
      if (field !== undefined) fields.push(field);
      field = next === '' ? undefined : next;
    }
  }
  return field === undefined ? fields : [...fields, field];
}

function expandPart(part: WordPart | DoubleQuotedChild, expansion: Expansion): Fragment[] {
  const fixed = (text: string): Fragment[] => [{ text: expansion.reveal(text), quoted: true }];
  const filled = (text: string): Fragment[] => [{ text, quoted: false }];
  switch (part.type) {
    case 'Literal':
    case 'SingleQuoted':
    case 'AnsiCQuoted':
      return fixed(part.value);
    case 'DoubleQuoted':
    case 'LocaleString':
      return [
        { text: '', quoted: true },
        ...part.parts
          .flatMap((child) => expandPart(child, expansion))
          .map(({ text }) => ({ text, quoted: true })),
      ];
    case 'SimpleExpansion':
      return filled(valueOf(part.text.slice(1), expansion));
    case 'ParameterExpansion':
      return filled(parameter(part, expansion));
    case 'CommandExpansion': {
      const said = part.script && expansion.output(part.script);
      return filled(said ?? hole(part.text));
    }
    case 'ArithmeticExpansion': {
      const value = calculate(part.expression, (name) => textOf(expansion.variable(name)));
      return fixed(value === undefined ? part.text : String(value));
    }
    case 'BraceExpansion':
      return (part.parts ?? []).length > 0
        ? part.parts!.flatMap((child) => expandPart(child, expansion))
        : fixed(part.text);
    default:
      return fixed(part.text);
  }
}

function valueOf(name: string, { variable }: Expansion): string {
  const value = variable(name);
  if (/^[@*]$/.test(name) && typeof value === 'object') return [...value.values()].join(' ');
  return textOf(value) ?? hole(`$${name}`);
}

function parameter(part: ParameterExpansionPart, expansion: Expansion): string {
  const { parameter: name, operation, index, prefix } = part;
  const variable = expansion.variable(name);
  const key = index && expandText(index, expansion);
  if (prefix === '!' && typeof variable === 'object') return [...variable.keys()].join(' ');
  const value =
    key === undefined || typeof variable !== 'object'
      ? textOf(variable)
      : key === '@' || key === '*'
        ? [...variable.values()].join(' ')
        : variable.get(key);
  const operand = (word: Word | undefined) => (word === undefined ? '' : expandText(word, expansion));
  switch (operation?.type) {
    case undefined:
      return value ?? hole(part.text);
    case 'Default': {
      const { operator } = operation;
      const isSet = value !== undefined && !(operator.startsWith(':') && value === '');
      if (operator.endsWith('+')) return isSet ? operand(operation.operand) : '';
      if (isSet) return value;
      if (operator.endsWith('?')) return hole(`$${name}`);
      const fallback = operand(operation.operand);
      if (operator.endsWith('=')) expansion.assign(name, fallback);
      return fallback;
    }
    case 'Remove':
      return value === undefined
        ? hole(part.text)
        : removeAffix(value, operation.operator, operand(operation.operand));
    case 'Replace':
      return value === undefined
        ? hole(part.text)
        : replaceText(value, operation.operator, operand(operation.pattern), operand(operation.replacement));
    case 'Slice':
      return value === undefined
        ? hole(part.text)
        : slice(
            value,
            Number(operand(operation.offset)),
            operation.length && Number(operand(operation.length)),
          );
    case 'CaseModification':
      return value === undefined ? hole(part.text) : inCase(value, operation.operator);
    default:
      return value ?? hole(part.text);
  }
}

function inCase(value: string, operator: string): string {
  // Registries know lower case only, and a hole is lower-cased where it is filled.
  if (hasHoles(value)) return value;
  if (operator === ',,') return value.toLowerCase();
  return operator === '^^' ? value.toUpperCase() : value;
}

/** `"${NAMES[@]}"` and `"$@"`: each item a field of its own, blanks in it or not. */
function wholeList(word: Word, { variable }: Expansion): string[] | undefined {
  const [isParameters, from] = /^"?\$(?:[@*]|\{[@*](?::(\d+))?\})"?$/.exec(word.text) ?? [];
  const parameters = isParameters === undefined ? undefined : variable('@');
  if (typeof parameters === 'object')
    return [...parameters.values()].slice(Math.max(0, Number(from ?? 1) - 1));
  const [, keys, name] = /^"?\$\{(!?)(\w+)\[[@*]\]\}"?$/.exec(word.text) ?? [];
  const list = name === undefined ? undefined : variable(name);
  if (typeof list !== 'object') return undefined;
  return [...(keys === '!' ? list.keys() : list.values())];
}

/** `(a b)` and `([api]=services/api)`: a list, or a table by key. */
export function listOf(
  { elements }: ArrayValue,
  earlier: readonly string[],
  expansion: Expansion,
): ReadonlyMap<string, string> {
  const table = new Map(earlier.map((text, at) => [String(at), text]));
  for (const element of elements) {
    const [, key] = /^\[([^\]]+)\]=/.exec(element.text) ?? [];
    const text = expandText(element, expansion);
    if (key !== undefined) table.set(key.replace(/^(["'])(.*)\1$/, '$2'), text.slice(text.indexOf(']=') + 2));
    else for (const field of expandWord(element, expansion)) table.set(String(table.size), field);
  }
  return table;
}

function hereDocument({ body }: HereDoc, expansion: Expansion): string {
  if (body.parts === undefined) return expansion.reveal(body.text);
  const { pos, end, text, parts } = body;
  return expandText({ type: 'Word', value: text, text, pos, end, parts }, expansion);
}

/** What a here-document or here-string hands over. */
export function inputText(redirects: readonly Redirection[], expansion: Expansion): string | undefined {
  for (const redirect of redirects) {
    if (redirect.type === 'HereDoc') return hereDocument(redirect, expansion);
    if (redirect.type === 'HereString') return redirect.target && expandText(redirect.target, expansion);
  }
  return undefined;
}

/** The file that input comes from. */
export function inputFile(redirects: readonly Redirection[], expansion: Expansion): string | undefined {
  for (const redirect of redirects)
    if (redirect.type === 'Redirect' && redirect.operator === '<' && redirect.target !== undefined)
      return expandText(redirect.target, expansion);
  return undefined;
}

/** The file that output goes to. */
export function outputFile(redirects: readonly Redirection[], expansion: Expansion): string | undefined {
  for (const redirect of redirects)
    if (redirect.type === 'Redirect' && /^>>?$/.test(redirect.operator) && redirect.target !== undefined)
      return expandText(redirect.target, expansion);
  return undefined;
}
