import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parseSync, type TSType } from 'oxc-parser';
import { parseQuantity } from '../objects.js';

/** Group of an `apiVersion` → folder of its types. */
const FOLDERS: Record<string, string> = {
  '': 'core',
  apps: 'apps',
  'rbac.authorization.k8s.io': 'rbac',
  'authorization.k8s.io': 'authorization',
  'authentication.k8s.io': 'authentication',
  meta: 'meta',
};

interface ObjectType {
  fields: Map<string, { type: TSType; required: boolean }>;
  /** What a name in the type of a field stands for: `core/v1#PodSpec`. */
  meant(name: string): string;
}

let types: Map<string, ObjectType> | undefined;

/**
 * Kubernetes' own OpenAPI schema, as `kubernetes-types` has it: those types are generated from it, and their text is
 * read here, for there is no smaller package that carries the schema itself.
 */
function readTypes(): Map<string, ObjectType> {
  const require = createRequire(import.meta.url);
  const found = new Map<string, ObjectType>();
  for (const module of Object.values(FOLDERS).map((folder) => `${folder}/v1`)) {
    const file = require.resolve(`kubernetes-types/${module}.d.ts`);
    const imported = new Map<string, string>();
    for (const statement of parseSync(file, readFileSync(file, 'utf8')).program.body) {
      if (statement.type === 'ImportDeclaration') {
        const origin = statement.source.value.replace(/^(\.\.?\/)+/, '');
        for (const { local } of statement.specifiers) imported.set(local.name, origin);
      }
      if (statement.type !== 'ExportNamedDeclaration') continue;
      const { declaration } = statement;
      if (declaration?.type !== 'TSInterfaceDeclaration') continue;
      const fields: ObjectType['fields'] = new Map();
      for (const member of declaration.body.body) {
        if (member.type !== 'TSPropertySignature' || !member.typeAnnotation) continue;
        const { key, optional } = member;
        const name = key.type === 'Identifier' ? key.name : key.type === 'Literal' ? String(key.value) : '';
        fields.set(name, { type: member.typeAnnotation.typeAnnotation, required: !optional });
      }
      const meant = (name: string) => `${imported.get(name) ?? module}#${name}`;
      found.set(`${module}#${declaration.id.name}`, { fields, meant });
    }
  }
  return found;
}

interface Problems {
  /** Fields that Kubernetes doesn't know: `unknown field "spec.contianers"`. */
  unknown: string[];
  /** Values of another type than the schema's, and what it requires. */
  wrong: string[];
}

/** Holds an object against Kubernetes' schema. */
export function schemaProblems(object: { apiVersion?: unknown; kind?: unknown }): Problems {
  types ??= readTypes();
  const problems: Problems = { unknown: [], wrong: [] };
  const [version = '', group = ''] = String(object.apiVersion).split('/').reverse();
  const type = types.get(`${FOLDERS[group] ?? group}/${version}#${String(object.kind)}`);
  if (type) checkFields(object, type, '', problems);
  else problems.wrong.push(`no matches for kind "${String(object.kind)}" in version "${String(object.apiVersion)}"`);
  return problems;
}

/** All of them, for a test: a manifest that has none is one that Kubernetes takes. */
export function manifestProblems(object: { apiVersion?: unknown; kind?: unknown }): string[] {
  const { unknown, wrong } = schemaProblems(object);
  return [...unknown, ...wrong];
}

function checkFields(value: Record<string, unknown>, object: ObjectType, at: string, problems: Problems): void {
  const path = (field: string) => (at ? `${at}.${field}` : field);
  for (const [field, item] of Object.entries(value)) {
    const known = object.fields.get(field);
    if (known) check(item, known.type, { object, at: path(field), problems });
    else problems.unknown.push(`unknown field "${path(field)}"`);
  }
  for (const [field, { required }] of object.fields) {
    if (required && (value[field] ?? undefined) === undefined) problems.wrong.push(`${path(field)}: Required value`);
  }
}

interface Place {
  /** Whose field it is. */
  object: ObjectType;
  at: string;
  problems: Problems;
}

const KEYWORDS: Partial<Record<string, string>> = {
  TSStringKeyword: 'string',
  TSNumberKeyword: 'number',
  TSBooleanKeyword: 'boolean',
};

function check(value: unknown, type: TSType, place: Place): void {
  const { object, at, problems } = place;
  // As the API reads it: null is what isn't said.
  if (value === null || value === undefined) return;
  const wrong = (wanted: string) => void problems.wrong.push(`${at}: expected ${wanted}, got ${typeName(value)}`);
  const checkItems = (items: TSType) => {
    if (!Array.isArray(value)) return wrong('array');
    value.forEach((item, index) => check(item, items, { ...place, at: `${at}[${index}]` }));
  };
  const keyword = KEYWORDS[type.type];
  if (keyword) {
    if (typeof value !== keyword) wrong(keyword);
  } else if (type.type === 'TSLiteralType') {
    if (type.literal.type === 'Literal' && value !== type.literal.value) wrong(`"${String(type.literal.value)}"`);
  } else if (type.type === 'TSUnionType') {
    // All of them are `number | string`: ports, `maxSurge`.
    if (!isScalar(value)) wrong('number or string');
  } else if (type.type === 'TSArrayType') {
    checkItems(type.elementType);
  } else if (type.type === 'TSTypeLiteral') {
    const index = type.members.find((member) => member.type === 'TSIndexSignature')?.typeAnnotation;
    if (!index) return;
    if (!isRecord(value)) return wrong('map');
    for (const [key, item] of Object.entries(value)) {
      check(item, index.typeAnnotation, { ...place, at: `${at}.${key}` });
    }
  } else if (type.type === 'TSTypeReference' && type.typeName.type === 'Identifier') {
    const { name } = type.typeName;
    const [argument] = type.typeArguments?.params ?? [];
    const meant = types?.get(object.meant(name));
    if (name === 'Array' && argument) checkItems(argument);
    else if (name === 'Quantity') checkQuantity(value, at, problems);
    else if (name === 'Time' || name === 'MicroTime') {
      if (typeof value !== 'string') wrong('string');
    } else if (meant && isRecord(value)) checkFields(value, meant, at, problems);
    else if (meant) wrong('object');
  }
}

function checkQuantity(value: unknown, at: string, { wrong }: Problems): void {
  if (isScalar(value) && parseQuantity(value) !== undefined) return;
  wrong.push(
    isScalar(value)
      ? `${at}: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'`
      : `${at}: expected string or number, got ${typeName(value)}`,
  );
}

const isScalar = (value: unknown): value is string | number => typeof value === 'string' || typeof value === 'number';

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const typeName = (value: unknown): string => (Array.isArray(value) ? 'array' : typeof value);
