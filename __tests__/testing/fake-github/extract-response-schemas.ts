/**
 * Extracts the response schemas of the routes that the fake serves from GitHub's OpenAPI description
 * (npm package `@octokit/openapi`, too big to be a dependency) and writes them as JSON Schema:
 *
 *     node --import tsx __tests__/testing/fake-github/extract-response-schemas.ts api.github.com.json VERSION
 */
import { readFileSync, writeFileSync } from 'node:fs';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type JsonObject = Record<string, Json>;

const REPOSITORY = '/repos/{owner}/{repo}';
const ROUTES = [
  'GET ',
  'GET /branches',
  'GET /rules/branches/{branch}',
  'GET /git/ref/{ref}',
  'POST /git/refs',
  'PATCH /git/refs/{ref}',
  'POST /git/blobs',
  'GET /git/blobs/{file_sha}',
  'POST /git/trees',
  'GET /git/trees/{tree_sha}',
  'POST /git/commits',
  'GET /git/commits/{commit_sha}',
  'GET /commits/{ref}',
  'GET /compare/{basehead}',
  'GET /pulls',
  'POST /pulls',
  'GET /pulls/{pull_number}',
  'PATCH /pulls/{pull_number}',
  'PUT /pulls/{pull_number}/merge',
  'POST /issues/{issue_number}/labels',
  'POST /issues/{issue_number}/comments',
  'POST /actions/workflows/{workflow_id}/dispatches',
  'GET /actions/runs',
  'GET /actions/runs/{run_id}',
  'GET /actions/runs/{run_id}/jobs',
  'GET /actions/runs/{run_id}/pending_deployments',
  'POST /actions/runs/{run_id}/cancel',
  'GET /check-runs/{check_run_id}/annotations',
];
/** Keywords that validate nothing. As the name of a property, each of them has a schema as its value. */
const PROSE = ['required', 'description', 'example', 'examples', 'title', 'externalDocs', 'deprecated', 'default'];

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Translates OpenAPI 3.0 to JSON Schema, without prose and extensions, with `nullable` spelled out and references to
 * `#/schemas/`. No field is required, because the fake omits fields that no code reads.
 */
function translate(schema: Json, within: 'schema' | 'properties' = 'schema'): Json {
  if (Array.isArray(schema)) return schema.map((item) => translate(item));
  if (!isObject(schema)) return schema;
  if (within === 'properties') {
    return Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, translate(value)]));
  }
  const entries = Object.entries(schema).filter(
    ([key]) => !PROSE.includes(key) && !key.startsWith('x-') && key !== 'nullable',
  );
  const plain = Object.fromEntries(
    entries.map(([key, value]): [string, Json] => {
      if (key === '$ref' && typeof value === 'string') {
        return [key, value.replace('#/components/schemas/', '#/schemas/')];
      }
      if (key === 'enum') return [key, value];
      return [key === 'oneOf' ? 'anyOf' : key, translate(value, key === 'properties' ? 'properties' : 'schema')];
    }),
  );
  return schema.nullable === true ? { anyOf: [plain, { type: 'null' }] } : plain;
}

function references(schema: Json): string[] {
  if (Array.isArray(schema)) return schema.flatMap(references);
  if (!isObject(schema)) return [];
  const own = typeof schema.$ref === 'string' ? [schema.$ref.slice('#/schemas/'.length)] : [];
  return [...own, ...Object.values(schema).flatMap(references)];
}

function at(value: Json | undefined, ...keys: string[]): Json | undefined {
  return keys.reduce<Json | undefined>((inner, key) => (isObject(inner) ? inner[key] : undefined), value);
}

const [file = '', version = ''] = process.argv.slice(2);
const description = JSON.parse(readFileSync(file, 'utf8')) as Json;
const responses: JsonObject = {};
const schemas: JsonObject = {};
for (const route of ROUTES) {
  const [method = '', path = ''] = route.split(' ');
  const answers = at(description, 'paths', `${REPOSITORY}${path}`, method.toLowerCase(), 'responses');
  for (const [status, answer] of Object.entries(isObject(answers) ? answers : {})) {
    const schema = at(answer, 'content', 'application/json', 'schema');
    if (status.startsWith('2') && schema) responses[`${method} ${REPOSITORY}${path} ${status}`] = translate(schema);
  }
}
const wanted = new Set(references(responses));
for (const name of wanted) {
  const schema = translate(at(description, 'components', 'schemas', name) ?? {});
  schemas[name] = schema;
  for (const other of references(schema)) wanted.add(other);
}
const source = `@octokit/openapi ${version}, api.github.com (MIT)`;
const target = new URL('../../fixtures/github-response-schemas.json', import.meta.url);
writeFileSync(target, `${JSON.stringify({ $comment: source, responses, schemas })}\n`);
