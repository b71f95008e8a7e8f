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
}

/** One documented key. */
export interface ReferenceEntry {
  /** `images.<key>.args` */
  path: string;
  schema: JsonSchema;
  /** Fragments of a configuration that use it; only what leads to the key. */
  examples: Record<string, unknown>[];
}

const INTRODUCTION = `# Configuration

<!-- Generated from the schema in src/config by \`npm run generate\`. -->

\`image-release.yml\` in the repository root or in \`.github/\`, or the same YAML in the input \`config\` of the step:

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
- Workflow expressions (\`\${{ … }}\`) are filled in only in the input \`config\`, never in the file, where they are an error.
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
      ({ path, schema: node }) =>
        `| [\`${path}\`](#${path.replaceAll(/[^a-z-]/g, '')}) | ${typeOf(node)} | ${defaultOf(node)} |`,
    ),
  ];
  const sections = entries.flatMap(({ path, schema: node, examples }) => [
    `### \`${path}\``,
    '',
    node.description ?? '',
    '',
    ...(node.default === undefined ? [] : [`Default: \`${String(node.default)}\`.`, '']),
    ...examples.flatMap((example) => [
      '```yaml',
      stringify(example, { lineWidth: 0, nullStr: '' }).trim(),
      '```',
      '',
    ]),
  ]);
  return [
    INTRODUCTION.replace('SCHEMA_URL', String(schema.$id)),
    '## All keys',
    '',
    ...table,
    '',
    ...sections,
  ]
    .join('\n')
    .replaceAll(/[ \t]+$/gm, '')
    .trimEnd()
    .concat('\n');
}

/** Every key with a description, parents before children. */
export function referenceEntries(schema: JsonSchema): ReferenceEntry[] {
  return entriesOf(schema, [], (value) => value as Record<string, unknown>);
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
    const own = { path: path.join('.'), schema: property, examples: (property.examples ?? []).map(here) };
    const values = property.additionalProperties;
    const nested =
      typeof values === 'object'
        ? formsOf(values).flatMap((form) =>
            entriesOf(form, [...path, '<key>'], (value) => here({ api: value })),
          )
        : formsOf(property).flatMap((form) => entriesOf(form, path, here));
    return [own, ...nested];
  });
}

function formsOf(schema: JsonSchema): JsonSchema[] {
  return schema.anyOf ?? [schema];
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
  if (schema.anyOf !== undefined) return schema.anyOf.flatMap(typesOf);
  if (schema.type === 'object') return ['mapping'];
  if (schema.type === 'array') return ['list'];
  return [schema.type ?? 'any'].flat();
}

function defaultOf(schema: JsonSchema): string {
  if (schema.default !== undefined) return `\`${String(schema.default)}\``;
  return /Default: (.*?)\.(?: |$)/.exec(schema.description ?? '')?.[1] ?? '';
}
