/** @programs kustomize */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadAll } from 'js-yaml';
import type { ImageEdit } from '../../../src/deploy/kustomization/image-spec.js';
import { parseImageSpec } from '../../../src/deploy/kustomization/image-spec.js';
import { editKustomization, readKustomization } from '../../../src/deploy/kustomization/kustomization.js';
import { referenceOf } from '../../../src/deploy/kustomization/match.js';
import { bytesOf, goldenCases } from './fixtures.js';

const DIGEST = `sha256:${'d'.repeat(64)}`;
const TAGS = `
  0 1 007 09 010 5621277 20240131 1_000 1__0 1_ _1 0x1f 0X1F 0x
  0x_1f 0b1 0b2 0o17 0o8 1.10 1. 1_.5 08.5 0.1e1 1_000.5 1e3 1E3 1e
  1e3a 12e4567 0e0 1e_3 1e400 true True TRUE tRue false yes Yes YES no
  on On off y Y n N null Null NULL nUll nan inf 2024-01-31
  2024-1-1 2024-13-01 1-2 1.2.3 0.0.1 1.10.0 0123abc v1 latest __ 0_ 0. 1..2 1.e5
`
  .trim()
  .split(/\s+/);

/** Runs one `kustomize build` for all files. @returns the images of the declared containers, by file */
function buildImages(files: readonly { kustomization: Uint8Array; declared: readonly string[] }[]): string[][] {
  const folder = mkdtempSync(join(tmpdir(), 'kustomization-build-'));
  try {
    files.forEach(({ kustomization, declared }, index) => {
      const own = join(folder, `f${index}`);
      mkdirSync(own);
      writeFileSync(join(own, 'deployment.yaml'), JSON.stringify(deploymentOf(declared)));
      writeFileSync(join(own, 'kustomization.yaml'), withResource(kustomization));
    });
    files.forEach((_, index) => {
      mkdirSync(join(folder, `p${index}`));
      const named = `namePrefix: p${index}-\nresources: [../f${index}]\n`;
      writeFileSync(join(folder, `p${index}`, 'kustomization.yaml'), named);
    });
    const all = files.map((_, index) => `- p${index}\n`).join('');
    writeFileSync(join(folder, 'kustomization.yaml'), `resources:\n${all}`);
    const root = files.length === 1 ? join(folder, 'f0') : folder;
    const { status, stdout, stderr } = spawnSync('kustomize', ['build', root], { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    const built = (loadAll(stdout) as ReturnType<typeof deploymentOf>[]).filter(({ kind }) => kind === 'Deployment');
    return files.map((_, index) => {
      const own = built.find(({ metadata: { name } }) => files.length === 1 || name.startsWith(`p${index}-`));
      return own!.spec.template.spec.containers.map(({ image }) => image);
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function deploymentOf(images: readonly string[]) {
  const containers = images.map((image, index) => ({ name: `c${index}`, image }));
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'api' },
    spec: { template: { spec: { containers } } },
  };
}

/** The file with an existing resource as its only one. */
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

describe('kustomize build of an edited file', () => {
  test(`yields ${TAGS.length} tags that YAML could misread exactly as they were set`, () => {
    const shapes = [
      (name: string) => `- name: ${name}\n  newTag: x\n`,
      (name: string) => `- name: ${name}\n  newTag:\n`,
      (name: string) => `- name: ${name}\n`,
      (name: string) => `- {name: ${name}, newTag: x}\n`,
      (name: string) => `- {name: ${name}}\n`,
      undefined,
    ];
    // kustomize needs quadratic time in the number of entries, so each shape tests only some of the tags.
    const files = shapes.map((entry, shape) => {
      const tags = TAGS.filter((_, index) => index % shapes.length === shape);
      const edits = tags.map((tag, index) => ({ name: `example.org/image-${index}`, tag }));
      const list = entry ? `\n${edits.map(({ name }) => entry(name)).join('')}` : ' []\n';
      return {
        kustomization: edited(bytesOf(`kind: Kustomization\nimages:${list}`), edits, 'add'),
        declared: edits.map(({ name }) => name),
        expected: edits.map(({ name, tag }) => `${name}:${tag}`),
      };
    });
    expect(buildImages(files)).toEqual(files.map(({ expected }) => expected));
  });

  test('yields a registry with a port, a tag, and a digest that were set in flow style', () => {
    const edit = { name: 'api', newName: 'localhost:5000/acme/api', tag: '1.10', digest: DIGEST };
    const kustomization = edited(bytesOf('images: [{name: api}]\n'), [edit]);
    expect(buildImages([{ kustomization, declared: ['api'] }])).toEqual([[`localhost:5000/acme/api:1.10@${DIGEST}`]]);
  });

  test('yields the image that was set in each golden case that kustomize can build', () => {
    // These cases deliberately have values that kustomize rejects: a number as a tag, a name with a variable.
    const buildable = goldenCases.filter(({ name }) => !/^(?:numbers|names-with-tags)/.test(name));
    const cases = buildable.map(({ name, bytes, specs, missing }) => {
      const wanted = specs.map(parseImageSpec);
      const kustomization = edited(bytes, wanted, missing);
      const { entries } = readKustomization({ path: name, bytes: kustomization });
      const set = entries.filter((entry) => wanted.some((edit) => edit.name === entry.name));
      expect(set).toHaveLength(wanted.length);
      for (const { name: entryName, tag, digest } of wanted) {
        const reference = referenceOf(set.find((entry) => entry.name === entryName)!);
        expect(reference).toContain(`${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`);
      }
      return { kustomization, declared: set.map((entry) => entry.name), expected: set.map(referenceOf) };
    });
    expect(cases.length).toBeGreaterThan(20);
    // A Component can't be a resource of another Kustomization.
    const isComponent = ({ kustomization }: { kustomization: Uint8Array }) =>
      Buffer.from(kustomization).includes('kind: Component');
    for (const together of [cases.filter((one) => !isComponent(one)), cases.filter(isComponent)])
      expect(buildImages(together)).toEqual(together.map(({ expected: images }) => images));
  });
});
