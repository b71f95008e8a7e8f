import type { KubeObject } from '../objects.js';
import { apiError } from './status.js';

export type Selector = (object: KubeObject) => boolean;

/** `a=b,e in (f,g),h` */
export function labelSelector(text: string): Selector {
  const terms = text.split(/,(?![^(]*\))/).filter((term) => term.trim() !== '');
  const tests = terms.map((term) => labelTerm(term.trim()));
  return ({ metadata }) => tests.every((test) => test(metadata.labels ?? {}));
}

function labelTerm(term: string): (labels: Record<string, string>) => boolean {
  const set = /^(\S+)\s+in\s+\(([^)]*)\)$/.exec(term);
  if (set) {
    const [, key = '', list = ''] = set;
    const values = list.split(',').map((value) => value.trim());
    return (labels) => values.includes(labels[key] ?? '\0');
  }
  const [, key = '', value] = /^([^!=\s]+)\s*==?\s*(\S*)$/.exec(term) ?? [];
  if (value !== undefined) return (labels) => labels[key] === value;
  if (/[^A-Za-z0-9._/-]/.test(term)) throw apiError(400, `unable to parse requirement: found '${term}'`);
  return (labels) => labels[term] !== undefined;
}

/** `metadata.name=x,status.phase!=Running`; of events also `involvedObject.name` and the like. */
export function fieldSelector(text: string): Selector {
  const tests = text
    .split(',')
    .filter((term) => term !== '')
    .map((term) => {
      const [, path = '', operator, value = ''] = /^([^!=]+)(!=|==?)(.*)$/.exec(term) ?? [];
      return (object: KubeObject) => (fieldOf(object, path) === value) === (operator !== '!=');
    });
  return (object) => tests.every((test) => test(object));
}

function fieldOf(object: KubeObject, path: string): string {
  let value: unknown = object;
  for (const part of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[part];
  return typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
}

/** Both selectors of a request's query. */
export function selectorOf(query: URLSearchParams): Selector {
  const labels = labelSelector(query.get('labelSelector') ?? '');
  const fields = fieldSelector(query.get('fieldSelector') ?? '');
  return (object) => labels(object) && fields(object);
}
