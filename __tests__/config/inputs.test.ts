import { inspect } from 'node:util';
import { readInputs } from '../../src/config/inputs.js';
import { messagesOf, read, runner } from './given-inputs.js';

test('without inputs everything is default', () => {
  expect(read({})).toEqual({
    config: { from: 'repository' },
    images: [],
    tags: [],
    push: 'auto',
    deploy: 'auto',
    platforms: [],
    noCache: false,
    force: false,
    order: 'forward-only',
    dryRun: false,
  });
});

test('nothing given at all, as on a command line, means the same', () => {
  expect(readInputs(() => '')).toEqual(read({}));
});

test.each([
  [
    { push: 'TRUE', 'allow-rollback': 'true', deploy: 'no', 'dry-run': 'yes', 'no-cache': 'True' },
    { push: 'true', order: 'allow-rollback', deploy: 'false', dryRun: true, noCache: true },
  ],
  [{ force: 'yes' }, { force: true }],
  [{ force: 'false' }, { force: false }],
  [{ images: 'api, web\nbatch,' }, { images: ['api', 'web', 'batch'] }],
  [{ images: 'all' }, { images: [] }],
  [{ images: ' ' }, { images: [] }],
  [{ tags: 'v1.2, next' }, { tags: ['v1.2', 'next'] }],
  [{ builder: 'Kaniko' }, { builder: 'kaniko' }],
  [{ platforms: 'linux/amd64,linux/arm64' }, { platforms: ['linux/amd64', 'linux/arm64'] }],
  [{ config: 'images: { api: }\n' }, { config: { from: 'text', text: 'images: { api: }\n' } }],
  [{ config: 'ci/release.yml' }, { config: { from: 'file', path: 'ci/release.yml' } }],
  [{ 'registry-username': 'me' }, { registryUsername: 'me' }],
])('%j', (given, expected) => {
  expect(read(given)).toMatchObject(expected);
});

test('token and password are secrets that no formatter shows', () => {
  const inputs = read({ token: 'ghs_marker', 'registry-password': 'marker' });
  expect(inputs.token?.reveal()).toBe('ghs_marker');
  expect(inputs.registryPassword?.reveal()).toBe('marker');
  expect(`${JSON.stringify(inputs)} ${inspect(inputs)}`).not.toContain('marker');
});

test('all mistakes are told at once, with the values that are taken', () => {
  expect(
    messagesOf({ push: 'atuo', deploy: 'maybe', images: 'Api', platforms: 'arm64', 'dry-run': '1' }),
  ).toEqual([
    expect.stringMatching(/input "images".*`Api`/),
    expect.stringMatching(
      /input "push" must be auto, true, false or digest, here it is `atuo`.*Did you mean `auto`/,
    ),
    expect.stringMatching(/input "deploy".*`maybe`/),
    expect.stringMatching(/input "platforms".*`arm64`/),
    expect.stringMatching(/input "dry-run" must be true or false/),
  ]);
});

test('a command line calls them by its own names', () => {
  expect(() => readInputs(runner({ push: 'x' }), (name) => `--${name}`)).toThrow(/^--push must be/);
});
