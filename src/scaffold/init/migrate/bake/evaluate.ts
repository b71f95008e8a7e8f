import { hole, mapText } from '../holes.js';
import { slice } from '../shell/variables.js';
import { attributesOf, endOf, itemsOf, type HclBlock } from './hcl.js';

/** What a name of a bake file stands for: a text, or an item of a matrix with fields. */
export type Scope = ReadonlyMap<string, string | ReadonlyMap<string, string>>;

/** Where expressions of one file are evaluated. */
export interface BakeScope {
  /** Of the variables: what they are set to, or their default. */
  variable(name: string): string | undefined;
  /** The default of a variable that is a list, as it is written. */
  list(name: string): string | undefined;
  functions: ReadonlyMap<string, HclBlock>;
  names: Scope;
  depth: number;
}

/** The texts that an expression gives, one or a list; what is not understood is a hole. */
export function evaluate(expression: string, scope: BakeScope): string[] {
  const text = expression.trim();
  const question = endOf(text, 0, '?');
  if (question < text.length) {
    const colon = endOf(text, question + 1, ':');
    const [yes, no] = [text.slice(question + 1, colon), text.slice(colon + 1)];
    const holds = condition(text.slice(0, question), scope);
    if (holds !== undefined) return evaluate(holds ? yes : no, scope);
    return [...new Set([...evaluate(yes, scope), ...evaluate(no, scope)])].filter((each) => each !== '');
  }
  if (text.startsWith('[')) return itemsOf(text.slice(1, -1)).flatMap((item) => evaluate(item, scope));
  if (text.startsWith('"')) return [template(text.slice(1, -1), scope)];
  const [, called, inside] = /^([\w]+)\((.*)\)$/s.exec(text) ?? [];
  if (called !== undefined) return call(called, itemsOf(inside!), scope, text);
  const [, name = '', field] = /^([A-Za-z_]\w*)(?:(?:\.|\[")([\w-]+)(?:"\])?)?$/.exec(text) ?? [];
  const value = scope.names.get(name);
  if (typeof value === 'object') return [value.get(field ?? '') ?? hole(text)];
  if (field !== undefined) return [hole(text)];
  if (/^(?:\d+|true|false)$/.test(text)) return [text];
  const list = value === undefined ? scope.list(name) : undefined;
  return list === undefined ? [value ?? scope.variable(name) ?? hole(text)] : evaluate(list, scope);
}

/** `"${REGISTRY}/api:${TAG}"` */
function template(text: string, scope: BakeScope): string {
  let filled = '';
  for (let at = 0; at < text.length; at += 1) {
    if (!text.startsWith('${', at)) {
      filled += text[at] === '\\' ? (text[(at += 1)] ?? '') : text[at];
      continue;
    }
    const end = endOf(text, at + 2, '}');
    filled += evaluate(text.slice(at + 2, end), scope).join(' ');
    at = end;
  }
  return filled;
}

const DEEPEST = 8;
const TEXT_FUNCTIONS: Partial<Record<string, (text: string) => string>> = {
  lower: (text) => text.toLowerCase(),
  upper: (text) => text.toUpperCase(),
  trimspace: (text) => text.trim(),
};

function call(name: string, words: readonly string[], scope: BakeScope, written: string): string[] {
  const own = scope.functions.get(name);
  if (own !== undefined && scope.depth < DEEPEST) {
    const names = new Map(scope.names);
    const parameters = itemsOf(own.attributes.get('params')?.slice(1, -1) ?? '');
    for (const [index, parameter] of parameters.entries())
      names.set(parameter, evaluate(words[index] ?? '""', scope)[0] ?? '');
    const rest = words.slice(parameters.length).flatMap((word) => evaluate(word, scope));
    const variadic = own.attributes.get('variadic_params');
    return evaluate(own.attributes.get('result') ?? '""', {
      ...scope,
      names,
      list: (each) => (each === variadic ? JSON.stringify(rest) : scope.list(each)),
      depth: scope.depth + 1,
    });
  }
  const values = words.map((word) => evaluate(word, scope));
  if (['concat', 'compact', 'flatten', 'distinct', 'tolist'].includes(name))
    return values.flat().filter((value) => value !== '');
  if (name === 'coalesce' || name === 'try')
    return values
      .flat()
      .filter((value) => value !== '')
      .slice(0, 1);
  const change = TEXT_FUNCTIONS[name];
  if (change !== undefined) return values.flat().map((value) => mapText(value, change));
  if (name === 'replace')
    return (values[0] ?? []).map((text) => text.replaceAll(values[1]?.[0] ?? '', values[2]?.[0] ?? ''));
  if (name === 'join')
    return [
      values
        .slice(1)
        .flat()
        .join(values[0]?.[0] ?? ''),
    ];
  if (name === 'substr')
    return (values[0] ?? []).map((text) => slice(text, Number(words[1]), Number(words[2])));
  if (name === 'formatdate' && words[1] === 'timestamp()')
    return [dateOf(values[0]?.[0] ?? '') ?? hole(written)];
  if (name === 'format' || name === 'formatlist') {
    const [[pattern = ''] = [], ...more] = values;
    const lists = name === 'format' ? more.map((list) => list.slice(0, 1)) : more;
    const length = name === 'format' ? 1 : Math.max(0, ...lists.map((list) => list.length));
    return Array.from({ length }, (_, row) => {
      let at = 0;
      return pattern.replace(/%[svd]/g, () => {
        const list = lists[at++] ?? [];
        return list[row] ?? list[0] ?? '';
      });
    });
  }
  if (name === 'split') return values[1]?.flatMap((value) => value.split(values[0]?.[0] ?? ',')) ?? [];
  return [hole(written)];
}

/** Of a date now; quoted text and names of days are left to a run. */
function dateOf(format: string): string | undefined {
  return /^(?:YYYY|MM|DD|hh|mm|ss|[-_.:])+$/.test(format)
    ? hole(`date ${format.replace('hh', 'HH')}`)
    : undefined;
}

function condition(text: string, scope: BakeScope): boolean | undefined {
  const written = text.trim();
  if (written.startsWith('!') && !written.startsWith('!=')) return not(condition(written.slice(1), scope));
  const [, name, inside] = /^(equal|notequal)\((.*)\)$/s.exec(written) ?? [];
  const operator = /^(.*?)(==|!=)(.*)$/s.exec(written);
  const sides = name !== undefined ? itemsOf(inside!) : operator ? [operator[1]!, operator[3]!] : undefined;
  if (sides === undefined) {
    const [value] = evaluate(written, scope);
    return value === 'true' ? true : value === 'false' ? false : undefined;
  }
  const [left, right] = sides.map((side) => evaluate(side, scope)[0] ?? '');
  // What a run fills in is never empty, and never what a file compares it with.
  return (left === right) === (name === 'equal' || operator?.[2] === '==');
}

const not = (holds: boolean | undefined) => (holds === undefined ? undefined : !holds);

/** Each way through a matrix, what its names stand for. */
export function combinationsOf(matrix: string | undefined, scope: BakeScope): Scope[] {
  if (matrix === undefined) return [scope.names];
  let combinations: Scope[] = [scope.names];
  for (const [name, list] of attributesOf(matrix.trim().slice(1, -1))) {
    const written = scope.list(list.trim()) ?? list.trim();
    const parts = written.startsWith('[') ? itemsOf(written.slice(1, -1)) : [written];
    const items = parts.flatMap((item) => itemOf(item, scope));
    combinations = combinations.flatMap((names) => items.map((item) => new Map([...names, [name, item]])));
  }
  return combinations;
}

function itemOf(item: string, scope: BakeScope): (string | ReadonlyMap<string, string>)[] {
  if (!item.startsWith('{')) return evaluate(item, scope);
  const fields = [...attributesOf(item.slice(1, -1))];
  return [new Map(fields.map(([field, value]) => [field, evaluate(value, scope)[0] ?? '']))];
}
