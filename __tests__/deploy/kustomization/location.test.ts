import { locateKustomizations } from '../../../src/deploy/kustomization/location.js';

const PATHS = [
  '.hidden/kustomization.yaml',
  'README.md',
  'k8s/base/deployment.yaml',
  'k8s/base/kustomization.yml',
  'k8s/overlays/eu/kustomization.yaml',
  'k8s/overlays/eu/patch.yaml',
  'k8s/overlays/us/Kustomization',
  'k8s/overlays/us/kustomization-canary.yaml',
  'k8s/overlays/link',
  'k8s/[odd]/kustomization.yaml',
  'teams/api/images.yaml',
  'teams/web/images.yaml',
  'teams/web/service.yaml',
];

test('reports a problem for patterns with too many wildcards', () => {
  const path = `k8s/${'a'.repeat(200)}/kustomization.yaml`;
  expect(locateKustomizations(`k8s/${'*a'.repeat(20)}b`, [path])).toMatchObject({
    problem: { code: 'deploy/kustomization-missing', message: expect.stringMatching(/takes too long/) },
  });
  for (const pattern of [`k8s/${'+(a|aa)'.repeat(10)}b`, `k8s/+(${'+(a'.repeat(8)}${')'.repeat(9)}b`])
    expect(locateKustomizations(pattern, [path]).status).toBe('problem');
});

describe('a pattern matches', () => {
  test.each<[string, string, string[]]>([
    [
      'Kustomizations of any standard name in the matched folders',
      'k8s/overlays/*',
      ['k8s/overlays/eu/kustomization.yaml', 'k8s/overlays/us/Kustomization'],
    ],
    [
      'the same folders if it ends in a slash',
      'k8s/overlays/*/',
      ['k8s/overlays/eu/kustomization.yaml', 'k8s/overlays/us/Kustomization'],
    ],
    [
      'files on any level',
      '**/kustomization.yaml',
      ['k8s/[odd]/kustomization.yaml', 'k8s/overlays/eu/kustomization.yaml'],
    ],
    [
      'each of several alternatives',
      './k8s/{base,overlays/eu}',
      ['k8s/base/kustomization.yml', 'k8s/overlays/eu/kustomization.yaml'],
    ],
    [
      'only Kustomizations, although the wildcards also cover manifests and patches',
      'k8s/{base,overlays}/**',
      ['k8s/base/kustomization.yml', 'k8s/overlays/eu/kustomization.yaml', 'k8s/overlays/us/Kustomization'],
    ],
    ['no YAML file of another name through a wildcard', 'teams/**/*.yaml', []],
    [
      'a file of another name that the pattern spells out in full',
      'teams/*/images.yaml',
      ['teams/api/images.yaml', 'teams/web/images.yaml'],
    ],
    [
      'a second Kustomization next to the first',
      'k8s/overlays/*/kustomization-*.yaml',
      ['k8s/overlays/us/kustomization-canary.yaml'],
    ],
    [
      "each folder that it doesn't exclude",
      'k8s/!(overlays)',
      ['k8s/[odd]/kustomization.yaml', 'k8s/base/kustomization.yml'],
    ],
    [
      'only direct subfolders through a single asterisk',
      'k8s/*',
      ['k8s/[odd]/kustomization.yaml', 'k8s/base/kustomization.yml'],
    ],
    ['no hidden folder through a wildcard', '*', []],
    ['a hidden folder that it names', '.hidden/*.yaml', ['.hidden/kustomization.yaml']],
  ])('%s: %s', (_, pattern, expected) => {
    const located = locateKustomizations(pattern, PATHS);
    expect(located.status === 'found' ? located.paths : []).toEqual(expected);
    if (expected.length === 0) expect(located).toMatchObject({ problem: { code: 'deploy/kustomization-missing' } });
  });

  test('the folder of exactly that name, if it exists', () => {
    expect(locateKustomizations('k8s/[odd]', PATHS)).toEqual({
      status: 'found',
      paths: ['k8s/[odd]/kustomization.yaml'],
    });
  });
});

describe('a pattern is refused', () => {
  test('if it matches nothing; the fix lists existing Kustomizations', () => {
    expect(locateKustomizations('k8s/overlay/*', PATHS)).toMatchObject({
      status: 'problem',
      problem: {
        code: 'deploy/kustomization-missing',
        message: 'No Kustomization on the branch that is deployed to matches "k8s/overlay/*".',
        fix: expect.stringMatching(/^Set deploy.kustomization to .*: k8s\/.*k8s\/overlays\/eu\/kustomization.yaml/),
      },
    });
  });

  test('if the branch has no Kustomization', () => {
    expect(locateKustomizations('k8s/*', ['README.md'])).toMatchObject({
      problem: { fix: 'Commit a Kustomization there first; the branch has none.' },
    });
  });

  test('if matched folders contain two Kustomizations each; the error lists all of these folders', () => {
    const names = ['kustomization.yaml', 'Kustomization'];
    const paths = ['a', 'b', 'c'].flatMap((folder) => names.map((name) => `${folder}/${name}`));
    expect(locateKustomizations('{a,b}/kustomization.yaml', paths)).toMatchObject({
      problem: {
        code: 'deploy/kustomize-rejects',
        message:
          'a/ contains kustomization.yaml and Kustomization, b/ contains kustomization.yaml and Kustomization; kustomize rejects such a folder.',
      },
    });
  });

  test.each(['../*', 'k8s/../../*/kustomization.yaml', '/k8s/*'])('if it leaves the repository: %s', (pattern) => {
    expect(locateKustomizations(pattern, PATHS)).toMatchObject({
      problem: { code: 'deploy/kustomization-missing' },
    });
  });
});

const CONFIGURED = [
  'README.md',
  'k8s/kustomization.yml',
  'k8s/kustomization-prod.yml',
  'over/eu/kustomization.yaml',
  'twice/Kustomization',
  'twice/kustomization.yaml',
  'link',
];

test.each([
  ['k8s/kustomization.yml', 'k8s/kustomization.yml'],
  ['./k8s/../k8s//kustomization.yml', 'k8s/kustomization.yml'],
  ['k8s', 'k8s/kustomization.yml'],
  ['over/eu/', 'over/eu/kustomization.yaml'],
  ['k8s/kustomization-prod.yml', 'k8s/kustomization-prod.yml'],
])('resolves the path %s to %s', (configured, path) => {
  expect(locateKustomizations(configured, CONFIGURED)).toEqual({ status: 'found', paths: [path] });
});

test.each([
  ['../other/k8s', 'deploy/kustomization-missing', 'relative to the root'],
  ['/etc/kustomization.yml', 'deploy/kustomization-missing', 'relative to the root'],
  ['twice', 'deploy/kustomize-rejects', 'Keep one'],
  ['twice/kustomization.yaml', 'deploy/kustomize-rejects', 'Keep one'],
  ['k8s/kustomization.yaml', 'deploy/kustomization-missing', 'k8s/kustomization.yml'],
  ['over/us/kustomization.yaml', 'deploy/kustomization-missing', 'over/eu/kustomization.yaml'],
  ['link/kustomization.yaml', 'deploy/kustomization-missing', 'k8s/kustomization.yml'],
  ['.', 'deploy/kustomization-missing', 'k8s/kustomization.yml'],
])('refuses the path %s with %s', (configured, code, hint) => {
  const location = locateKustomizations(configured, CONFIGURED);
  expect(location).toMatchObject({ status: 'problem', problem: { code } });
  expect(location.status === 'problem' && location.problem.fix).toContain(hint);
});
