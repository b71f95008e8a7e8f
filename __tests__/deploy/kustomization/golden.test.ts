import { DIGEST, edited as edit, goldenCases, OTHER } from './fixtures.js';

const LIST = 'images:\n- name: api\n  newTag: v1\n- name: web\n  newTag: v1\n';
const COMMENTED = goldenCases.find(({ name }) => name === 'comments.yaml')!.bytes.toString('utf8');

test('1 one scalar changes, nothing else', () => {
  const at = COMMENTED.indexOf('main-0a1b2c3');
  expect(edit(COMMENTED, ['ghcr.io/acme/acme-api=:main-4d5e6f7'])).toBe(
    `${COMMENTED.slice(0, at)}main-4d5e6f7${COMMENTED.slice(at + 'main-0a1b2c3'.length)}`,
  );
});

test("1 Flux's image policy markers stay, so that both writers can be used side by side", () => {
  const marker = 'newTag: main-4d5e6f7   # {"$imagepolicy": "flux-system:acme-api:tag"}';
  expect(edit(COMMENTED, ['ghcr.io/acme/acme-api=:main-4d5e6f7'])).toContain(marker);
});

describe('2 CRLF', () => {
  const text = '# top\r\nimages:\r\n- name: api # c\r\n  newTag: v1\r\n- name: web\r\n';
  test('stays on every line', () => {
    expect(edit(text, ['api=:v2'])).toBe(text.replace('v1', 'v2'));
  });
  test('ends a new key and a new entry as well', () => {
    expect(edit(text, ['web=:v2', 'job=:v2'], 'add')).toBe(`${text}  newTag: v2\r\n- name: job\r\n  newTag: v2\r\n`);
  });
  test('in a mixed file each line keeps its own', () => {
    const mixed = 'images:\n- name: api\r\n  newTag: v1\n- name: web\r\n  newTag: v1\r\n';
    expect(edit(mixed, ['api=:v2', 'web=:v3'])).toBe(
      'images:\n- name: api\r\n  newTag: v2\n- name: web\r\n  newTag: v3\r\n',
    );
  });
});

test('3 BOM', () => {
  expect(edit(`\ufeff${LIST}`, ['api=:v2'])).toBe(`\ufeff${LIST.replace('v1', 'v2')}`);
});

describe('4 no final newline', () => {
  const text = 'images:\n- name: api\n  newTag: v1';
  test('none is added behind an edit', () => expect(edit(text, ['api=:v2'])).toBe(text.replace('v1', 'v2')));
  test('nor behind an entry that is added', () =>
    expect(edit(text, ['web=:v2'], 'add')).toBe(`${text}\n- name: web\n  newTag: v2`));
});

test.each([
  ['images: [{name: api, newTag: v1}, {name: web, newTag: v1}]\n'],
  ['images: [ { newTag: v1 , name: api } , { name: web } ] # c\n'],
  ['images:\n- {name: api, newTag: v1} # c\n- {name: web}\n'],
  ['{"images":[{"name":"api","newTag":"v1"}]}'],
  ['images: [\n  {\n    name: api,\n    newTag: v1, # c\n  },\n]\n'],
])('5 flow list: %j', (text) => {
  expect(edit(text, ['api=:v2'])).toBe(text.replace('v1', 'v2'));
});

test('6 quoted keys and values keep their quotes', () => {
  const text = `"images":\n- 'name': "api"\n  "newTag": 'v1'\n- "name": 'web'\n  newTag: "v1"\n`;
  expect(edit(text, ['api=:v2', 'web=:v3'])).toBe(
    `"images":\n- 'name': "api"\n  "newTag": 'v2'\n- "name": 'web'\n  newTag: "v3"\n`,
  );
});

test('8 newName kept', () => {
  const text = 'images:\n- name: api\n  newName: ghcr.io/acme/api\n  newTag: v1\n';
  expect(edit(text, ['api=:v2'])).toBe(text.replace('v1', 'v2'));
  expect(edit(text, ['api=ghcr.io/acme/api:v2'])).toBe(text.replace('v1', 'v2'));
});

describe('9 number-like tags get quoted', () => {
  test.each(['1.10', '010', '1e3', '0x1f', '20240131', 'true', 'no', 'null', '1_000'])('%s', (tag) => {
    expect(edit(LIST, [`api=:${tag}`])).toBe(LIST.replace('v1', `"${tag}"`));
    expect(edit(LIST, [`job=:${tag}`], 'add')).toBe(`${LIST}- name: job\n  newTag: "${tag}"\n`);
  });
  test('in the quotes that the file uses', () => {
    const text = `images:\n- name: web\n  newTag: '1.0'\n- name: api\n  newTag: v1\n`;
    expect(edit(text, ['api=:1.10'])).toBe(text.replace('v1', "'1.10'"));
  });
  test('also where the tag stands there already, but as a number that kustomize refuses', () => {
    expect(edit('images:\n- name: api\n  newTag: 1.10\n', ['api=:1.10'])).toContain('newTag: "1.10"');
  });
});

describe('14 Component and imageTags edited', () => {
  test('a Component', () => {
    const text = `apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n${LIST}`;
    expect(edit(text, ['web=:v2'])).toBe(`${text.slice(0, -3)}v2\n`);
  });
  test('imageTags, the list of old', () => {
    const text = 'imageTags:\n- name: api\n  newTag: v1\n';
    expect(edit(text, ['api=:v2'])).toBe(text.replace('v1', 'v2'));
    expect(edit(text, ['web=:v2'], 'add')).toBe(`${text}- name: web\n  newTag: v2\n`);
  });
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

describe('12 missing entry', () => {
  test('appended in local style where that is asked for', () => {
    const text = `images:\n  - name: 'web' # w\n    newTag: 'v1'\n    # about web\n  # foot\nresources: [a.yaml]\n`;
    expect(edit(text, ['api=:v2'], 'add')).toBe(
      `images:\n  - name: 'web' # w\n    newTag: 'v1'\n    # about web\n  - name: 'api'\n    newTag: 'v2'\n  # foot\nresources: [a.yaml]\n`,
    );
  });
  test.each([
    ['no list', 'resources:\n  - a.yaml\n', 'resources:\n  - a.yaml\nimages:\n  - name: api\n    newTag: v2\n'],
    ['an empty list', 'images: []\n', 'images: [{name: api, newTag: v2}]\n'],
    ['an empty list on lines', 'images: [\n]\n', 'images: [{name: api, newTag: v2}\n]\n'],
    ['a key without list', 'images:\nresources:\n- a\n', 'images:\n- name: api\n  newTag: v2\nresources:\n- a\n'],
    ['a flow list', 'images: [{name: web}]\n', 'images: [{name: web}, {name: api, newTag: v2}]\n'],
  ])('%s', (_, text, expected) => {
    expect(edit(text, ['api=:v2'], 'add')).toBe(expected);
  });
});
