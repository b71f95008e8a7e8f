import { findOverrides, type OverrideTarget } from '../../../src/deploy/overrides/overrides.js';
import { formatPlace } from '../../../src/lib/errors.js';

const targets = (parts: Partial<OverrideTarget> = {}): OverrideTarget[] =>
  ['api', 'frontend'].map((key) => ({
    path: 'k8s/kustomization.yml',
    branch: 'main',
    repository: 'acme/shop',
    key,
    image: `ghcr.io/acme/acme-${key}`,
    entries: [`acme-${key}`],
    ...parts,
  }));

/** `place image effect` of each warning. */
function found(text: string, parts: Partial<OverrideTarget> = {}, file = 'argo/app.yaml'): string[] {
  const files = new Map([[file, new TextEncoder().encode(text)]]);
  return findOverrides(files, targets(parts)).map(({ place, image, message }) =>
    [formatPlace(place!), image, message.includes('may never') ? 'possible' : 'certain'].join(' '),
  );
}

const application = (images: string, source = '') => `
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: { name: shop, namespace: argocd }
spec:
  project: default
  source:
    repoURL: https://github.com/acme/shop.git
    targetRevision: HEAD
    path: k8s
${source}    kustomize:
      images:
${images}`;

const DIGEST = `sha256:${'a'.repeat(64)}`;

describe('an Argo CD Application that overrides an image', () => {
  test('is reported for each image with the reason, the fix, and the place', () => {
    const text = application('        - acme-api:latest\n        - acme-frontend:latest # both\n');
    const problems = findOverrides(new Map([['argo/app.yaml', Buffer.from(text)]]), targets());
    expect(problems).toEqual([
      {
        code: 'deploy/overridden',
        severity: 'warning',
        image: 'api',
        message:
          'The entry for ghcr.io/acme/acme-api in k8s/kustomization.yml never takes effect: the Argo CD Application shop sets acme-api:latest instead.',
        fix: 'Remove acme-api:latest from spec.source.kustomize.images, so that the committed image is deployed.',
        place: { file: 'argo/app.yaml', line: 13, column: 11 },
      },
      expect.objectContaining({ image: 'frontend', place: { file: 'argo/app.yaml', line: 14, column: 11 } }),
    ]);
  });

  test.each([
    ['a tag', 'acme-api:v1', ['certain']],
    ['a digest', `acme-api@${DIGEST}`, ['certain']],
    ['a tag and a digest', `acme-api:v1@${DIGEST}`, ['certain']],
    ['another name', 'acme-api=mirror.example.org:5000/api', ['certain']],
    ['another name and tag', 'acme-api=mirror.example.org:5000/api:v1', ['certain']],
    ['the new name of a renamed image', 'ghcr.io/acme/acme-api:v1', ['possible']],
    ['another name and an unchanged tag', 'acme-api=mirror.example.org/api:*', []],
    ['an image of another name', 'acme-api-docs:v1', []],
    ['an image of another registry', 'quay.io/acme/acme-api:v1', []],
  ])('with %s (%s) has the effects %j', (_, written, effects) => {
    expect(found(application(`        - ${written}\n`))).toEqual(
      effects.map((effect) => `argo/app.yaml:13:11 api ${effect}`),
    );
  });

  test.each<[string, Partial<OverrideTarget>, number]>([
    ['is reported for revision HEAD on any deployed branch', { branch: 'production' }, 1],
    ["isn't reported if the Kustomization is in another folder", { path: 'k8s/eu/kustomization.yaml' }, 0],
    ["isn't reported if Argo CD doesn't look for the name of the Kustomization", { path: 'k8s/second.yaml' }, 0],
    ["isn't reported for another repository", { repository: 'acme/other' }, 0],
    ['is reported if the repository is written in another way', { repository: 'ssh://git@github.com/Acme/shop' }, 1],
    ['is reported if the repository is unknown', { repository: undefined }, 1],
  ])('%s', (_, parts, count) => {
    expect(found(application('        - acme-api:v1\n'), parts)).toHaveLength(count);
  });

  test.each([
    ['main', 1],
    ['refs/heads/main', 1],
    ['""', 1],
    ['production', 0],
    ['v1.2.3', 0],
  ])('is reported only if targetRevision is the deployed branch or empty: %s', (revision, count) => {
    const text = application('        - acme-api:v1\n').replace('HEAD', revision);
    expect(found(text)).toHaveLength(count);
  });

  test.each(['k8s/', './k8s', '/k8s', '"k8s"'])('is reported for path %s', (path) => {
    expect(found(application('        - acme-api:v1\n').replace('path: k8s', `path: ${path}`))).toHaveLength(1);
  });

  test('is found in the matching item of `sources`, and `source` is ignored', () => {
    const text = `
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: { name: shop }
spec:
  source: { path: k8s, kustomize: { images: [acme-api:v0] } }
  sources:
    - { repoURL: https://charts.example.org, chart: redis }
    - repoURL: git@github.com:acme/shop.git
      path: k8s
      kustomize: { images: [acme-api:v1] }
`;
    expect(found(text)).toEqual(['argo/app.yaml:11:29 api certain']);
    const [problem] = findOverrides(new Map([['a.yaml', Buffer.from(text)]]), targets());
    expect(problem?.fix).toContain('spec.sources[].kustomize.images');
  });

  test('is found in every document of a file and for every Kustomization', () => {
    const one = application('        - acme-api:v1\n');
    const two = application('        - acme-frontend:v1\n').replace('path: k8s', 'path: eu');
    const files = new Map([['apps.yml', Buffer.from(`${one}---\n# empty\n---${two}`)]]);
    const both = [...targets(), ...targets({ path: 'eu/Kustomization' })];
    expect(findOverrides(files, both).map(({ place, message }) => [place?.line, message.split(' ')[5]])).toEqual([
      [13, 'k8s/kustomization.yml'],
      [28, 'eu/Kustomization'],
    ]);
  });

  test('is found in an Image Updater parameter file next to the Kustomization', () => {
    const text = 'kustomize:\n  images:\n  - acme-api:v1\n';
    expect(found(text, {}, 'k8s/.argocd-source-shop.yaml')).toEqual(['k8s/.argocd-source-shop.yaml:3:5 api certain']);
    expect(found(text, {}, 'other/.argocd-source-shop.yaml')).toEqual([]);
    expect(found(text, {}, 'k8s/values.yaml')).toEqual([]);
  });
});

describe('an ApplicationSet', () => {
  const set = (path: string, images: string, revision = 'HEAD') => `
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: { name: shops }
spec:
  generators: [{ git: { repoURL: https://github.com/acme/shop.git, directories: [{ path: k8s/* }] } }]
  template:
    metadata: { name: '{{path.basename}}' }
    spec:
      source:
        repoURL: https://github.com/acme/shop.git
        targetRevision: '${revision}'
        path: '${path}'
        kustomize:
          images: ['${images}']
`;

  test.each([
    ['{{path}}', 'acme-api:v1', 'HEAD', ['possible']],
    ['{{ .path.path }}', 'acme-api:v1', 'HEAD', ['possible']],
    ['{{path.basename}}', 'acme-api:v1', 'HEAD', ['possible']],
    ['k8s', 'acme-api:{{tag}}', 'HEAD', ['certain']],
    ['k8s', '{{image}}:v1', 'HEAD', ['possible', 'possible']],
    ['k8s', 'acme-api:v1', '{{branch}}', ['possible']],
    ['k8s', 'acme-api:{{head_sha}}', '{{head_sha}}', []],
    ['k8s', 'acme-api:{{.number}}', '{{ .head_short_sha_7 }}', []],
    ['other/{{path.basename}}', 'acme-api:v1', 'HEAD', []],
    ['{{path}}', 'acme-docs:v1', 'HEAD', []],
  ])('with path %s, image %s, and revision %s has the effects %j', (path, images, revision, effects) => {
    expect(found(set(path, images, revision)).map((line) => line.split(' ')[2])).toEqual(effects);
  });
});

describe('no override is found in', () => {
  test.each([
    ['an Application without images', application('').replace(/ {4}kustomize:[^]*/, '')],
    ['an Application whose images are not a list', application('').replace('images:', 'images: acme-api:v1')],
    ['an Application of another API', application('        - acme-api:v1\n').replace('argoproj.io', 'app.k8s.io')],
    ['a kustomize Kustomization', 'kind: Kustomization\nimages:\n- name: acme-api\n  newTag: v1\n'],
    ['a file that is not YAML', 'apiVersion: argoproj.io/v1alpha1\nspec: {{- if .x }}\n\t"'],
    ['a file with a list at the top level', '- apiVersion: argoproj.io/v1alpha1\n'],
    ['an empty file', ''],
  ])('%s', (_, text) => {
    expect(found(text)).toEqual([]);
  });
});

describe('a Flux Kustomization that overrides an image', () => {
  const flux = (images: string, sourceRef = '{ kind: GitRepository, name: flux-system }') => `
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: shop, namespace: flux-system }
spec:
  path: ./k8s
  sourceRef: ${sourceRef}
  images:
    - ${images}
`;
  const repository = (spec: string) => `---
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: { name: shop, namespace: flux-system }
spec: ${spec}
`;
  const shop = '{ kind: GitRepository, name: shop }';

  test('is reported with what it sets, the fix, and the place', () => {
    const text = flux('{ name: acme-api, newTag: v1 } # {"$imagepolicy": "flux-system:api"}');
    const [problem, ...others] = findOverrides(new Map([['flux/shop.yaml', Buffer.from(text)]]), targets());
    expect(others).toEqual([]);
    expect(problem).toMatchObject({
      message:
        'The entry for ghcr.io/acme/acme-api in k8s/kustomization.yml never takes effect: the Flux Kustomization shop sets acme-api:v1 instead.',
      fix: 'Remove acme-api:v1 from spec.images, so that the committed image is deployed.',
      place: { file: 'flux/shop.yaml', line: 9, column: 15 },
    });
  });

  test.each([
    ['{ name: acme-api, digest: sha256:1 }', ['certain']],
    ['{ name: acme-api, newName: mirror/api, newTag: v1 }', ['certain']],
    ['{ name: acme-api, newName: mirror/api }', ['possible']],
    ['{ name: ghcr.io/acme/acme-api, newTag: v1 }', ['possible']],
    ['{ name: "${image}", newTag: v1 }', ['possible', 'possible']],
    ['{ name: acme-api }', []],
    ['{ name: acme-docs, newTag: v1 }', []],
  ])('with %s has the effects %j', (images, effects) => {
    expect(found(flux(images)).map((line) => line.split(' ')[2])).toEqual(effects);
  });

  const override = '{ name: acme-api, newTag: v1 }';
  test.each([
    ['this repository', repository('{ url: ssh://git@github.com/acme/shop, ref: { branch: main } }'), 'certain'],
    ['this repository without a branch', repository('{ url: https://github.com/acme/shop }'), 'certain'],
    ['another repository', repository('{ url: https://github.com/acme/other }'), undefined],
    [
      'another branch of this repository',
      repository('{ url: https://github.com/acme/shop, ref: { branch: next } }'),
      undefined,
    ],
    [
      'a tag of this repository',
      repository('{ url: https://github.com/acme/shop, ref: { branch: main, tag: v1 } }'),
      undefined,
    ],
    ['a repository that no manifest defines', '', 'possible'],
  ])('has the expected effect if its source is %s', (_, source, effect) => {
    expect(found(`${flux(override, shop)}${source}`).map((line) => line.split(' ')[2])).toEqual(effect ? [effect] : []);
  });

  test('has a possible effect if its source is an OCI artifact', () => {
    const text = flux(override, '{ kind: OCIRepository, name: shop }');
    expect(found(text)).toEqual(['argo/app.yaml:9:15 api possible']);
  });
});
