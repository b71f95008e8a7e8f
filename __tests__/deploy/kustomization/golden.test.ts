import { DIGEST, edited as edit, goldenCases, OTHER } from './fixtures.js';

// Forms that no golden case covers; kustomization.test.ts compares the golden cases.

test("keeps Flux's image policy markers", () => {
  const commented = goldenCases.find(({ name }) => name === 'comments.yaml')!.bytes.toString('utf8');
  const marker = 'newTag: main-4d5e6f7   # {"$imagepolicy": "flux-system:acme-api:tag"}';
  expect(edit(commented, ['ghcr.io/acme/acme-api=:main-4d5e6f7'])).toContain(marker);
});

test('keeps the line ending of each line in a file with mixed line endings', () => {
  const mixed = 'images:\n- name: api\r\n  newTag: v1\n- name: web\r\n  newTag: v1\r\n';
  expect(edit(mixed, ['api=:v2', 'web=:v3'])).toBe(
    'images:\n- name: api\r\n  newTag: v2\n- name: web\r\n  newTag: v3\r\n',
  );
});

test.each([
  ['a list with spaces around all tokens', 'images: [ { newTag: v1 , name: api } , { name: web } ] # c\n', 'api=:v2'],
  ['JSON on one line', '{"images":[{"name":"api","newTag":"v1"}]}', 'api=:v2'],
  [
    'a multi-line flow entry with a comment',
    'images: [\n  {\n    name: api,\n    newTag: v1, # c\n  },\n]\n',
    'api=:v2',
  ],
  [
    'an entry that already has the requested newName',
    'images:\n- name: api\n  newName: ghcr.io/acme/api\n  newTag: v1\n',
    'api=ghcr.io/acme/api:v2',
  ],
])('changes only the tag in %s', (_, text, spec) => {
  expect(edit(text, [spec])).toBe(text.replace('v1', 'v2'));
});

test('keeps an anchor that no alias references', () => {
  expect(edit('images:\n- name: api\n  newTag: &t v1\n', ['api=:v2'])).toContain('newTag: &t v2');
});

test('changes only the requested entry in a file of 1000 lines', () => {
  const entry = (index: number) =>
    `- name: ghcr.io/acme/service-${index}\n  newName: registry.example.org/acme/service-${index}\n  newTag: v1\n  digest: ${OTHER}\n`;
  const text = `images:\n${Array.from({ length: 250 }, (_, index) => entry(index)).join('')}`;
  const changed = entry(120).replace('v1', 'v2').replace(OTHER, DIGEST);
  expect(edit(text, [`ghcr.io/acme/service-120=:v2@${DIGEST}`])).toBe(text.replace(entry(120), changed));
});

describe('appends a missing entry', () => {
  test.each([
    [
      'in the style of the existing entries',
      `images:\n  - name: 'web' # w\n    newTag: 'v1'\n    # about web\n  # foot\nresources: [a.yaml]\n`,
      `images:\n  - name: 'web' # w\n    newTag: 'v1'\n    # about web\n  - name: 'api'\n    newTag: 'v2'\n  # foot\nresources: [a.yaml]\n`,
    ],
    ['to an empty multi-line list', 'images: [\n]\n', 'images: [{name: api, newTag: v2}\n]\n'],
    [
      'to an images key without a value',
      'images:\nresources:\n- a\n',
      'images:\n- name: api\n  newTag: v2\nresources:\n- a\n',
    ],
    [
      'to the legacy imageTags list',
      'imageTags:\n- name: web\n  newTag: v1\n',
      'imageTags:\n- name: web\n  newTag: v1\n- name: api\n  newTag: v2\n',
    ],
  ])('%s', (_, text, expected) => {
    expect(edit(text, ['api=:v2'], 'add')).toBe(expected);
  });
});
