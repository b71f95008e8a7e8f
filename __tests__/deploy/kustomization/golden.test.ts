import { DIGEST, edited as edit, goldenCases, OTHER } from './fixtures.js';

// Forms that no file of the golden cases has; kustomization.test.ts compares those.

test("Flux's image policy markers stay, so that both writers can be used side by side", () => {
  const commented = goldenCases.find(({ name }) => name === 'comments.yaml')!.bytes.toString('utf8');
  const marker = 'newTag: main-4d5e6f7   # {"$imagepolicy": "flux-system:acme-api:tag"}';
  expect(edit(commented, ['ghcr.io/acme/acme-api=:main-4d5e6f7'])).toContain(marker);
});

test('in a file of mixed line ends each line keeps its own', () => {
  const mixed = 'images:\n- name: api\r\n  newTag: v1\n- name: web\r\n  newTag: v1\r\n';
  expect(edit(mixed, ['api=:v2', 'web=:v3'])).toBe(
    'images:\n- name: api\r\n  newTag: v2\n- name: web\r\n  newTag: v3\r\n',
  );
});

test.each([
  ['a list with blanks around everything', 'images: [ { newTag: v1 , name: api } , { name: web } ] # c\n', 'api=:v2'],
  ['JSON on one line', '{"images":[{"name":"api","newTag":"v1"}]}', 'api=:v2'],
  ['an entry on lines with a comment', 'images: [\n  {\n    name: api,\n    newTag: v1, # c\n  },\n]\n', 'api=:v2'],
  [
    'a newName that is the wanted one',
    'images:\n- name: api\n  newName: ghcr.io/acme/api\n  newTag: v1\n',
    'api=ghcr.io/acme/api:v2',
  ],
])('%s: the tag alone changes', (_, text, spec) => {
  expect(edit(text, [spec])).toBe(text.replace('v1', 'v2'));
});

test('an anchor that nothing refers to stays', () => {
  expect(edit('images:\n- name: api\n  newTag: &t v1\n', ['api=:v2'])).toContain('newTag: &t v2');
});

test('a thousand lines with digests are no bad input', () => {
  const entry = (index: number) =>
    `- name: ghcr.io/acme/service-${index}\n  newName: registry.example.org/acme/service-${index}\n  newTag: v1\n  digest: ${OTHER}\n`;
  const text = `images:\n${Array.from({ length: 250 }, (_, index) => entry(index)).join('')}`;
  const changed = entry(120).replace('v1', 'v2').replace(OTHER, DIGEST);
  expect(edit(text, [`ghcr.io/acme/service-120=:v2@${DIGEST}`])).toBe(text.replace(entry(120), changed));
});

describe('an entry that is missing is appended', () => {
  test.each([
    [
      'in local style',
      `images:\n  - name: 'web' # w\n    newTag: 'v1'\n    # about web\n  # foot\nresources: [a.yaml]\n`,
      `images:\n  - name: 'web' # w\n    newTag: 'v1'\n    # about web\n  - name: 'api'\n    newTag: 'v2'\n  # foot\nresources: [a.yaml]\n`,
    ],
    ['to an empty list on lines', 'images: [\n]\n', 'images: [{name: api, newTag: v2}\n]\n'],
    ['to a key without list', 'images:\nresources:\n- a\n', 'images:\n- name: api\n  newTag: v2\nresources:\n- a\n'],
    [
      'to imageTags, the list of old',
      'imageTags:\n- name: web\n  newTag: v1\n',
      'imageTags:\n- name: web\n  newTag: v1\n- name: api\n  newTag: v2\n',
    ],
  ])('%s', (_, text, expected) => {
    expect(edit(text, ['api=:v2'], 'add')).toBe(expected);
  });
});
