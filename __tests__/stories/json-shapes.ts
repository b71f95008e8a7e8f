import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';

interface Field {
  name: string;
  type: string;
}

/** Reads the tables of docs/json.md: fields by heading. */
function readShapes(): Record<string, Field[]> {
  const text = readFileSync(new URL('../../docs/json.md', import.meta.url), 'utf8');
  const sections = text.split(/^### /m).slice(1);
  return Object.fromEntries(
    sections.map((section) => {
      const rows = section.matchAll(/^\| `(\w+)` +\| ([^|]+?) +\|/gm);
      return [section.split('\n')[0]!, [...rows].map(([, name, type]) => ({ name: name!, type: type! }))];
    }),
  );
}

const shapes = readShapes();
const ref = (shape: string) => ({ $ref: `#/$defs/${shape}` });

/** JSON Schema of a type such as `list of Problem`, `map of string` or `Source`. */
function schemaOf(type: string): object {
  const [, container, item] = /^(list|map) of (.+)$/.exec(type) ?? [];
  if (container === 'list') return { type: 'array', items: schemaOf(item!) };
  if (container === 'map') return { type: 'object', additionalProperties: schemaOf(item!) };
  if (type === 'any') return {};
  if (['string', 'number', 'boolean'].includes(type)) return { type };
  if (shapes[type] === undefined) throw new Error(`docs/json.md has no table for ${type}.`);
  return ref(type);
}

const $defs = Object.fromEntries(
  Object.entries(shapes).map(([shape, fields]) => [
    shape,
    {
      type: 'object',
      additionalProperties: false,
      required: fields.filter(({ type }) => !type.endsWith('?')).map(({ name }) => name),
      properties: Object.fromEntries(fields.map(({ name, type }) => [name, schemaOf(type.replace(/\?$/, ''))])),
    },
  ]),
);
const ajv = new Ajv({ allErrors: true });

/** Names of all shapes that docs/json.md describes. */
export const SHAPES = Object.keys(shapes);

/** Differences between a value and its shape in docs/json.md. */
export function deviationsFrom(shape: string, value: unknown): string[] {
  const validate = ajv.getSchema(shape) ?? ajv.compile({ $id: shape, ...ref(shape), $defs });
  if (validate(value) === true) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}
