import { application, found } from './override-samples.js';

describe('no override is', () => {
  test.each([
    ['an Application without images', application('').replace(/ {4}kustomize:[^]*/, '')],
    ['an Application without a list', application('').replace('images:', 'images: acme-api:v1')],
    [
      'an Application of another API',
      application('        - acme-api:v1\n').replace('argoproj.io', 'app.k8s.io'),
    ],
    ['a Kustomization of kustomize', 'kind: Kustomization\nimages:\n- name: acme-api\n  newTag: v1\n'],
    ['a file that is no YAML', 'apiVersion: argoproj.io/v1alpha1\nspec: {{- if .x }}\n\t"'],
    ['a list', '- apiVersion: argoproj.io/v1alpha1\n'],
    ['nothing', ''],
  ])('%s', (_, text) => {
    expect(found(text)).toEqual([]);
  });
});
