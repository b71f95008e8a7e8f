import type { Source } from '../../src/facts/source.js';
import { planDeploys } from '../../src/plan/plan-deploys.js';
import type { PublishMode } from '../../src/plan/plan.js';
import type { Choice } from '../../src/config/inputs.js';
import { configOf, sourceOf } from './fixtures.js';

const IMAGES = 'registry: ghcr.io/acme\nimages: { api: , web: }\n';
const PUSH: PublishMode = { mode: 'push' };
const tag: Partial<Source> = { ref: { type: 'tag', name: 'v1.0.0' } };
const detached: Partial<Source> = { ref: { type: 'commit' } };
const branch = (name: string): Partial<Source> => ({ ref: { type: 'branch', name } });
const pullRequest: Partial<Source> = {
  ref: { type: 'pull-request', number: 7, head: 'change', base: 'main', fork: false },
};

function planned(
  deploy: string,
  over: { source?: Partial<Source>; publish?: PublishMode; keys?: string[]; choice?: Choice } = {},
) {
  const config = configOf(`${IMAGES}deploy: ${deploy}\n`);
  const { publish = PUSH, keys = ['api', 'web'], choice = 'auto' } = over;
  return planDeploys(config, sourceOf(over.source), publish, keys, choice);
}

test.each<[string, Partial<Source>, Choice, string, string | RegExp]>([
  ['the default branch deploys to itself', branch('main'), 'auto', 'k8s', 'main'],
  [
    "another branch doesn't deploy by default",
    branch('feature'),
    'auto',
    'k8s',
    /branch feature does not deploy \(main does\); to deploy, set deploy: true/,
  ],
  ['another branch deploys to the default branch with `deploy: true`', branch('feature'), 'true', 'k8s', 'main'],
  [
    'the configured branch deploys to itself',
    branch('production'),
    'auto',
    '{ kustomization: k8s, branch: production }',
    'production',
  ],
  [
    'the default branch deploys to the configured branch',
    branch('main'),
    'auto',
    '{ kustomization: k8s, branch: production }',
    'production',
  ],
  [
    "a third branch doesn't deploy",
    branch('feature'),
    'auto',
    '{ kustomization: k8s, branch: production }',
    /\(production does\)/,
  ],
  ['a tag deploys to the default branch', tag, 'auto', 'k8s', 'main'],
  ['a tag deploys to the configured branch', tag, 'auto', '{ kustomization: k8s, branch: production }', 'production'],
  ["a detached commit doesn't deploy by default", detached, 'auto', 'k8s', /a commit on no branch/],
  ['a detached commit deploys to the default branch with `deploy: true`', detached, 'true', 'k8s', 'main'],
  ["a pull request doesn't deploy", pullRequest, 'auto', 'k8s', /pull requests do not deploy/],
  [
    "the default branch doesn't deploy with `deploy: false`",
    branch('main'),
    'false',
    'k8s',
    /deploy is off for this run/,
  ],
])('%s', (_, source, choice, deploy, expected) => {
  const [decision] = planned(deploy, { source, choice });
  if (typeof expected === 'string') {
    expect(decision).toMatchObject({ status: 'deploy', branch: expected, images: ['api', 'web'] });
  } else {
    expect(decision).toMatchObject({ status: 'skip', reason: expect.stringMatching(expected) });
  }
});

test('without a known default branch, a branch deploys to itself and a detached commit needs `deploy.branch`', () => {
  expect(planned('k8s', { source: { ...branch('trunk'), defaultBranch: undefined } })).toMatchObject([
    { status: 'deploy', branch: 'trunk' },
  ]);
  expect(planned('k8s', { source: { ...detached, defaultBranch: undefined }, choice: 'true' })).toMatchObject([
    { status: 'skip', reason: expect.stringContaining('set `deploy.branch`') },
  ]);
});

test("images that aren't pushed aren't deployed, for the same reason", () => {
  const publish: PublishMode = { mode: 'build-only', reason: 'push is off for this run' };
  expect(planned('k8s', { publish, choice: 'true' })).toMatchObject([
    { status: 'skip', reason: 'push is off for this run' },
  ]);
});

test('each target gets its released images in its configured order; a target without any is skipped', () => {
  const deploy = '[{ kustomization: a, images: [web, api] }, { kustomization: b, images: api }, c]';
  expect(planned(deploy, { keys: ['web'] })).toMatchObject([
    { status: 'deploy', images: ['web'] },
    { status: 'skip', reason: 'none of its images is part of this release' },
    { status: 'deploy', images: ['web'] },
  ]);
  expect(planned(deploy)).toMatchObject([{ images: ['web', 'api'] }, { images: ['api'] }, { images: ['api', 'web'] }]);
});

test('a target in pull-request mode takes part in a release even without released images', () => {
  const deploy =
    '[{ kustomization: b, images: api, mode: pull-request, channel: live }, { kustomization: c, images: web }]';
  expect(planned(deploy, { keys: ['web'] })).toMatchObject([
    { status: 'deploy', images: [], channel: 'live' },
    { status: 'deploy', images: ['web'], channel: 'main' },
  ]);
});

test('naming the released repository as deploy repository has no effect', () => {
  const deploy =
    '[{ kustomization: a, repository: ACME/app, branch: main }, { kustomization: b, repository: acme/deploy, branch: main }]';
  expect(planned(deploy, { source: sourceOf({ repository: 'acme/app' }) })).toMatchObject([
    { target: { repository: undefined } },
    { target: { repository: 'acme/deploy' } },
  ]);
});

test('each deploy has its place in the configuration', () => {
  const places = planned('\n  - k8s\n  - { branch: x, kustomization: prod }\n', { choice: 'true' }).map(
    (item) => item.status === 'deploy' && item.place,
  );
  expect(places).toEqual([
    { file: 'image-release.yml', line: 4, column: 5 },
    { file: 'image-release.yml', line: 5, column: 33 },
  ]);
});

test('plans no deploy without `deploy`', () => {
  expect(planDeploys(configOf(IMAGES), sourceOf(), PUSH, ['api'], 'true')).toEqual([]);
});
