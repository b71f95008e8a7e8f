import { BuildFailed, buildWithRetries, type BuildFailure, type Remedy } from '../../src/builders/buildx/retries.js';
import type { Problem, ReleaseError } from '../../src/lib/errors.js';
import type { PlannedAttestations, PlannedImage } from '../../src/plan/plan.js';
import { plannedImage } from './samples.js';

const attested = (sbom: PlannedAttestations['sbom']) => ({ attest: { provenance: 'max', sbom } }) as const;
const cached = (key: string) => ({
  cacheFrom: [`type=gha,scope=${key}`],
  cacheTo: [`type=gha,scope=${key}`],
});

const IMAGES = [
  plannedImage('api', { ...cached('api'), ...attested({ optional: true }) }),
  plannedImage('web', { ...cached('web'), ...attested({ optional: true }) }),
  plannedImage('bare', attested('off')),
];
const STRICT = IMAGES.map((image) => ({ ...image, ...attested({}) }));

const failed = (code: Problem['code'], remedies: readonly Remedy[], image?: string): BuildFailure => ({
  problem: {
    code,
    severity: 'error',
    message: `It fails: ${code}.`,
    fix: 'Fix it.',
    ...(image && { image }),
  },
  remedies,
});
const STEP = failed('build/step-failed', []);
const BUSY = failed('build/registry-failing', ['pause']);
const SCANNER = failed('build/sbom-scanner', ['without-sbom'], 'api');
const BUSY_SCANNER = failed('build/sbom-scanner', ['pause', 'without-sbom'], 'api');
const lost = (image?: string) => failed('build/cache-lost', ['without-cache-import'], image);
const UNWRITTEN = failed('build/cache-lost', ['without-cache']);
const LOST = failed('build/builder-lost', ['wait-for-builder']);
const AWAY = failed('build/builder-lost', ['wait-longer-for-builder']);

type Failures = [BuildFailure, ...BuildFailure[]];

/** Builds that fail like this one after the other; per attempt, which images have an SBOM and import a cache. */
async function build(images: readonly PlannedImage[], ...failures: Failures[]) {
  const attempts: string[] = [];
  const said: string[] = [];
  const pauses: number[] = [];
  const outcome = await buildWithRetries(images, {
    pause: async (ms) => void pauses.push(ms),
    say: (line) => said.push(line),
    build: async (tried) => {
      const scanned = tried.filter(({ attest }) => attest.sbom !== 'off');
      const read = tried.filter(({ cacheFrom }) => cacheFrom.length > 0);
      attempts.push([scanned, read].map((list) => list.map(({ key }) => key).join()).join('|'));
      const failure = failures[attempts.length - 1];
      if (failure) throw new BuildFailed(failure);
    },
  }).then(
    ({ warnings }) => warnings,
    (error: ReleaseError) => error,
  );
  return { attempts, said, pauses, outcome };
}

test.each<[string, readonly PlannedImage[], Failures[], string[]]>([
  [
    'a lost cache: the image concerned is built without it',
    IMAGES,
    [[lost('api')]],
    ['api,web|api,web', 'api,web|web'],
  ],
  ['a lost cache of no certain image: none is imported', IMAGES, [[lost()]], ['api,web|api,web', 'api,web|']],
  [
    'a second loss: no cache is imported',
    IMAGES,
    [[lost('api')], [lost('web')]],
    ['api,web|api,web', 'api,web|web', 'api,web|'],
  ],
  [
    "a loss without cache import, so of the builder's own cache: once more",
    IMAGES,
    [[lost('bare')]],
    ['api,web|api,web', 'api,web|api,web'],
  ],
  ['a cache that is not written: without cache', IMAGES, [[UNWRITTEN]], ['api,web|api,web', 'api,web|']],
  ['a missing scanner: without an optional SBOM', IMAGES, [[SCANNER]], ['api,web|api,web', '|api,web']],
  ['scanner and cache at once', IMAGES, [[lost('api'), SCANNER]], ['api,web|api,web', '|web']],
  [
    'scanner, then cache twice',
    IMAGES,
    [[SCANNER], [lost('api')], [lost('web')]],
    ['api,web|api,web', '|api,web', '|web', '|'],
  ],
  [
    'a scanner whose registry fails: pauses first',
    IMAGES,
    [[BUSY_SCANNER], [BUSY_SCANNER], [BUSY_SCANNER]],
    [...Array<string>(3).fill('api,web|api,web'), '|api,web'],
  ],
])('%s', async (_, images, failures, attempts) => {
  const { attempts: actual, said, outcome } = await build(images, ...failures);
  expect(actual).toEqual(attempts);
  expect(outcome).toHaveLength(failures.flat().length);
  expect(said).toHaveLength(failures.flat().length);
  const reasons = (outcome as Problem[]).map(({ severity, detail, message }) => [severity, detail ?? message]);
  expect(reasons).toEqual(failures.flat().map(({ problem }) => ['warning', problem.message]));
});

test.each<[string, readonly PlannedImage[], Failures[], number]>([
  ['a third loss of cache', IMAGES, [[lost('api')], [lost('web')], [lost('api')]], 3],
  ['a loss without any cache import', IMAGES, [[lost()], [lost()]], 2],
  ['a step that fails', IMAGES, [[STEP]], 1],
  ['a loss next to a step that fails', IMAGES, [[lost('api'), STEP]], 1],
  ['a missing scanner of a required SBOM', STRICT, [[SCANNER]], 1],
  ['a cache that is not written, a second time', IMAGES, [[UNWRITTEN], [UNWRITTEN]], 2],
  ['a registry that fails a third time', STRICT, [[BUSY], [BUSY], [BUSY]], 3],
  ['a builder that does not come back', STRICT, [[LOST], [AWAY], [AWAY], [AWAY], [AWAY]], 5],
  ['a builder that is lost a second time', STRICT, [[LOST], [LOST]], 2],
])('%s is the failure', async (_, images, failures, count) => {
  const { attempts, outcome } = await build(images, ...failures);
  expect(attempts).toHaveLength(count);
  expect(outcome).toMatchObject({ failures: failures.at(-1) });
});

test('a failing registry and a lost builder get time, and each retry is reported', async () => {
  const registry = await build(STRICT, [BUSY], [BUSY]);
  expect(registry.said).toEqual(
    [2, 3].map((count) => `A registry failed, so the build is tried again (${count} of 3).`),
  );
  const [first, second] = registry.pauses;
  expect([first! >= 2000, first! <= 4000, second! >= 8000, second! <= 16_000]).toEqual(Array(4).fill(true));
  expect((await build(STRICT, [LOST], [AWAY], [AWAY])).pauses).toEqual([3000, 3000, 5000]);
});

test('an error that is no failed build is thrown as it is', async () => {
  const failing = buildWithRetries(IMAGES, {
    ...{ build: () => Promise.reject(new TypeError('a mistake')), say() {}, async pause() {} },
  });
  await expect(failing).rejects.toThrow(TypeError);
});
