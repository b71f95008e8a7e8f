import { editKustomization } from '../../../src/deploy/kustomization/kustomization.js';
import { bytesOf, edit, edited, OTHER, problemsOf, refusal } from './fixtures.js';

describe('a refused edit', () => {
  test.each<[string, string, string[]]>([
    [
      'an anchored tag used elsewhere',
      'images:\n- name: api\n  newTag: &t v1\n- name: web\n  newTag: *t\n',
      ['deploy/kustomization-unsafe'],
    ],
    [
      'an alias as a tag',
      'images:\n- name: web\n  newTag: &t v1\n- name: api\n  newTag: *t\n',
      ['deploy/kustomization-unsafe:5:3'],
    ],
    [
      'an entry merged into another',
      'images:\n- &b\n  name: api\n  newTag: v1\n- <<: *b\n  name: web\n',
      ['deploy/kustomization-unsafe'],
    ],
    [
      'an entry with a merge key',
      'images:\n- &b\n  name: web\n  newTag: v1\n- <<: *b\n  name: api\n',
      ['deploy/kustomization-unsafe:6:3'],
    ],
    [
      'an entry that is an alias',
      'x: &e {name: api, newTag: v1}\nimages:\n- *e\n',
      ['deploy/kustomization-unsafe:3:3'],
    ],
    ['a list used elsewhere', 'images: &i\n- name: api\n  newTag: v1\nx: *i\n', ['deploy/kustomization-unsafe']],
    ['a list that is an alias', 'x: &i [{name: api}]\nimages: *i\n', ['deploy/kustomization-unsafe:2:9']],
    ['an alias to nothing', 'images:\n- name: api\nx: *none\n', ['deploy/kustomization-unreadable']],
    [
      'aliases that expand exponentially',
      `images:\n- name: api\na0: &a0 [x]\n${Array.from({ length: 9 }, (_, n) => `a${n + 1}: &a${n + 1} [${Array(10).fill(`*a${n}`).join(', ')}]\n`).join('')}`,
      ['deploy/kustomization-unreadable'],
    ],
    ['a tag with an explicit type', 'images:\n- name: api\n  newTag: !!int 1\n', ['deploy/kustomization-unsafe:3:3']],
    ['a tag that is a map', 'images:\n- name: api\n  newTag: {{ .Values.tag }}\n', ['deploy/kustomization-unsafe:3:3']],
    ['a tag without a colon', 'images:\n- {name: api, newTag}\n', ['deploy/kustomization-unsafe:2:15']],
    [
      'a tag that is a block scalar',
      'images:\n- name: api\n  newTag: |\n    v1\n',
      ['deploy/kustomization-unsafe:3:3'],
    ],
    [
      'a duplicate newTag key',
      'images:\n- name: api\n  newTag: v1\n  newTag: v1\n',
      ['deploy/kustomization-unsafe:4:3'],
    ],
    ['a duplicate images key', 'images:\n- name: api\nimages:\n- name: api\n', ['deploy/kustomization-unsafe:4:1']],
    ['a list that is a map', 'images:\n  name: api\n', ['deploy/kustomization-unsafe:2:3']],
    [
      'two digests in one entry',
      `images:\n- name: api\n  newTag: v1@${OTHER}\n  digest: ${OTHER}\n`,
      ['deploy/kustomization-unsafe:2:3'],
    ],
    ['a second document', 'images:\n- name: api\n---\nkind: Kustomization\n', ['deploy/kustomization-unsafe:4:1']],
    [
      'two entries of the same name',
      'images:\n- name: api\n  newTag: v1\n- name: api\n  newTag: v1\n',
      ['deploy/kustomization-unsafe:4:3'],
    ],
    ['an unknown key in the entry', 'images:\n- name: api\n  newTags: v1\n', ['deploy/kustomize-rejects:3:3']],
    ['a missing entry', 'kind: Kustomization\nimages:\n- name: web\n', ['deploy/entry-missing:2:1']],
    ['a file without an images list', 'kind: Kustomization\n', ['deploy/entry-missing']],
    ['a file with only comments', '# empty\n', ['deploy/entry-missing']],
    [
      "Flux's Kustomization resource",
      'kind: Kustomization\napiVersion: kustomize.toolkit.fluxcd.io/v1\n',
      ['deploy/kustomization-missing:2:13'],
    ],
    ['a Deployment', 'apiVersion: apps/v1\nkind: Deployment\n', ['deploy/kustomization-missing:2:7']],
    ['a list at the top level', '- a\n- b\n', ['deploy/kustomization-missing:1:1']],
    [
      'a merge conflict',
      'images:\n<<<<<<< HEAD\n- name: api\n=======\n- name: web\n>>>>>>> x\n',
      ['deploy/kustomization-unreadable:2:1'],
    ],
    ['a tab as indentation', 'images:\n- name: api\n\tnewTag: v1\n', ['deploy/kustomization-unreadable:3:1']],
    ['an unclosed quote', 'images:\n- name: "api\n', ['deploy/kustomization-unreadable:3:1']],
    ['a NUL character', 'images:\n- name: a\0pi\n', ['deploy/kustomization-unreadable:2:10']],
    [
      'a line separator in a comment, after which kustomize reads a second newTag',
      'images:\n- name: api\n  newTag: v1 # was\u2028  newTag: v0\n',
      ['deploy/kustomization-unreadable:3:19'],
    ],
    ['a lone carriage return', 'images:\r- name: api\n', ['deploy/kustomization-unreadable:1:8']],
    ['a file of more than a megabyte', `images: []\n${'# filler\n'.repeat(120_000)}`, ['deploy/kustomization-missing']],
  ])('reports code and place for %s', (_, text, expected) => {
    expect(refusal(text, [`api=:v2`])).toEqual(expected);
  });

  test('reports code and place for bytes that are not UTF-8', () => {
    const bytes = Buffer.from('images:\n- name: api # caf\xe9\n', 'latin1');
    expect(refusal(bytes, ['api=:v2'])).toEqual(['deploy/kustomization-unreadable:2:18']);
  });

  test('reports code and place for a truncated UTF-8 sequence', () => {
    const bytes = Buffer.concat([bytesOf('images:\n# '), Buffer.from([0xe2, 0x82])]);
    expect(refusal(bytes, ['api=:v2'])).toEqual(['deploy/kustomization-unreadable:2:3']);
  });

  test('reports code and place for UTF-16', () => {
    const bytes = Buffer.from('\ufeffimages:\n', 'utf16le');
    expect(refusal(bytes, ['api=:v2'])).toEqual(['deploy/kustomization-unreadable:1:1']);
  });

  test('lists the existing entries and suggests the most similar one if the entry is missing', () => {
    const text = 'images:\n- name: acme-api\n- name: acme-frontend\n';
    const [problem] = problemsOf(() => edit(text, ['acme-apl=:v2']));
    expect(problem?.message).toBe('k.yaml has no entry for acme-apl; there are: acme-api, acme-frontend.');
    expect(problem?.fix).toMatch(/^Did you mean acme-api\?/);
  });

  test('reports the problems of all edits together', () => {
    const text = `images:\n- name: api\n  newTag: v1\n- name: web\n  digest: ${OTHER}\n- name: job\n  x: y\n`;
    expect(refusal(text, ['api=:v2', 'web=:v2', 'job=:v2', 'none=:v2'])).toEqual([
      'deploy/entry-pinned:4:3',
      'deploy/kustomize-rejects:7:3',
      'deploy/entry-missing:1:1',
    ]);
  });

  test('reports two edits of the same entry', () => {
    expect(refusal('images:\n- name: api\n  newTag: v1\n', ['api=:v2', 'api=:v3'])).toEqual([
      'deploy/kustomization-unsafe:2:3',
    ]);
    expect(refusal('images: []\n', ['api=:v2', 'api=:v3'], 'add')).toEqual(['deploy/kustomization-unsafe']);
  });

  test.each(['API', 'a b', 'ghcr.io/', '*'])('rejects the name %j for an added entry', (name) => {
    expect(refusal('images: []\n', [`${name}=:v2`], 'add')).toEqual(['image/invalid-reference']);
  });

  test('adds no entry to a list that an alias reuses', () => {
    const text = 'images: &i\n- name: web\nx: *i\n';
    expect(refusal(text, ['api=:v2'], 'add')).toEqual(['deploy/kustomization-unsafe']);
  });

  test.each([
    ['tag', { name: 'api', tag: '-v2' }],
    ['tag', { name: 'api', tag: 'v2@sha256:1' }],
    ['digest', { name: 'api', tag: 'v2', digest: 'sha256:abc' }],
    ['name', { name: 'api', newName: 'ghcr.io/Acme/api' }],
    ['name', { name: 'api', newName: 'ghcr.io/acme/api:v2' }],
  ])('rejects an invalid %s: %j', (_, wanted) => {
    const request = { path: 'k.yaml', bytes: bytesOf('images:\n- name: api\n'), edits: [wanted] };
    expect(problemsOf(() => editKustomization(request)).map(({ code }) => code)).toEqual(['image/invalid-reference']);
  });
});

describe('an edit succeeds in a file with', () => {
  test.each([
    ['two other entries of the same name', 'images:\n- name: x\n- name: x\n- name: api\n  newTag: v1\n'],
    ['an unknown key in another entry', 'images:\n- name: x\n  y: z\n- name: api\n  newTag: v1\n'],
    [
      'an anchor and an alias in other entries',
      'images:\n- name: x\n  newTag: &t v1\n- name: y\n  newTag: *t\n- name: api\n  newTag: v1\n',
    ],
    ['other entries without a name', 'images:\n- newTag: v1\n-\n- name: api\n  newTag: v1\n'],
    ['duplicate keys outside of the list', 'commonLabels: {a: b, a: c}\nimages:\n- name: api\n  newTag: v1\n'],
    ['a comment directly after a quote', "images:\n- name: 'api'#c\n  newTag: v1\n"],
    ['tabs around values', 'images:\n- name:\tapi\t\n  newTag:\tv1\t# c\n'],
    ['a long key', `images:\n- name: api\n  newTag: v1\n${'a'.repeat(1100)}: b\n`],
  ])('%s', (_, text) => {
    const at = text.lastIndexOf('v1');
    expect(edited(text, ['api=:v2'])).toBe(`${text.slice(0, at)}v2${text.slice(at + 2)}`);
  });
});
