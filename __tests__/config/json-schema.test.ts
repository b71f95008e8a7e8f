import { Ajv } from 'ajv';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { imageReleaseJsonSchema } from '../../src/config/schema.js';
import { BAD_CONFIGS, GOOD_CONFIGS, LEFT_TO_THE_PLAN } from './config-cases.js';

const published = JSON.parse(readFileSync('schema/image-release.schema.json', 'utf8')) as object;
const validate = new Ajv({ strict: true, strictTypes: false, allowUnionTypes: true }).compile(published);
const accepts = (yaml: string) => validate(parse(yaml, { merge: true }));

test('the published schema equals the schema of the program', () => {
  expect(published).toEqual(JSON.parse(JSON.stringify(imageReleaseJsonSchema())));
});

test.each(Object.entries(GOOD_CONFIGS))('the schema accepts %s', (_, yaml) => {
  accepts(yaml);
  expect(validate.errors).toBeNull();
});

test.each(Object.entries(BAD_CONFIGS))('the schema rejects %s', (_, [yaml]) => {
  expect(accepts(yaml)).toBe(false);
});

test.each(Object.entries(LEFT_TO_THE_PLAN))('the schema rejects %s', (_, yaml) => {
  expect(accepts(yaml)).toBe(false);
});

test('every key outside `secrets` has a description', () => {
  const without: string[] = [];
  const visit = (node: unknown, path: string): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [name, property] of Object.entries((node as { properties?: object }).properties ?? {}))
      if (!('description' in (property as object)) && !path.includes('secrets')) without.push(`${path}/${name}`);
    for (const [name, child] of Object.entries(node)) visit(child, `${path}/${name}`);
  };
  visit(published, '');
  expect(without).toEqual([]);
});
