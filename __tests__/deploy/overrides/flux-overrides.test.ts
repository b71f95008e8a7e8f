import { findOverrides } from '../../../src/deploy/overrides/overrides.js';
import { found, targets } from './fixtures.js';

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

  test('is told with the place and what it sets', () => {
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
  ])('%s', (images, effects) => {
    expect(found(flux(images)).map((line) => line.split(' ')[2])).toEqual(effects);
  });

  const override = '{ name: acme-api, newTag: v1 }';
  test.each([
    [
      'a repository that is this one',
      repository('{ url: ssh://git@github.com/acme/shop, ref: { branch: main } }'),
      'certain',
    ],
    ['a repository whose branch is not named', repository('{ url: https://github.com/acme/shop }'), 'certain'],
    ['another repository', repository('{ url: https://github.com/acme/other }'), undefined],
    ['another branch', repository('{ url: https://github.com/acme/shop, ref: { branch: next } }'), undefined],
    ['a tag', repository('{ url: https://github.com/acme/shop, ref: { branch: main, tag: v1 } }'), undefined],
    ['a repository that is not among the manifests', '', 'possible'],
  ])('from %s', (_, source, effect) => {
    expect(found(`${flux(override, shop)}${source}`).map((line) => line.split(' ')[2])).toEqual(effect ? [effect] : []);
  });

  test('from an artifact that may have been made of these files', () => {
    const text = flux(override, '{ kind: OCIRepository, name: shop }');
    expect(found(text)).toEqual(['argo/app.yaml:9:15 api possible']);
  });
});
