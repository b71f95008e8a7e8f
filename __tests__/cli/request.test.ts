import { parseArguments } from '../../src/cli/arguments.js';
import { readRequest, readRollouts } from '../../src/cli/request.js';
import { ReleaseError } from '../../src/lib/errors.js';

const DIGEST = `sha256:${'a'.repeat(64)}`;

function command(...argv: string[]) {
  const invocation = parseArguments(argv);
  if (invocation.type !== 'command') throw new Error(`${argv.join(' ')} is ${invocation.type}`);
  return invocation;
}

const order = (line: string, env: NodeJS.ProcessEnv = {}) => readRequest(command(...line.split(' ')), env);

function problemsOf(action: () => unknown) {
  try {
    action();
  } catch (error) {
    if (error instanceof ReleaseError) return error.problems;
    throw error;
  }
  throw new Error('expected a ReleaseError');
}

test.each([
  ['plan', { until: 'plan', request: { deploy: 'auto' } }],
  ['plan --deploy true', { until: 'plan', request: { deploy: 'true' } }],
  ['build', { until: 'deploy', request: { deploy: 'false' } }],
  ['build --dry-run', { until: 'preflight' }],
  [
    'release',
    { until: 'deploy', request: { deploy: 'auto', push: 'auto', images: [], platforms: [], noCache: false } },
  ],
  ['release api web', { request: { images: ['api', 'web'] } }],
  ['release --push false --deploy false --no-cache', { request: { push: 'false', deploy: 'false', noCache: true } }],
  ['release --platforms linux/amd64,linux/arm64', { request: { platforms: ['linux/amd64', 'linux/arm64'] } }],
  ['release --config ci/a.yml', { config: { from: 'file', path: 'ci/a.yml' } }],
  ['release', { config: { from: 'repository' }, registryCheck: 'registry' }],
  ['deploy --no-registry-check', { registryCheck: 'none', request: { deploy: 'true' } }],
  ['deploy --source 0123abc --run 42', { source: '0123abc', run: { id: '42', number: 42 } }],
])('reads `%s` as %j', (line, expected) => {
  expect(order(line)).toMatchObject(expected);
});

describe('credentials', () => {
  test.each([
    ['GITHUB_TOKEN before GH_TOKEN', { GITHUB_TOKEN: 'one', GH_TOKEN: 'two' }, 'one'],
    ['GH_TOKEN if GITHUB_TOKEN is empty', { GITHUB_TOKEN: '', GH_TOKEN: 'two' }, 'two'],
    ['none', {}, undefined],
  ])('source of the token: %s', (_, env, expected) => {
    expect(order('release', env).token?.reveal()).toBe(expected);
  });

  test('reads the registry login from the environment, lets --registry-username override the user, and hides the password in JSON', () => {
    const env = { IMAGE_RELEASE_REGISTRY_USERNAME: 'bot', IMAGE_RELEASE_REGISTRY_PASSWORD: 'secret' };
    const read = order('release', env);
    expect([read.username, read.password?.reveal()]).toEqual(['bot', 'secret']);
    expect(order('release --registry-username me', env).username).toBe('me');
    expect(JSON.stringify(read)).not.toContain('secret');
  });

  test('refuses a user without a password and names the variable to set', () => {
    expect(problemsOf(() => order('release --registry-username me'))).toMatchObject([
      { code: 'usage/invalid', fix: expect.stringContaining('IMAGE_RELEASE_REGISTRY_PASSWORD') },
    ]);
  });
});

test.each([
  ['deploy api', 'usage/invalid', /takes no arguments, got `api`/],
  ['deploy --run latest', 'usage/invalid', /a number after `--run`, got `latest`/],
  ['release --push maybe', 'input/invalid', /--push must be auto, true, false or digest/],
  ['release --platforms amd65', 'input/invalid', /--platforms/],
])('refuses `%s`', (line, code, message) => {
  expect(problemsOf(() => order(line))).toMatchObject([{ code, message: expect.stringMatching(message) }]);
});

describe('--image of deploy', () => {
  const rollouts = (...images: string[]) =>
    readRollouts(command('deploy', ...images.flatMap((image) => ['--image', image])));

  test.each([
    ['api=ghcr.io/acme/api:v1', { key: 'api', image: 'ghcr.io/acme/api', releaseTag: 'v1' }],
    [`api=ghcr.io/acme/api:v1@${DIGEST}`, { image: 'ghcr.io/acme/api', releaseTag: 'v1', digest: DIGEST }],
    ['api=127.0.0.1:5000/api:v1', { image: '127.0.0.1:5000/api', releaseTag: 'v1' }],
  ])('accepts %s', (image, expected) => {
    expect(rollouts(image)).toMatchObject([expected]);
  });

  test('reports all invalid values at once', () => {
    const problems = problemsOf(() =>
      rollouts(
        'ghcr.io/acme/api:v1',
        'api=ghcr.io/acme/api',
        `web=ghcr.io/acme/web@${DIGEST}`,
        'x=UPPER:v1',
        'y=a/y:1',
        'y=a/y:2',
      ),
    );
    expect(problems.map(({ code }) => code)).toEqual(Array(5).fill('usage/invalid'));
    expect(problems.map(({ message }) => message)).toEqual([
      'Expected `--image KEY=REF:TAG[@DIGEST]`, got `ghcr.io/acme/api:v1`.',
      expect.stringContaining('without a tag'),
      expect.stringContaining('without a tag'),
      'Expected `--image KEY=REF:TAG[@DIGEST]`, got `x=UPPER:v1`.',
      '--image names y twice.',
    ]);
  });

  test('is required: without it, `deploy` fails with usage/invalid', () => {
    expect(problemsOf(() => rollouts())).toMatchObject([{ code: 'usage/invalid' }]);
  });
});

test.each(['GITHUB_TOKEN', 'GH_TOKEN', 'IMAGE_RELEASE_DEPLOY_TOKEN'])(
  'refuses several lines in %s without printing them',
  (name) => {
    const [problem] = problemsOf(() => order('status', { [name]: 'ghs_marker\nx: y' }));
    expect(problem).toMatchObject({ code: 'input/invalid', message: expect.stringContaining(name) });
    expect(JSON.stringify(problem)).not.toContain('marker');
  },
);
