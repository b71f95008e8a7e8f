import { problemsOf } from './fixtures.js';
import { edit, LIST, refusal } from './golden-edits.js';

describe('12 missing entry', () => {
  test('appended in local style where that is asked for', () => {
    const text = `images:\n  - name: 'web' # w\n    newTag: 'v1'\n    # about web\n  # foot\nresources: [a.yaml]\n`;
    expect(edit(text, ['api=:v2'], 'add')).toBe(
      `images:\n  - name: 'web' # w\n    newTag: 'v1'\n    # about web\n  - name: 'api'\n    newTag: 'v2'\n  # foot\nresources: [a.yaml]\n`,
    );
  });
  test.each([
    [
      'no list',
      'resources:\n  - a.yaml\n',
      'resources:\n  - a.yaml\nimages:\n  - name: api\n    newTag: v2\n',
    ],
    ['an empty list', 'images: []\n', 'images: [{name: api, newTag: v2}]\n'],
    ['an empty list on lines', 'images: [\n]\n', 'images: [{name: api, newTag: v2}\n]\n'],
    [
      'a key without list',
      'images:\nresources:\n- a\n',
      'images:\n- name: api\n  newTag: v2\nresources:\n- a\n',
    ],
    ['a flow list', 'images: [{name: web}]\n', 'images: [{name: web}, {name: api, newTag: v2}]\n'],
  ])('%s', (_, text, expected) => {
    expect(edit(text, ['api=:v2'], 'add')).toBe(expected);
  });
  test('else an error listing the names there are', () => {
    const [problem] = problemsOf(() => edit(LIST, ['apii=:v2']));
    expect(problem).toMatchObject({
      code: 'deploy/entry-missing',
      message: 'k.yaml has no entry for apii; there are: api, web.',
      fix: expect.stringContaining('Did you mean api?'),
    });
  });
  test('a list whose key is misspelt is not given a second one beside it', () => {
    const text = 'image:\n- name: api\n  newTag: v1\n';
    expect(refusal(text, ['api=:v2'])).toEqual(['deploy/entry-missing k.yaml:1:1']);
    expect(refusal(text, ['api=:v2'], 'add')).toEqual(['deploy/kustomization-unsafe k.yaml:1:1']);
  });
});
