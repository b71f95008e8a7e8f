import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parseSync, type Module, type TsInterfaceDeclaration, type TsType } from '@swc/core';

/** What a field may hold. */
export type Shape =
  | { type: 'string' | 'number' | 'boolean' | 'any' }
  /** Numbers and strings are both right: ports, `maxSurge`. */
  | { type: 'either'; shapes: Shape[] }
  | { type: 'array'; items: Shape }
  | { type: 'map'; values: Shape }
  | { type: 'literal'; value: string }
  /** `core/v1#PodSpec` */
  | { type: 'ref'; name: string };

export interface ObjectShape {
  fields: Map<string, { shape: Shape; required: boolean }>;
}

/** Of these a manifest may be made. */
const MODULES = ['core/v1', 'apps/v1', 'rbac/v1', 'meta/v1', 'authorization/v1', 'authentication/v1'];

const ANY: Shape = { type: 'any' };

let shapes: Map<string, ObjectShape> | undefined;

/**
 * Kubernetes' own OpenAPI schema of an object, as `kubernetes-types` has it: those types are generated from it, and
 * their text is read here, for there is no smaller package that carries the schema itself.
 * @param name `core/v1#Pod`
 */
export function findShape(name: string): ObjectShape | undefined {
  shapes ??= readShapes();
  return shapes.get(name);
}

function readShapes(): Map<string, ObjectShape> {
  const require = createRequire(import.meta.url);
  const found = new Map<string, ObjectShape>();
  for (const module of MODULES) {
    const file = require.resolve(`kubernetes-types/${module}.d.ts`);
    const source = parseSync(readFileSync(file, 'utf8'), { syntax: 'typescript' });
    const origins = importedNames(source);
    for (const statement of source.body) {
      if (statement.type !== 'ExportDeclaration') continue;
      const { declaration } = statement;
      if (declaration.type !== 'TsInterfaceDeclaration') continue;
      found.set(`${module}#${declaration.id.value}`, readInterface(declaration, module, origins));
    }
  }
  return found;
}

/** Name → module, of what a file imports. */
function importedNames(source: Module): Map<string, string> {
  const names = new Map<string, string>();
  for (const statement of source.body) {
    if (statement.type !== 'ImportDeclaration') continue;
    const module = statement.source.value.replace(/^(\.\.?\/)+/, '');
    for (const specifier of statement.specifiers) names.set(specifier.local.value, module);
  }
  return names;
}

function readInterface(
  declaration: TsInterfaceDeclaration,
  module: string,
  origins: ReadonlyMap<string, string>,
): ObjectShape {
  const fields: ObjectShape['fields'] = new Map();
  for (const member of declaration.body.body) {
    if (member.type !== 'TsPropertySignature' || !member.typeAnnotation) continue;
    const { key, optional } = member;
    const name = key.type === 'Identifier' || key.type === 'StringLiteral' ? key.value : '';
    const shape = shapeOf(member.typeAnnotation.typeAnnotation, module, origins);
    fields.set(name, { shape, required: !optional });
  }
  return { fields };
}

/** Names that stand for something plain. */
const PLAIN: Record<string, Shape> = {
  Time: { type: 'string' },
  MicroTime: { type: 'string' },
  Quantity: { type: 'either', shapes: [{ type: 'string' }, { type: 'number' }] },
  FieldsV1: ANY,
  RawExtension: ANY,
};

function shapeOf(node: TsType, module: string, origins: ReadonlyMap<string, string>): Shape {
  const inner = (type: TsType) => shapeOf(type, module, origins);
  if (node.type === 'TsKeywordType') {
    return node.kind === 'string' || node.kind === 'number' || node.kind === 'boolean' ? { type: node.kind } : ANY;
  }
  if (node.type === 'TsLiteralType' && node.literal.type === 'StringLiteral') {
    return { type: 'literal', value: node.literal.value };
  }
  if (node.type === 'TsUnionType') return { type: 'either', shapes: node.types.map(inner) };
  if (node.type === 'TsArrayType') return { type: 'array', items: inner(node.elemType) };
  if (node.type === 'TsTypeLiteral') {
    const index = node.members.find((member) => member.type === 'TsIndexSignature');
    return index?.typeAnnotation ? { type: 'map', values: inner(index.typeAnnotation.typeAnnotation) } : ANY;
  }
  if (node.type === 'TsTypeReference' && node.typeName.type === 'Identifier') {
    const name = node.typeName.value;
    const [argument] = node.typeParams?.params ?? [];
    if (name === 'Array' && argument) return { type: 'array', items: inner(argument) };
    return PLAIN[name] ?? { type: 'ref', name: `${origins.get(name) ?? module}#${name}` };
  }
  return ANY;
}
