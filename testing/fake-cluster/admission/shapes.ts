import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import ts from 'typescript';

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
const MODULES = [
  'core/v1',
  'apps/v1',
  'batch/v1',
  'rbac/v1',
  'meta/v1',
  'authorization/v1',
  'authentication/v1',
];

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
    const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022);
    const origins = importedNames(source);
    for (const statement of source.statements) {
      if (!ts.isInterfaceDeclaration(statement)) continue;
      found.set(`${module}#${statement.name.text}`, readInterface(statement, module, origins));
    }
  }
  return found;
}

/** Name → module, of what a file imports. */
function importedNames(source: ts.SourceFile): Map<string, string> {
  const names = new Map<string, string>();
  for (const statement of source.statements) {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue;
    const bindings = statement.importClause?.namedBindings;
    if (!bindings || !ts.isNamedImports(bindings)) continue;
    const module = statement.moduleSpecifier.text.replace(/^(\.\.?\/)+/, '');
    for (const element of bindings.elements) names.set(element.name.text, module);
  }
  return names;
}

function readInterface(
  node: ts.InterfaceDeclaration,
  module: string,
  origins: ReadonlyMap<string, string>,
): ObjectShape {
  const fields: ObjectShape['fields'] = new Map();
  for (const member of node.members) {
    if (!ts.isPropertySignature(member) || !member.type) continue;
    const name = ts.isIdentifier(member.name) || ts.isStringLiteral(member.name) ? member.name.text : '';
    const shape = shapeOf(member.type, module, origins);
    fields.set(name, { shape, required: member.questionToken === undefined });
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

function shapeOf(node: ts.TypeNode, module: string, origins: ReadonlyMap<string, string>): Shape {
  const inner = (type: ts.TypeNode) => shapeOf(type, module, origins);
  if (node.kind === ts.SyntaxKind.StringKeyword) return { type: 'string' };
  if (node.kind === ts.SyntaxKind.NumberKeyword) return { type: 'number' };
  if (node.kind === ts.SyntaxKind.BooleanKeyword) return { type: 'boolean' };
  if (ts.isLiteralTypeNode(node) && ts.isStringLiteral(node.literal)) {
    return { type: 'literal', value: node.literal.text };
  }
  if (ts.isUnionTypeNode(node)) return { type: 'either', shapes: node.types.map(inner) };
  if (ts.isArrayTypeNode(node)) return { type: 'array', items: inner(node.elementType) };
  if (ts.isTypeLiteralNode(node)) {
    const index = node.members.find(ts.isIndexSignatureDeclaration);
    return index ? { type: 'map', values: inner(index.type) } : ANY;
  }
  if (ts.isTypeReferenceNode(node) && ts.isIdentifier(node.typeName)) {
    const name = node.typeName.text;
    const [argument] = node.typeArguments ?? [];
    if (name === 'Array' && argument) return { type: 'array', items: inner(argument) };
    return PLAIN[name] ?? { type: 'ref', name: `${origins.get(name) ?? module}#${name}` };
  }
  return ANY;
}
