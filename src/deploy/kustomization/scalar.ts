/** How a value is to be written; `plain` turns into `habit` where plain would not read as a string. */
export type ScalarStyle = 'plain' | 'single' | 'double';

const WORDS = /^(?:~|null|true|false|yes|no|on|off|y|n)$/i;
const INTEGER = /^[-+]?(?:0b[01]+|0o?[0-7]+|0x[0-9a-f]+|[0-9]+)$/i;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:e[-+]?[0-9]+)?$/i;
const NOT_FINITE = /^[-+]?\.(?:inf|nan)$/i;
const BASE_60 = /^[-+]?[0-9]+(?::[0-5]?[0-9])+(?:\.[0-9]*)?$/;
const DATE = /^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}$/;

/**
 * Whether a plain scalar of this text reads as anything but the same string, by YAML 1.2's core schema,
 * YAML 1.1's types, or the resolver that kustomize uses (which drops every `_` before it looks for a
 * number). https://yaml.org/type/ and https://github.com/kubernetes-sigs/yaml (goyaml.v2/resolve.go).
 */
export function needsQuotes(value: string): boolean {
  if (value === '' || value !== value.trim() || !/^[A-Za-z0-9_.+~-]/.test(value)) return true;
  if (/: |:$| #|[\0-\x1f\x7f]|^- |^---|^\.\.\./.test(value)) return true;
  if (WORDS.test(value) || NOT_FINITE.test(value) || DATE.test(value)) return true;
  const digits = value.startsWith('_') ? value : value.replaceAll('_', '');
  return [INTEGER, FLOAT, BASE_60].some((pattern) => pattern.test(digits));
}

/** Whether a plain scalar of this text stands for no value. */
export function isNullWord(source: string): boolean {
  return /^(?:|~|null|Null|NULL)$/.test(source);
}

/** Writes a value in the given style; `habit` is how this file quotes what can't be plain. */
export function writeScalar(value: string, style: ScalarStyle, habit: Exclude<ScalarStyle, 'plain'>): string {
  switch (style) {
    case 'plain':
      return needsQuotes(value) ? writeScalar(value, habit, habit) : value;
    case 'single':
      return `'${value.replaceAll("'", "''")}'`;
    case 'double':
      return JSON.stringify(value);
  }
}
