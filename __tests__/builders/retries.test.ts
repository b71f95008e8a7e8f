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

/** Each attempt fails with the next failures. `attempts` holds the images with an SBOM, and those with cache import. */
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
    'lost cache of one image: retries that image without cache import',
    IMAGES,
    [[lost('api')]],
    ['api,web|api,web', 'api,web|web'],
  ],
  [
    'lost cache of an unknown image: retries without any cache import',
    IMAGES,
    [[lost()]],
    ['api,web|api,web', 'api,web|'],
  ],
  [
    'second lost cache: retries without any cache import',
    IMAGES,
    [[lost('api')], [lost('web')]],
    ['api,web|api,web', 'api,web|web', 'api,web|'],
  ],
  [
    'lost cache of an image without cache import: retries with the same settings',
    IMAGES,
    [[lost('bare')]],
    ['api,web|api,web', 'api,web|api,web'],
  ],
  ['cache that is not written: retries without cache', IMAGES, [[UNWRITTEN]], ['api,web|api,web', 'api,web|']],
  ['missing scanner: retries without the optional SBOM', IMAGES, [[SCANNER]], ['api,web|api,web', '|api,web']],
  [
    'missing scanner and lost cache at once: retries without both',
    IMAGES,
    [[lost('api'), SCANNER]],
    ['api,web|api,web', '|web'],
  ],
  [
    'missing scanner, then two lost caches: retries without SBOM, then with fewer caches',
    IMAGES,
    [[SCANNER], [lost('api')], [lost('web')]],
    ['api,web|api,web', '|api,web', '|web', '|'],
  ],
  [
    'scanner with a failing registry: retries twice before it leaves out the SBOM',
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
  ['a third lost cache', IMAGES, [[lost('api')], [lost('web')], [lost('api')]], 3],
  ['a second lost cache of an unknown image', IMAGES, [[lost()], [lost()]], 2],
  ['a failed step', IMAGES, [[STEP]], 1],
  ['a lost cache together with a failed step', IMAGES, [[lost('api'), STEP]], 1],
  ['a missing scanner for a required SBOM', STRICT, [[SCANNER]], 1],
  ['a second cache that is not written', IMAGES, [[UNWRITTEN], [UNWRITTEN]], 2],
  ['a third failure of a registry', STRICT, [[BUSY], [BUSY], [BUSY]], 3],
  ["a builder that doesn't come back", STRICT, [[LOST], [AWAY], [AWAY], [AWAY], [AWAY]], 5],
  ['a second loss of the builder', STRICT, [[LOST], [LOST]], 2],
])('fails without another attempt after %s', async (_, images, failures, count) => {
  const { attempts, outcome } = await build(images, ...failures);
  expect(attempts).toHaveLength(count);
  expect(outcome).toMatchObject({ failures: failures.at(-1) });
});

test('pauses before a retry after a registry failure or a lost builder, and reports registry retries', async () => {
  const registry = await build(STRICT, [BUSY], [BUSY]);
  expect(registry.said).toEqual(
    [2, 3].map((count) => `A registry failed, so the build is tried again (${count} of 3).`),
  );
  const [first, second] = registry.pauses;
  expect([first! >= 2000, first! <= 4000, second! >= 8000, second! <= 16_000]).toEqual(Array(4).fill(true));
  expect((await build(STRICT, [LOST], [AWAY], [AWAY])).pauses).toEqual([3000, 3000, 5000]);
});

test('rethrows an error that is not a failed build', async () => {
  const failing = buildWithRetries(IMAGES, {
    ...{ build: () => Promise.reject(new TypeError('a mistake')), say() {}, async pause() {} },
  });
  await expect(failing).rejects.toThrow(TypeError);
});
