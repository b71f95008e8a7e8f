import { edited as edit } from './fixtures.js';

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
});
