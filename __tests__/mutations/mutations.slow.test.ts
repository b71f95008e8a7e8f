import type { BaseImages, ImageInputs } from '../../src/dockerfile/description.js';
import { readInputs } from '../../src/fingerprint/read-inputs.js';
import { KEYS, describeImages, type Descriptions, type Key } from './dockerfiles.js';
import { inOrder, mutateAll, type Mutants } from './mutate.js';
import { mutations } from './mutations.js';

const refs = {
  shell: 'registry.example/shell:1',
  onbuild: 'registry.example/onbuild:1',
  http: 'http://registry.example/v2/',
};
const bases: BaseImages = {
  [refs.shell]: { digest: `sha256:${'0'.repeat(64)}`, onBuild: [], env: {} },
  [refs.onbuild]: {
    digest: `sha256:${'1'.repeat(64)}`,
    onBuild: ['COPY . /on-build'],
    env: {},
  },
};
const TABLE = mutations(refs);

type Inputs = Record<string, ImageInputs>;
let mutants: Mutants;
let before: Inputs;
const after = new Map<string, Inputs>();

const read = (folder: string, descriptions: Descriptions) =>
  readInputs({ root: folder, builds: Object.values(descriptions), bases });

beforeAll(async () => {
  mutants = await mutateAll(refs, TABLE);
  before = await read(mutants.original, describeImages());
  for (const { mutation, folder, descriptions } of mutants.all) {
    after.set(mutation.name, await read(folder, descriptions));
  }
}, 120_000);
afterAll(() => mutants.remove());

const fingerprintOf = (inputs: Inputs, key: Key): string | undefined => {
  const found = inputs[key]!;
  return found.status === 'known' ? found.fingerprint : undefined;
};
const isAlwaysBuilt = (inputs: Inputs, key: Key): boolean => inputs[key]?.status === 'unknown';

/** Images of which this is another one than before the change. */
const changed = (of: (inputs: Inputs, key: Key) => unknown, inputs: Inputs): Key[] =>
  KEYS.filter((key) => of(before, key) !== of(inputs, key));

test('the table holds at least 150 changes, each under a name of its own', () => {
  expect(new Set(TABLE.map(({ name }) => name)).size).toBe(TABLE.length);
  expect(TABLE.length).toBeGreaterThanOrEqual(150);
});

test('before any change the inputs of all images are known', () => {
  expect(changed(isAlwaysBuilt, before)).toEqual([]);
  for (const key of KEYS) expect(before[key]).toMatchObject({ status: 'known' });
});

/** That these are the images which BuildKit makes anew: layers.lab.test.ts. */
test.each(TABLE.map((mutation) => [mutation.name, mutation] as const))('%s', (name, mutation) => {
  const inputs = after.get(name)!;
  expect(changed(fingerprintOf, inputs)).toEqual(inOrder(mutation.flips));
  expect(changed(isAlwaysBuilt, inputs)).toEqual(inOrder(mutation.always ?? []));
});
