import type { YamlValue } from '../../lib/yaml-value.js';
import { resolveValue, type Contexts } from './expressions.js';

/** One job of a matrix: name to value. */
export type Combination = Record<string, unknown>;

/** The value of YAML as data, expressions filled in; everything but true and false stays text. */
export function dataOf(value: YamlValue | undefined, contexts: Contexts): unknown {
  if (value === undefined) return undefined;
  if (value.text !== undefined) {
    if (value.text === 'true' || value.text === 'false') return value.text === 'true';
    return resolveValue(value.text, contexts);
  }
  const entries = value.entries();
  if (entries.length > 0)
    return Object.fromEntries(entries.map((entry) => [entry.name, dataOf(entry.value, contexts)]));
  return value.items().map((item) => dataOf(item, contexts));
}

const isMapping = (value: unknown): value is Combination =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The jobs of a matrix, by the rules of
 * https://docs.github.com/actions/how-tos/write-workflows/choose-what-workflows-do/run-job-variations
 * @returns undefined when only a run knows them
 */
export function expandMatrix(matrix: YamlValue | undefined, contexts: Contexts): Combination[] | undefined {
  if (matrix === undefined) return [{}];
  const whole = dataOf(matrix, contexts);
  if (!isMapping(whole)) return undefined;
  const { include = [], exclude = [], ...lists } = whole;
  if (!Array.isArray(include) || !Array.isArray(exclude)) return undefined;
  if (!Object.values(lists).every((list) => Array.isArray(list))) return undefined;

  let combinations: Combination[] = Object.keys(lists).length === 0 ? [] : [{}];
  for (const [name, values] of Object.entries(lists as Record<string, unknown[]>))
    combinations = combinations.flatMap((one) => values.map((value) => ({ ...one, [name]: value })));
  const excluded = (exclude as unknown[]).filter(isMapping);
  combinations = combinations.filter((one) => !excluded.some((rule) => covers(one, rule)));

  const own = Object.keys(lists);
  const more: Combination[] = [];
  for (const extra of (include as unknown[]).filter(isMapping)) {
    const shared = own.filter((name) => name in extra);
    const fitting = combinations.filter((one) => shared.every((name) => isSame(one[name], extra[name])));
    if (own.length > 0 && fitting.length > 0) for (const one of fitting) Object.assign(one, extra);
    else more.push({ ...extra });
  }
  return [...combinations, ...more];
}

function covers(combination: Combination, rule: Combination): boolean {
  return Object.entries(rule).every(([name, value]) => isSame(combination[name], value));
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
