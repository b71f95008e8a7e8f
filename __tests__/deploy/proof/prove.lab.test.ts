/** @programs kustomize */
import { prove } from '../../../src/deploy/proof/prove.js';
import { REFUSALS } from './refusal-cases.js';
import {
  deployment,
  kustomization,
  NEW,
  OLD,
  placed,
  planEdits,
  proofOf,
  realKustomize,
  snapshotOf,
  type Edits,
  type Tree,
} from './fixtures.js';
import { SOUND } from './sound-cases.js';

const K = 'k8s/kustomization.yaml';
const RESOURCES = 'resources: [app.yaml]\n';
const EDITS: Edits = { [K]: [NEW] };

test('reports the problems of all five overlays at once, with their places', async () => {
  const tree: Tree = { 'base/kustomization.yaml': RESOURCES, 'base/app.yaml': deployment() };
  const edits: Edits = {};
  for (const [index, base] of ['../../base', '../../base', '../gone', '../../base', '../four'].entries()) {
    tree[`overlays/${index}/kustomization.yaml`] = kustomization(`resources: ["${base}"]\n`);
    edits[`overlays/${index}/kustomization.yaml`] = [NEW];
  }
  tree['overlays/four/kustomization.yaml'] = RESOURCES;
  tree['overlays/four/app.yaml'] = deployment('other');
  const found = await proofOf(tree, edits);
  expect(found.map((problem) => [problem.code, placed(problem)])).toEqual([
    ['deploy/kustomize-rejects', 'overlays/2/kustomization.yaml:3'],
    ['deploy/image-unmatched', 'overlays/4/kustomization.yaml:5'],
  ]);
});

test('reads nested bases in at most three requests, each file once, and no unrelated files', async () => {
  const tree: Tree = {
    [K]: kustomization('resources: [../base]\n'),
    'base/kustomization.yaml': 'resources: [../root, app.yaml]\n',
    'base/app.yaml': deployment(),
    'root/kustomization.yaml': 'resources: [app.yaml]\n',
    'root/app.yaml': deployment('ghcr.io/acme/api', 'second'),
    ...Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`root/other/${index}.yaml`, 'a: 1\n'])),
  };
  const snapshot = snapshotOf(tree);
  expect(await prove({ snapshot, ...planEdits(tree, EDITS), kustomize: await realKustomize() })).toEqual([]);
  expect(snapshot.requests.length).toBeLessThanOrEqual(3);
  const read = snapshot.requests.flat();
  expect(new Set(read).size).toBe(read.length);
  expect(read).toHaveLength(4);
});

test('accepts a manifest that spells out the old tag', async () => {
  const tree: Tree = { [K]: kustomization(RESOURCES), 'k8s/app.yaml': deployment(OLD) };
  expect(await proofOf(tree, EDITS)).toEqual([]);
});

test.each(['/etc/base', '../../../elsewhere'])(
  'refuses the resource path %s, which leaves the repository',
  async (path) => {
    const tree: Tree = {
      [K]: kustomization(`resources: [app.yaml, ${path}]\n`),
      'k8s/app.yaml': deployment(),
    };
    const problems = await proofOf(tree, EDITS);
    expect(problems.map((problem) => [problem.code, placed(problem)])).toEqual([
      ['deploy/kustomize-rejects', `${K}:3`],
    ]);
  },
);

test('warns that an edit is unproved, with or without kustomize, if there are no resources', async () => {
  const images = 'images: [{name: ghcr.io/acme/api, newTag: main-0000000}]\n';
  for (const tree of [{ [K]: images }, { [K]: `resources: []\n${images}` }]) {
    for (const kustomize of [undefined, { status: 'missing' } as const]) {
      const problems = await proofOf(tree, { [K]: [NEW] }, kustomize);
      expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
      expect(problems.at(-1)).toMatchObject({ code: 'deploy/kustomize-unproved', place: { file: K } });
      expect(problems.at(-1)?.message).toContain('names no resources');
    }
  }
});

describe('accepts an edit without warnings if it takes effect, for', () => {
  test.each(SOUND)('$what', async ({ tree, edits }) => {
    expect(await proofOf(tree, edits)).toEqual([]);
  });
});

describe('reports exactly the expected problems with their places and texts, for', () => {
  test.each(REFUSALS)('$promise', async ({ tree, edits = EDITS, problems }) => {
    const found = await proofOf(tree, edits);
    expect(found.map(({ code }) => code)).toEqual(problems.map(({ code }) => code));
    found.forEach((problem, index) => {
      const { place, says } = problems[index]!;
      expect(placed(problem)).toBe(place);
      const text = [problem.message, problem.fix, problem.detail].join('\n');
      for (const part of says) expect(text).toContain(part);
      expect(text).not.toMatch(/image-release-kustomize-|\/tmp\//);
    });
  });
});
