import { parseQuantity } from '../objects.js';
import { findShape, type Shape } from './shapes.js';

/** Group of an `apiVersion` → folder of its types. */
const FOLDERS: Record<string, string> = {
  '': 'core',
  apps: 'apps',
  'rbac.authorization.k8s.io': 'rbac',
  'authorization.k8s.io': 'authorization',
  'authentication.k8s.io': 'authentication',
};

export interface SchemaProblems {
  /** Fields that Kubernetes doesn't know: `unknown field "spec.contianers"`. */
  unknown: string[];
  /** Values of another type than the schema's, and what it requires. */
  wrong: string[];
}

/** Holds an object against Kubernetes' schema. */
export function schemaProblems(object: { apiVersion?: unknown; kind?: unknown }): SchemaProblems {
  const problems: SchemaProblems = { unknown: [], wrong: [] };
  const [version = '', group = ''] = String(object.apiVersion).split('/').reverse();
  const name = `${FOLDERS[group] ?? group}/${version}#${String(object.kind)}`;
  if (!findShape(name))
    problems.wrong.push(`no matches for kind "${String(object.kind)}" in version "${String(object.apiVersion)}"`);
  else check(object, { type: 'ref', name }, '', problems);
  return problems;
}

/** All of them, for a test: a manifest that has none is one that Kubernetes takes. */
export function manifestProblems(object: { apiVersion?: unknown; kind?: unknown }): string[] {
  const { unknown, wrong } = schemaProblems(object);
  return [...unknown, ...wrong];
}

function check(value: unknown, shape: Shape, at: string, problems: SchemaProblems): void {
  // As the API reads it: null is what isn't said.
  if (value === null || value === undefined || shape.type === 'any') return;
  const wrong = (wanted: string) =>
    problems.wrong.push(`${at || 'object'}: expected ${wanted}, got ${typeName(value)}`);
  switch (shape.type) {
    case 'string':
    case 'number':
    case 'boolean':
      if (typeof value !== shape.type) wrong(shape.type);
      return;
    case 'literal':
      if (value !== shape.value) wrong(`"${shape.value}"`);
      return;
    case 'either':
      if (shape.shapes.every((one) => problemsOf(value, one, at).length > 0)) {
        wrong(shape.shapes.map(({ type }) => type).join(' or '));
      } else if (at.includes('.resources.') && parseQuantity(value as string) === undefined) {
        problems.wrong.push(
          `${at}: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'`,
        );
      }
      return;
    case 'array':
      if (!Array.isArray(value)) return void wrong('array');
      value.forEach((item, index) => check(item, shape.items, `${at}[${index}]`, problems));
      return;
    case 'map':
      if (!isRecord(value)) return void wrong('map');
      for (const [key, item] of Object.entries(value)) check(item, shape.values, `${at}.${key}`, problems);
      return;
    case 'ref':
      if (!isRecord(value)) return void wrong('object');
      checkFields(value, shape.name, at, problems);
  }
}

function checkFields(value: Record<string, unknown>, name: string, at: string, problems: SchemaProblems): void {
  const shape = findShape(name);
  if (!shape) return;
  const path = (field: string) => (at ? `${at}.${field}` : field);
  for (const [field, item] of Object.entries(value)) {
    const known = shape.fields.get(field);
    if (known) check(item, known.shape, path(field), problems);
    else problems.unknown.push(`unknown field "${path(field)}"`);
  }
  for (const [field, { required }] of shape.fields) {
    if (required && (value[field] ?? undefined) === undefined) problems.wrong.push(`${path(field)}: Required value`);
  }
}

function problemsOf(value: unknown, shape: Shape, at: string): string[] {
  const problems: SchemaProblems = { unknown: [], wrong: [] };
  check(value, shape, at, problems);
  return problems.wrong;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const typeName = (value: unknown): string => (Array.isArray(value) ? 'array' : typeof value);
