/** @programs kustomize */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadAll } from 'js-yaml';
import type { ImageEdit } from '../../../src/deploy/kustomization/image-spec.js';
import { parseImageSpec } from '../../../src/deploy/kustomization/image-spec.js';
import { editKustomization, readKustomization } from '../../../src/deploy/kustomization/kustomization.js';
import { referenceOf } from '../../../src/deploy/kustomization/match.js';
import { bytesOf, goldenCases } from './fixtures.js';

const DIGEST = `sha256:${'d'.repeat(64)}`;
const TAGS = [
  ...[
    '0',
    '1',
    '007',
    '09',
    '010',
    '5621277',
    '20240131',
    '1_000',
    '1__0',
    '1_',
    '_1',
    '0x1f',
    '0X1F',
    '0x',
    '0x_1f',
  ],
  ...[
    '0b1',
    '0b2',
    '0o17',
    '0o8',
    '1.10',
    '1.',
    '1_.5',
    '08.5',
    '0.1e1',
    '1_000.5',
    '1e3',
    '1E3',
    '1e',
    '1e3a',
  ],
  ...[
    '12e4567',
    '0e0',
    '1e_3',
    '1e400',
    'true',
    'True',
    'TRUE',
    'tRue',
    'false',
    'yes',
    'Yes',
    'YES',
    'no',
    'on',
  ],
  ...[
    'On',
    'off',
    'y',
    'Y',
    'n',
    'N',
    'null',
    'Null',
    'NULL',
    'nUll',
    'nan',
    'inf',
    '2024-01-31',
    '2024-1-1',
  ],
  ...[
    '2024-13-01',
    '1-2',
    '1.2.3',
    '0.0.1',
    '1.10.0',
    '0123abc',
    'v1',
    'latest',
    '__',
    '0_',
    '0.',
    '1..2',
    '1.e5',
  ],
];

/** The images that `kustomize build` gives to containers that are declared with these. */
function buildImages(kustomization: Uint8Array, declared: readonly string[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'kustomization-build-'));
  try {
    const containers = declared.map((image, index) => ({ name: `c${index}`, image }));
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'api' },
      spec: { template: { spec: { containers } } },
    };
    writeFileSync(join(folder, 'deployment.yaml'), JSON.stringify(deployment));
    writeFileSync(join(folder, 'kustomization.yaml'), withResource(kustomization));
    const { status, stdout, stderr } = spawnSync('kustomize', ['build', folder], { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    const built = (loadAll(stdout) as (typeof deployment)[]).find(({ kind }) => kind === 'Deployment');
    return built!.spec.template.spec.containers.map(({ image }) => image);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The images part of a file, over a resource that exists. */
function withResource(kustomization: Uint8Array): string {
  const text = new TextDecoder().decode(kustomization);
  const resources = /resources["']?: *(?:\["a.yaml"\]|\[deployment.yaml\]|(?:\n *- .*)+)/;
  if (resources.test(text)) {
    return text.startsWith('{')
      ? text.replace(resources, 'resources": ["deployment.yaml"]')
      : text.replace(resources, 'resources: [deployment.yaml]');
  }
  if (text.startsWith('{')) return text.replace('{', '{"resources": ["deployment.yaml"],');
  return text.replace(/^(["']?image)/m, 'resources: [deployment.yaml]\n$1');
}

function edited(bytes: Uint8Array, edits: ImageEdit[], missing: 'refuse' | 'add' = 'refuse'): Uint8Array {
  const result = editKustomization({ path: 'k.yaml', bytes, edits, missing });
  if (result.status !== 'changed') throw new Error('unchanged');
  return result.bytes;
}

describe('what kustomize builds from the edited file', () => {
  const names = TAGS.map((_, index) => `example.org/image-${index}`);
  const edits = names.map((name, index) => ({ name, tag: TAGS[index]! }));
  const expected = names.map((name, index) => `${name}:${TAGS[index]}`);

  test.each([
    ['plain', (name: string) => `- name: ${name}\n  newTag: x\n`],
    ['quoted', (name: string) => `- name: ${name}\n  newTag: 'x'\n`],
    ['empty', (name: string) => `- name: ${name}\n  newTag:\n`],
    ['absent', (name: string) => `- name: ${name}\n`],
    ['in flow style', (name: string) => `- {name: ${name}, newTag: x}\n`],
    ['in flow style and absent', (name: string) => `- {name: ${name}}\n`],
  ])(`${TAGS.length} tags that YAML likes to misread arrive as they are where the tag was %s`, (_, entry) => {
    const text = `kind: Kustomization\nimages:\n${names.map(entry).join('')}`;
    expect(buildImages(edited(bytesOf(text), edits), names)).toEqual(expected);
  });

  test('so do they in entries that are added', () => {
    expect(buildImages(edited(bytesOf('images: []\n'), edits, 'add'), names)).toEqual(expected);
    expect(buildImages(edited(bytesOf('images:\n'), edits, 'add'), names)).toEqual(expected);
  });

  test('a registry with a port and a digest arrive in flow style', () => {
    const edit = { name: 'api', newName: 'localhost:5000/acme/api', tag: '1.10', digest: DIGEST };
    const bytes = edited(bytesOf('images: [{name: api}]\n'), [edit]);
    expect(buildImages(bytes, ['api'])).toEqual([`localhost:5000/acme/api:1.10@${DIGEST}`]);
  });

  // These hold values, on purpose, that kustomize does not take: a number as a tag, a name with a variable.
  const buildable = goldenCases.filter(({ name }) => !/^(?:numbers|names-with-tags)/.test(name));
  test.each(buildable)('$name: each image is the one that was set', ({ name, bytes, specs, missing }) => {
    const edits = specs.map(parseImageSpec);
    const after = edited(bytes, edits, missing);
    const entries = readKustomization({ path: name, bytes: after }).entries;
    const set = entries.filter((entry) => edits.some((edit) => edit.name === entry.name));
    expect(set).toHaveLength(edits.length);
    expect(
      buildImages(
        after,
        set.map((entry) => entry.name),
      ),
    ).toEqual(set.map(referenceOf));
    for (const { name: entryName, tag, digest } of edits) {
      const reference = referenceOf(set.find((entry) => entry.name === entryName)!);
      expect(reference).toContain(
        `${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`,
      );
    }
  });
});
