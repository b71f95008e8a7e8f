import type { BaseImages } from '../../src/dockerfile/description.js';
import type { ImageFingerprint } from '../../src/fingerprint/fingerprint.js';
import { readFingerprints } from '../../src/fingerprint/read-fingerprints.js';
import { KEYS, describeImages, type Key } from './dockerfiles.js';
import { inOrder, mutateInTurn } from './mutate.js';
import { mutations } from './mutations.js';
import { soak } from '../../testing/soak.js';

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
/** Every third change, or all of them in a soak test. */
const EVERY = soak(3, 1);
const TABLE = mutations(refs).filter((_, index) => index % EVERY === 0);

type Inputs = Record<string, ImageFingerprint>;
let before: Inputs;
const after = new Map<string, Inputs>();

beforeAll(async () => {
  await mutateInTurn(refs, TABLE, async (mutation, folder) => {
    const descriptions = mutation?.descriptions?.(describeImages()) ?? describeImages();
    const inputs = await readFingerprints({ root: folder, builds: Object.values(descriptions), bases });
    if (mutation === undefined) before = inputs;
    else after.set(mutation.name, inputs);
  });
}, 120_000);

const fingerprintOf = (inputs: Inputs, key: Key): string | undefined => {
  const found = inputs[key]!;
  return found.status === 'known' ? found.fingerprint : undefined;
};
const isAlwaysBuilt = (inputs: Inputs, key: Key): boolean => inputs[key]?.status === 'unknown';

/** Images for which `of` returns another value than before the change. */
const changed = (of: (inputs: Inputs, key: Key) => unknown, inputs: Inputs): Key[] =>
  KEYS.filter((key) => of(before, key) !== of(inputs, key));

test('change names are unique', () => {
  expect(new Set(TABLE.map(({ name }) => name)).size).toBe(TABLE.length);
});

test('all images have a fingerprint before the first change', () => {
  expect(changed(isAlwaysBuilt, before)).toEqual([]);
  for (const key of KEYS) expect(before[key]).toMatchObject({ status: 'known' });
});

/** layers.lab.test.ts shows which layers BuildKit changes. */
test.each(TABLE.map((mutation) => [mutation.name, mutation] as const))(
  'changes only the expected fingerprints: %s',
  (name, mutation) => {
    const inputs = after.get(name)!;
    expect(changed(fingerprintOf, inputs)).toEqual(inOrder(mutation.flips));
    expect(changed(isAlwaysBuilt, inputs)).toEqual(inOrder(mutation.always ?? []));
  },
);
