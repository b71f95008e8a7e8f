import { stringify } from 'yaml';

interface JsonSchema {
  type?: string | string[];
  description?: string;
  default?: string | boolean;
  const?: string | boolean;
  enum?: unknown[];
  examples?: unknown[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: JsonSchema | boolean;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
}

/** One documented key. */
export interface ReferenceEntry {
  /** `images.<key>.args` */
  path: string;
  schema: JsonSchema;
  /** Fragments of a configuration that use it; only what leads to the key. */
  examples: Record<string, unknown>[];
  /** Values of `type` that the key belongs to; empty: it stands in a mapping without `type`. */
  kinds: string[];
  /** How many different ones it has among its kinds; undefined: one. */
  meanings?: number;
}

const INTRODUCTION = `# Configuration

<!-- Generated from the schema in src/config by \`npm run generate\`. -->

Every key of the configuration, with its meaning, default, and an example. The configuration is
\`image-release.yml\` in the repository root or in \`.github/\`, or the same YAML in the input \`config-inline\` of the step:

\`\`\`yaml
# yaml-language-server: $schema=SCHEMA_URL
registry: ghcr.io/acme
images:
  api:
  frontend:
    context: web
    args: { NEXT_PUBLIC_API_URL: https://api.example.org }
deploy:
  kustomization: k8s/kustomization.yml
\`\`\`

The first line gives completion and checks in editors that use yaml-language-server; \`image-release schema\` prints the same schema.

- Paths are relative to the repository root, except for \`dockerfile\`, which is relative to its context as in compose and bake files. None may leave the repository, except for files of secrets.
- Maps of names to values may be lists of \`NAME=value\` too, as docker's own actions and compose take them.
- The file is YAML 1.2: \`yes\`, \`no\`, \`on\` and \`off\` are plain words. Anchors and merge keys (\`<<\`) work.
- Workflow expressions (\`\${{ … }}\`) are filled in only in the input \`config-inline\`, never in the file, where they are an error.
- An unknown key is an error, with its place and what was probably meant.
- An image's key consists of lower-case letters, digits, \`-\` and \`_\`. \`all\` and \`default\` are reserved.
`;

/** What an example of a key needs beside it, where only the whole configuration shows that. */
const COMPANIONS: Record<string, Record<string, unknown>> = {
  'deploy.repository': { branch: 'main' },
  'deploy.labels': { mode: 'pull-request' },
  'deploy.auto-merge': { mode: 'pull-request' },
};

/** Text of `docs/configuration.md`. */
export function configurationReference(schema: Record<string, unknown>): string {
  const entries = referenceEntries(schema);
  const table = [
    '| Key | Type | Default |',
    '|---|---|---|',
    ...entries.map(
      ({ path, schema: node, meanings = 1 }) =>
        `| [\`${path}\`](#${path.replaceAll(/[^a-z-]/g, '')}) | ${typeOf(node)} | ${meanings > 1 ? '' : defaultOf(node)} |`,
    ),
  ];
  const sections = entries.flatMap(({ path, schema: node, examples }) => [
    `### \`${path}\``,
    '',
    node.description ?? '',
    '',
    ...(node.default === undefined ? [] : [`Default: \`${String(node.default)}\`.`, '']),
    ...examples.flatMap((example) => ['```yaml', stringify(example, { lineWidth: 0, nullStr: '' }).trim(), '```', '']),
  ]);
  return [INTRODUCTION.replace('SCHEMA_URL', String(schema.$id)), '## All keys', '', ...table, '', ...sections]
    .join('\n')
    .replaceAll(/[ \t]+$/gm, '')
    .trimEnd()
    .concat('\n');
}

/** Every key with a description, parents before children. */
export function referenceEntries(schema: JsonSchema): ReferenceEntry[] {
  return mergeKinds(entriesOf(schema, [], (value) => value as Record<string, unknown>));
}

/** A key that several kinds of a mapping have is documented once, each meaning with the kinds that it has there. */
function mergeKinds(entries: readonly ReferenceEntry[]): ReferenceEntry[] {
  return [...groupBy(entries, (entry) => entry.path).values()].map((group) => {
    const [first] = group as [ReferenceEntry];
    const kinds = group.flatMap((entry) => entry.kinds);
    if (kinds.length === 0 || first.schema.const !== undefined)
      return { ...first, schema: { ...first.schema, ...oneOfConstants(group) } };
    const meanings = [...groupBy(group, ({ schema }) => schema.description ?? '')];
    const description = meanings
      .map(
        ([text, same]) =>
          `With ${same
            .flatMap((entry) => entry.kinds)
            .map((kind) => `\`${kind}\``)
            .join(', ')}: ${text}`,
      )
      .join('\n\n');
    const distinct = new Set(meanings.map(([, [entry]]) => defaultOf(entry!.schema)));
    const schema = { ...first.schema, description, ...(distinct.size > 1 && { default: undefined }) };
    return {
      ...first,
      kinds,
      meanings: meanings.length,
      schema,
      examples: meanings.flatMap(([, [entry]]) => entry!.examples),
    };
  });
}

function oneOfConstants(group: readonly ReferenceEntry[]): Partial<JsonSchema> {
  return group.length < 2 ? {} : { const: undefined, enum: group.map(({ schema }) => schema.const) };
}

/** `wrap` puts an object at the place of `parent` into a fragment of a whole configuration. */
function entriesOf(
  schema: JsonSchema,
  parent: string[],
  wrap: (value: unknown) => Record<string, unknown>,
): ReferenceEntry[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    if (property.description === undefined) return [];
    const path = [...parent, name];
    const beside = { ...requiredSiblings(schema, name), ...COMPANIONS[path.join('.')] };
    const here = (value: unknown) => wrap({ ...beside, [name]: value });
    const kind = schema.properties?.type?.const;
    const own = {
      path: path.join('.'),
      schema: property,
      examples: (property.examples ?? []).map(here),
      kinds: kind === undefined ? [] : [String(kind)],
    };
    const values = property.additionalProperties;
    const nested =
      typeof values === 'object'
        ? formsOf(values).flatMap((form) => entriesOf(form, [...path, '<key>'], (value) => here({ api: value })))
        : formsOf(property).flatMap((form) => entriesOf(form, path, here));
    return [own, ...nested];
  });
}

function formsOf(schema: JsonSchema): JsonSchema[] {
  const forms = schema.anyOf ?? schema.oneOf;
  return forms === undefined ? [schema] : forms.flatMap(formsOf);
}

function requiredSiblings(schema: JsonSchema, name: string): Record<string, unknown> {
  const others = (schema.required ?? []).filter((other) => other !== name && other !== 'images');
  return Object.fromEntries(
    others.map((other) => {
      const sibling = schema.properties?.[other];
      return [other, sibling?.const ?? sibling?.examples?.[0]];
    }),
  );
}

function typeOf(schema: JsonSchema): string {
  return [...new Set(formsOf(schema).flatMap(typesOf))].join(', ');
}

function typesOf(schema: JsonSchema): string[] {
  if (schema.const !== undefined) return [`\`${String(schema.const)}\``];
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``);
  if (schema.type === 'object') return ['mapping'];
  if (schema.type === 'array') return ['list'];
  return [schema.type ?? 'any'].flat();
}

function defaultOf(schema: JsonSchema): string {
  if (schema.default !== undefined) return `\`${String(schema.default)}\``;
  return /Default: (.*?)\.(?: |$)/.exec(schema.description ?? '')?.[1] ?? '';
}

function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}
