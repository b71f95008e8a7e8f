import { locateKustomizations } from '../../../src/deploy/kustomization/location.js';
import { editKustomization } from '../../../src/deploy/kustomization/kustomization.js';
import { bytesOf, problemsOf } from './fixtures.js';
import { edit, LIST, refusal } from './golden-edits.js';

describe('10 alias/anchor refused with place', () => {
  test.each([
    [
      'an anchor that is used',
      'images:\n- name: api\n  newTag: &t v1\n- name: web\n  newTag: *t\n',
      'k.yaml:3:14',
    ],
    ['an alias', 'images:\n- name: web\n  newTag: &t v1\n- name: api\n  newTag: *t\n', 'k.yaml:5:11'],
    ['an alias that is the list', 'x: &i [{name: api}]\nimages: *i\n', 'k.yaml:2:9'],
    ['a merge key', 'x: &b {newTag: v1}\nimages:\n- <<: *b\n  name: api\n', 'k.yaml:3:3'],
  ])('%s', (_, text, place) => {
    expect(refusal(text, ['api=:v2'])).toEqual([`deploy/kustomization-unsafe ${place}`]);
  });
  test('an anchor that nothing refers to is no obstacle and stays', () => {
    expect(edit('images:\n- name: api\n  newTag: &t v1\n', ['api=:v2'])).toContain('newTag: &t v2');
  });
});

describe('13 error, no write', () => {
  test.each([
    ['duplicates', 'images:\n- name: api\n- name: web\n- name: api\n', 'deploy/entry-ambiguous k.yaml:4:3'],
    ['several documents', `${LIST}---\n${LIST}`, 'deploy/kustomization-unsafe k.yaml:7:1'],
    [
      'Flux CR',
      'apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nspec: {images: [{name: api}]}\n',
      'deploy/kustomization-foreign k.yaml:1:13',
    ],
    ['unknown field', 'images:\n- name: api\n  tag: v1\n', 'deploy/entry-field-unknown k.yaml:3:3'],
  ])('%s', (_, text, expected) => {
    expect(refusal(text, ['api=:v2'])).toEqual([expected]);
  });
  test('several kustomization file names in a folder', () => {
    const paths = ['k8s/kustomization.yaml', 'k8s/Kustomization'];
    expect(locateKustomizations('k8s', paths)).toMatchObject({
      problem: {
        code: 'deploy/kustomization-ambiguous',
        message: 'k8s/ holds kustomization.yaml and Kustomization; kustomize rejects such a folder.',
      },
    });
  });
});

describe('17 invalid tag, digest or name: refused', () => {
  test.each([
    ['tag', { name: 'api', tag: '-v2' }],
    ['tag', { name: 'api', tag: 'v2@sha256:1' }],
    ['digest', { name: 'api', tag: 'v2', digest: 'sha256:abc' }],
    ['name', { name: 'api', newName: 'ghcr.io/Acme/api' }],
    ['name', { name: 'api', newName: 'ghcr.io/acme/api:v2' }],
    ['name of a new entry', { name: 'ghcr.io/Acme/new', tag: 'v2' }],
  ])('%s %j', (_, wanted) => {
    const attempt = () =>
      editKustomization({ path: 'k.yaml', bytes: bytesOf(LIST), edits: [wanted], missing: 'add' });
    expect(problemsOf(attempt).map(({ code }) => code)).toEqual(['image/invalid-reference']);
  });
});
