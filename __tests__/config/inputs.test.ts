import { type InputName, INPUTS } from '../../src/config/inputs.generated.js';
import { readInputs } from '../../src/config/inputs.js';
import { ReleaseError } from '../../src/lib/errors.js';
import { inspect } from 'node:util';

/** Inputs as the runner passes them: defaults filled in, all others empty. */
function runner(given: Partial<Record<InputName, string>>) {
  return (name: InputName): string => {
    const entry: { description: string; default?: string } = INPUTS[name];
    const fallback = entry.default?.includes('${{') ? '' : entry.default;
    return given[name] ?? fallback ?? '';
  };
}

const read = (given: Partial<Record<InputName, string>>) => readInputs(runner(given));

function messagesOf(given: Partial<Record<InputName, string>>): string[] {
  try {
    read(given);
  } catch (error) {
    if (error instanceof ReleaseError) return error.problems.map(({ message, fix }) => `${message} ${fix}`);
    throw error;
  }
  throw new Error('The inputs were taken.');
}

test('uses the defaults without inputs', () => {
  expect(read({})).toEqual({
    config: { from: 'repository' },
    images: [],
    extraTags: [],
    push: 'auto',
    deploy: 'auto',
    platforms: [],
    noCache: false,
    rebuild: false,
    order: 'forward-only',
    dryRun: false,
  });
});

test('uses the same defaults if all inputs are empty, as on a command line', () => {
  expect(readInputs(() => '')).toEqual(read({}));
});

test.each([
  [
    { push: 'TRUE', 'allow-rollback': 'true', deploy: 'no', 'dry-run': 'yes', 'no-cache': 'True' },
    { push: 'true', order: 'allow-rollback', deploy: 'false', dryRun: true, noCache: true },
  ],
  [{ wait: '90s' }, { waitMs: 90_000 }],
  [{ wait: '10m' }, { waitMs: 600_000 }],
  [{ rebuild: 'yes' }, { rebuild: true }],
  [{ rebuild: 'false' }, { rebuild: false }],
  [{ images: 'api, web\nbatch,' }, { images: ['api', 'web', 'batch'] }],
  [{ images: 'all' }, { images: [] }],
  [{ images: ' ' }, { images: [] }],
  [{ 'extra-tags': 'v1.2, next' }, { extraTags: ['v1.2', 'next'] }],
  [{ builder: 'Kaniko' }, { builder: 'kaniko' }],
  [{ builder: 'builder-3f0c' }, { builder: { name: 'builder-3f0c' } }],
  [{ platforms: 'arm64, linux/amd64' }, { platforms: ['linux/arm64', 'linux/amd64'] }],
  [{ platforms: 'linux/amd64,linux/arm64' }, { platforms: ['linux/amd64', 'linux/arm64'] }],
  [{ 'config-inline': 'images: { api: }\n' }, { config: { from: 'text', text: 'images: { api: }\n' } }],
  [{ config: 'ci/release.yml' }, { config: { from: 'file', path: 'ci/release.yml' } }],
  [{ 'registry-username': 'me' }, { registryUsername: 'me' }],
])('reads %j', (given, expected) => {
  expect(read(given)).toMatchObject(expected);
});

test('hides token and password from JSON.stringify and util.inspect', () => {
  const inputs = read({ token: 'ghs_marker', 'registry-password': 'marker' });
  expect(inputs.token?.reveal()).toBe('ghs_marker');
  expect(inputs.registryPassword?.reveal()).toBe('marker');
  expect(`${JSON.stringify(inputs)} ${inspect(inputs)}`).not.toContain('marker');
});

test('reports all mistakes at once, with the accepted values', () => {
  expect(
    messagesOf({
      push: 'atuo',
      deploy: 'maybe',
      images: 'Api',
      platforms: 'arm65',
      builder: 'kanikko',
      'dry-run': '1',
    }),
  ).toEqual([
    expect.stringMatching(/input "images".*`Api`/),
    expect.stringMatching(/input "push" must be auto, true, false or digest, here it is `atuo`.*Did you mean `auto`/),
    expect.stringMatching(/input "deploy".*`maybe`/),
    expect.stringMatching(/input "platforms".*`arm65`/),
    expect.stringMatching(/input "builder" must be .*`kanikko`.*Did you mean `kaniko`/),
    expect.stringMatching(/input "dry-run" must be true or false/),
  ]);
});

test('messages use the option names of the command line', () => {
  expect(() => readInputs(runner({ push: 'x' }), (name) => `--${name}`)).toThrow(/^--push must be/);
});

const digest = `sha256:${'a'.repeat(64)}`;
const published = JSON.stringify({
  api: {
    image: 'ghcr.io/acme/api',
    digest,
    tags: ['main-1', 'latest'],
    releaseTag: 'main-1',
    status: 'built',
    platforms: ['linux/amd64'],
    sbom: [],
    provenance: [],
  },
  web: {
    image: 'ghcr.io/acme/web',
    tags: ['main-1'],
    status: 'built',
    platforms: [],
    sbom: [],
    provenance: [],
  },
});

test('reads the images that an earlier job published, without those that it only built', () => {
  const image = {
    key: 'api',
    image: 'ghcr.io/acme/api',
    digest,
    releaseTag: 'main-1',
    tags: ['main-1', 'latest'],
    platforms: ['linux/amd64'],
  };
  expect(read({ published }).published).toEqual({ type: 'published', images: [image] });
});

test.each([
  ['{', 'it is not JSON'],
  ['[]', 'an empty list'],
  ['{"api":{"image":"x","digest":"sha256:1","tags":[]}}', 'api.digest'],
  [`{"api":{"image":"x","digest":"${digest}"}}`, 'no tag'],
])('rejects %s as `published`', (text, reason) => {
  expect(messagesOf({ published: text })).toEqual([expect.stringContaining(reason)]);
});

describe('`published` from several jobs', () => {
  const entry = { image: 'ghcr.io/acme/api', digest, tags: ['main-1'], platforms: ['linux/amd64'] };
  const api = JSON.stringify({ api: entry });
  const web = JSON.stringify({ web: { ...entry, image: 'ghcr.io/acme/web' } });
  const part = (platform: string) => ({
    api: {
      ...entry,
      tags: [],
      platforms: [platform],
      pushed: 'by-digest',
      commit: 'c0ffee',
      status: 'built',
    },
  });
  const parts = [part('linux/amd64'), part('linux/arm64')].map((each) => JSON.stringify(each));

  test.each([
    ['objects on separate lines', `${api}\n\n${web}\n`],
    ['a list of objects', `[${api}, ${web}]`],
    ['an image that is repeated unchanged', `${api}\n${web}\n${api}`],
  ])('combines into one release: %s', (_, text) => {
    const { published: handed } = read({ published: text });
    expect(handed?.type === 'published' && handed.images.map(({ key }) => key)).toEqual(['api', 'web']);
  });

  test('reads images that were pushed by digest as parts', () => {
    expect(read({ published: parts.join('\n') }).published).toEqual({
      type: 'parts',
      parts: ['linux/amd64', 'linux/arm64'].map((platform) => ({
        ...{ key: 'api', image: 'ghcr.io/acme/api', digest, platforms: [platform] },
        ...{ commit: 'c0ffee', status: 'built' },
      })),
    });
  });

  test.each([
    ['one image with two digests', `${api}\n${api.replace(digest, `sha256:${'b'.repeat(64)}`)}`, 'api is in it twice'],
    [
      'parts together with an image that has tags',
      `${parts[0]}\n${web}`,
      'web has tags already, while api was pushed by digest',
    ],
    ['a part without a commit', parts[0]!.replace('c0ffee', '').replace('"commit":"",', ''), 'has no commit'],
    ['a part without a platform', parts[0]!.replace('"linux/amd64"', ''), 'has no platforms'],
    ['blank lines', '\n\n', 'is blank'],
    ['an empty list', '[]', 'empty list'],
    ['an incomplete line', `${api}\n{"web":`, 'not JSON'],
  ])('rejects %s', (_, text, reason) => {
    expect(messagesOf({ published: text })).toEqual([expect.stringContaining(reason)]);
  });

  test('rejects `push: digest` together with `deploy` or `published`', () => {
    expect(messagesOf({ push: 'digest', deploy: 'true' })).toEqual([expect.stringContaining('a deploy names a tag')]);
    expect(messagesOf({ push: 'digest', published: parts[0]! })).toEqual([
      expect.stringContaining('digest is for the jobs that build'),
    ]);
  });
});

test('rejects inputs that leave nothing to do, and a deploy without a push', () => {
  expect(messagesOf({ published, deploy: 'false' })).toEqual([expect.stringContaining('nothing to do')]);
  expect(messagesOf({ push: 'false', deploy: 'true' })).toEqual([expect.stringContaining("can't be deployed")]);
});
