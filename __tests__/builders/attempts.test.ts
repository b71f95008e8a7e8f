import { buildInAttempts, firstOf } from '../../src/builders/buildx/attempts.js';
import { withoutLostCache } from '../../src/builders/buildx/cache/cold-retry.js';
import { afterAWhile } from '../../src/builders/buildx/failing-registry.js';
import { withoutScanner } from '../../src/builders/buildx/sbom-scanner.js';
import { ReleaseError, type Problem } from '../../src/lib/errors.js';
import type { PlannedAttestations } from '../../src/plan/plan.js';
import { plannedImage } from './samples.js';

const attested = (sbom: PlannedAttestations['sbom']) => ({ attest: { provenance: 'max', sbom } }) as const;

describe('attempts', () => {
  const images = [
    plannedImage('api', { cacheFrom: ['type=gha,scope=api'], ...attested({ optional: true }) }),
    plannedImage('web', { cacheFrom: ['type=gha,scope=web'], ...attested({ optional: true }) }),
    plannedImage('bare', attested('off')),
  ];
  const strict = images.map((image) => plannedImage(image.key, attested({})));
  const scanner: Problem = {
    ...{ code: 'build/sbom-scanner', severity: 'error', image: 'api', fix: 'Mend it.' },
    message: 'Image api: the SBOM scanner r/s:1 can not be had: EOF.',
  };
  const lost: Problem = { ...scanner, code: 'build/cache-lost', message: 'It is gone.' };
  const step: Problem = { ...scanner, code: 'build/step-failed', message: 'It failed.' };

  const patiently = afterAWhile(() => 0.5);
  const busy: Problem = { ...step, code: 'build/registry-failing', message: 'A registry fails: 503.' };

  /** Builds that fail with these problems one after the other; @returns what was scanned and read from the cache */
  async function tries(planned: typeof images, ...failures: [Problem, ...Problem[]][]) {
    const attempts: string[] = [];
    const told: string[] = [];
    const pauses: number[] = [];
    const outcome = await buildInAttempts(
      planned,
      {
        'build/cache-lost': withoutLostCache,
        'build/registry-failing': patiently,
        'build/sbom-scanner': firstOf(patiently, withoutScanner),
      },
      {
        pause: async (ms) => void pauses.push(ms),
        tell: (line) => told.push(line),
        build: async (tried) => {
          const scanned = tried.filter(({ attest }) => attest.sbom !== 'off');
          const read = tried.filter(({ cacheFrom }) => cacheFrom.length > 0);
          attempts.push([scanned, read].map((list) => list.map(({ key }) => key).join()).join('|'));
          const failure = failures[attempts.length - 1];
          if (failure) throw new ReleaseError(failure);
        },
      },
    ).then(
      ({ warnings }) => warnings,
      (error: ReleaseError) => error,
    );
    return { attempts, told, pauses, outcome };
  }

  test('without the scanner all images that may go without an SBOM do, with one warning that holds the reason', async () => {
    const { attempts, told, outcome } = await tries(images, [scanner]);
    expect(attempts).toEqual(['api,web|api,web', '|api,web']);
    expect(outcome).toMatchObject([
      { code: 'build/sbom-scanner', severity: 'warning', detail: scanner.message },
    ]);
    expect(told).toEqual(["The SBOM scanner can't be had, so api, web have no SBOM."]);
  });

  test.each<[string, [Problem, ...Problem[]][], string[]]>([
    ['one after the other', [[scanner], [lost]], ['api,web|api,web', '|api,web', '|web']],
    ['in the other order', [[lost], [scanner]], ['api,web|api,web', 'api,web|web', '|web']],
    ['at once', [[lost, scanner]], ['api,web|api,web', '|web']],
    [
      'and the cache has its two retries all the same',
      [[scanner], [lost], [lost]],
      ['api,web|api,web', '|api,web', '|web', '|'],
    ],
  ])('a lost scanner and a lost cache, %s', async (_, failures, attempts) => {
    const { attempts: were, told, outcome } = await tries(images, ...failures);
    expect(were).toEqual(attempts);
    expect(outcome).toHaveLength(failures.flat().length);
    expect(told).toHaveLength(failures.flat().length);
  });

  test.each<[string, typeof images, [Problem, ...Problem[]][], number]>([
    ['where an SBOM is demanded', strict, [[scanner]], 1],
    ['beside another problem', images, [[scanner, step]], 1],
    ['a second time', images, [[scanner], [scanner]], 2],
  ])('a lost scanner is the failure %s', async (_, planned, failures, count) => {
    const { attempts, outcome } = await tries(planned, ...failures);
    expect(attempts).toHaveLength(count);
    expect(outcome).toBeInstanceOf(ReleaseError);
  });

  test('a failing registry is given time, twice, and each time is told', async () => {
    const { attempts, told, pauses, outcome } = await tries(strict, [busy], [busy]);
    expect(attempts).toHaveLength(3);
    expect(pauses).toEqual([3000, 12_000]);
    expect(told).toEqual([
      'A registry failed, so the build is tried again (2 of 3).',
      'A registry failed, so the build is tried again (3 of 3).',
    ]);
    expect(outcome).toMatchObject(
      [busy, busy].map(({ code, message }) => ({ code, severity: 'warning', detail: message })),
    );
  });

  test('a registry that goes on failing is the failure, as is one beside a step that fails', async () => {
    const [lasting, beside] = [
      await tries(strict, [busy], [busy], [busy]),
      await tries(strict, [busy, step]),
    ];
    expect(lasting.attempts).toHaveLength(3);
    expect(lasting.outcome).toMatchObject({ code: 'build/registry-failing' });
    expect(beside).toMatchObject({ attempts: { length: 1 }, outcome: { problems: [busy, step] } });
  });

  test('a scanner whose registry fails is asked for again, and done without only after that', async () => {
    const away = {
      ...scanner,
      message: 'It can not be had: unexpected status from HEAD request to x: 502 Bad.',
    };
    const { attempts, pauses } = await tries(images, [away], [away], [away]);
    expect(attempts).toEqual([...Array<string>(3).fill('api,web|api,web'), '|api,web']);
    expect(pauses).toHaveLength(2);
  });

  test('what is no problem of the build is thrown as it is', async () => {
    const failing = buildInAttempts(
      images,
      { 'build/sbom-scanner': withoutScanner },
      { build: () => Promise.reject(new TypeError('a mistake')), tell() {}, async pause() {} },
    );
    await expect(failing).rejects.toThrow(TypeError);
  });
});
