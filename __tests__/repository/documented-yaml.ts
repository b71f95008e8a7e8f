import { parse, stringify } from 'yaml';
import { imageReleaseJsonSchema } from '../../src/config/schema.js';
import { codeBlocks } from './markdown.js';
import { MARKDOWN, textOf } from './repository-files.js';

/** Pages except for the one whose examples come from the schema and are checked there. */
export const WRITTEN = MARKDOWN.filter((path) => path !== 'docs/configuration.md');

const blocksOf = (...languages: string[]) =>
  WRITTEN.flatMap((file) =>
    codeBlocks(textOf(file))
      .filter(({ language }) => languages.includes(language))
      .map(({ text, line }): [place: string, text: string] => [`${file}:${line}`, text]),
  );

interface Schema {
  properties?: Record<string, Schema>;
  additionalProperties?: Schema;
  anyOf?: Schema[];
}
const { properties: TOP = {} } = imageReleaseJsonSchema() as Schema;

const IMAGE = new Set([
  'context',
  'dockerfile',
  'target',
  'image',
  'args',
  'secrets',
  'platforms',
  'contexts',
  'labels',
]);

const WORKFLOW = new Set(['name', 'run-name', 'on', 'permissions', 'concurrency', 'jobs']);

type Kind = 'configuration' | 'image' | 'workflow' | 'steps' | 'manifest';

/** The kind of document that a YAML fragment belongs to, by its keys. */
export function kindOf(value: unknown): Kind | undefined {
  if (Array.isArray(value)) return value.every((item) => item.uses ?? item.run) ? 'steps' : undefined;
  const keys = Object.keys(value ?? {});
  if (keys.includes('apiVersion')) return 'manifest';
  if (keys.every((key) => WORKFLOW.has(key))) return 'workflow';
  if (keys.every((key) => key in TOP)) return 'configuration';
  return keys.every((key) => IMAGE.has(key)) ? 'image' : undefined;
}

/** Completes a fragment to a workflow. */
function workflowOf(value: object, kind: Kind): string {
  const steps = kind === 'steps' ? value : [{ run: 'true' }];
  const whole = { on: 'push', jobs: { job: { 'runs-on': 'ubuntu-latest', steps } } };
  return stringify(kind === 'steps' ? whole : { ...whole, ...value });
}

/** Fragments of YAML in the documents. */
export const FRAGMENTS = blocksOf('yaml').map(([place, text]) => {
  const value = parse(text) as object;
  return { place, text, value, kind: kindOf(value) };
});

/** Workflows in the documents, by place. */
export const DOCUMENTED_WORKFLOWS = Object.fromEntries(
  FRAGMENTS.filter(({ kind }) => kind === 'workflow' || kind === 'steps').map(({ place, text, value, kind }) => [
    place,
    'on' in value && 'jobs' in value ? text : workflowOf(value, kind!),
  ]),
);
