import { buildInAttempts } from '../../../src/builders/buildx/attempts.js';
import { withoutLostCache } from '../../../src/builders/buildx/cache/cold-retry.js';
import { ReleaseError, type Problem } from '../../../src/lib/errors.js';
import { plannedImage } from '../samples.js';

const images = [
  plannedImage('api', { cacheFrom: ['type=gha,scope=api'] }),
  plannedImage('web', { cacheFrom: ['type=gha,scope=web'] }),
  plannedImage('bare'),
];

function problem(code: Problem['code'], image?: string): Problem {
  return { code, severity: 'error', message: 'It failed.', fix: 'Mend it.', ...(image && { image }) };
}

/** Builds that fail with these problems, one list after the other; @returns which images read their cache each time */
async function tries(...failures: [Problem, ...Problem[]][]) {
  const reading: string[] = [];
  const outcome = await buildInAttempts(
    images,
    { 'build/cache-lost': withoutLostCache },
    {
      build: async (tried) => {
        reading.push(tried.flatMap(({ key, cacheFrom }) => (cacheFrom.length > 0 ? [key] : [])).join());
        const failure = failures[reading.length - 1];
        if (failure) throw new ReleaseError(failure);
      },
      tell() {},
      async pause() {},
    },
  ).then(
    ({ warnings }) => warnings.map(({ message }) => message),
    (error: unknown) => error,
  );
  return { reading, outcome };
}

const lost = (image?: string): [Problem] => [problem('build/cache-lost', image)];

test.each<[string, [Problem, ...Problem[]][], string[]]>([
  ['the image concerned alone is built without its cache', [lost('api')], ['api,web', 'web']],
  ['a loss that can not be placed: none reads its cache', [lost()], ['api,web', '']],
  ['a second loss: none reads its cache', [lost('api'), lost('web')], ['api,web', 'web', '']],
  ['an image that reads no cache, so that the builder lost its own', [lost('bare')], ['api,web', 'api,web']],
  ['two at once are one retry', [[...lost('api'), ...lost('web')]], ['api,web', '']],
])('%s', async (_, failures, reading) => {
  const { reading: was, outcome } = await tries(...failures);
  expect(was).toEqual(reading);
  expect(outcome).toHaveLength(failures.length);
});

test.each<[string, [Problem, ...Problem[]][], number]>([
  ['a third loss is the failure', [lost('api'), lost('web'), lost('api')], 3],
  ['so is a loss in the cold', [lost(), lost()], 2],
  ['so is a third one in an image that reads no cache', [lost('bare'), lost('bare'), lost('bare')], 3],
  ['another failure is not tried again', [[problem('build/step-failed', 'api')]], 1],
  ['nor a loss beside it', [[problem('build/cache-lost', 'api'), problem('build/step-failed', 'web')]], 1],
])('%s', async (_, failures, count) => {
  const { reading, outcome } = await tries(...failures);
  expect(reading).toHaveLength(count);
  expect(outcome).toBeInstanceOf(ReleaseError);
});
