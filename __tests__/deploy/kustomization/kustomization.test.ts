import { applyPatch } from 'diff';
import { parseImageSpec } from '../../../src/deploy/kustomization/image-spec.js';
import { editKustomization } from '../../../src/deploy/kustomization/kustomization.js';
import { unifiedDiff } from '../../../src/deploy/diff.js';
import { bytesOf, type GoldenCase, goldenCases, problemsOf } from './fixtures.js';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const OTHER = `sha256:${'1'.repeat(64)}`;

function edit(text: string | Uint8Array, specs: string[], missing: 'refuse' | 'add' = 'refuse') {
  const bytes = typeof text === 'string' ? bytesOf(text) : text;
  return editKustomization({ path: 'k.yaml', bytes, edits: specs.map(parseImageSpec), missing });
}

function edited(text: string, specs: string[], missing: 'refuse' | 'add' = 'refuse'): string {
  const result = edit(text, specs, missing);
  return result.status === 'changed' ? Buffer.from(result.bytes).toString() : text;
}

function refusal(text: string | Uint8Array, specs: string[], missing: 'refuse' | 'add' = 'refuse') {
  return problemsOf(() => edit(text, specs, missing)).map(({ code, place }) =>
    [code, place?.line, place?.column].filter((part) => part !== undefined).join(':'),
  );
}

describe('golden cases', () => {
  test.each(goldenCases)(
    '$name: exactly the lines of its diff change',
    ({ name, bytes, specs, missing, diff }) => {
      expect(unifiedDiff(name, bytes.toString(), edited(bytes.toString(), specs, missing))).toBe(diff);
    },
  );

  const shapes: [string, (text: string) => string][] = [
    ['CRLF line ends', (text) => text.replaceAll('\n', '\r\n')],
    ['lone CR line ends', (text) => text.replaceAll('\n', '\r')],
    ['a byte-order mark', (text) => `\ufeff${text}`],
    ['no final newline', (text) => text.replace(/\n$/, '')],
    ['many blank lines at the end', (text) => `${text}\n\n\n`],
    ['a comment on top', (text) => `# top\n\n${text}`],
  ];
  const shaped = shapes.flatMap(([shape, change]) =>
    goldenCases.map((golden) => ({ shape, change, ...golden })),
  );

  test.each(shaped)('$name with $shape keeps it', ({ change, bytes, specs, missing, diff }) => {
    const text = bytes.toString();
    const expected = applyPatch(text, diff);
    expect(expected).not.toBe(false);
    expect(edited(change(text), specs, missing)).toBe(change(String(expected)));
  });

  test.each(goldenCases)(
    '$name: setting the same again changes nothing',
    ({ bytes, specs, missing }: GoldenCase) => {
      expect(edit(edited(bytes.toString(), specs, missing), specs, missing)).toEqual({ status: 'unchanged' });
    },
  );
});

describe('what is reported', () => {
  test('each change names the entry, its references before and after, and its line', () => {
    const text = `images:\n- name: api\n- name: web\n  newName: ghcr.io/acme/web\n  newTag: v1\n  digest: ${OTHER}\n`;
    expect(edit(text, ['api=:v2', `web=:v2@${DIGEST}`])).toMatchObject({
      status: 'changed',
      changes: [
        { name: 'api', before: 'api', after: 'api:v2', line: 2 },
        {
          name: 'web',
          before: `ghcr.io/acme/web:v1@${OTHER}`,
          after: `ghcr.io/acme/web:v2@${DIGEST}`,
          line: 4,
        },
      ],
    });
  });

  test('an entry that already has the wanted value is not among the changes', () => {
    const result = edit('images:\n- name: api\n  newTag: v1\n- name: web\n  newTag: v1\n', [
      'api=:v1',
      'web=:v2',
    ]);
    expect(result).toMatchObject({ changes: [{ name: 'web' }] });
  });

  test('an entry that was added has no reference before', () => {
    const result = edit('images: []\n', ['api=:v2'], 'add');
    expect(result).toMatchObject({ changes: [{ name: 'api', before: undefined, after: 'api:v2', line: 1 }] });
  });

  test('the bytes given are not written to', () => {
    const bytes = bytesOf('images:\n- name: api\n  newTag: v1\n');
    const copy = bytes.slice();
    edit(bytes, ['api=:v2']);
    expect(bytes).toEqual(copy);
  });
});

describe('tag and digest name one image', () => {
  const tag = 'images:\n- name: api\n  newTag: v1\n';
  const digest = `images:\n- name: api\n  digest: ${OTHER}\n`;
  const both = `images:\n- name: api\n  newTag: v1\n  digest: ${OTHER}\n`;
  const joined = `images:\n- name: api\n  newTag: v1@${OTHER}\n`;

  test.each([
    ['a tag alone for an entry with a digest', digest, ['api=:v2']],
    ['a tag alone for an entry with both', both, ['api=:v2']],
    ['a tag alone for a tag with a digest behind it', joined, ['api=:v2']],
    ['a digest alone for an entry with a tag', tag, [`api=@${DIGEST}`]],
    ['a digest alone for an entry with both', both, [`api=@${DIGEST}`]],
    ['a digest alone for a tag with a digest behind it', joined, [`api=@${DIGEST}`]],
  ])('%s is refused', (_, text, specs) => {
    expect(refusal(text, specs)).toEqual(['deploy/entry-pinned:2:3']);
  });

  test.each([
    ['the tag that is there', both, ['api=:v1']],
    ['the tag that is there before a digest', joined, ['api=:v1']],
    ['the digest that is there', both, [`api=@${OTHER}`]],
    ['both as they are', joined, [`api=:v1@${OTHER}`]],
  ])('%s changes nothing', (_, text, specs) => {
    expect(edit(text, specs)).toEqual({ status: 'unchanged' });
  });

  test('newName alone leaves tag and digest', () => {
    expect(edited(both, ['api=ghcr.io/acme/api'])).toBe(
      `images:\n- name: api\n  newName: ghcr.io/acme/api\n  newTag: v1\n  digest: ${OTHER}\n`,
    );
  });

  test('a newName that is the name already is not written', () => {
    expect(edit(tag, ['api=api:v1'])).toEqual({ status: 'unchanged' });
  });
});

describe('refusals name the place', () => {
  test.each<[string, string, string[]]>([
    [
      'an anchored tag used elsewhere',
      'images:\n- name: api\n  newTag: &t v1\n- name: web\n  newTag: *t\n',
      ['deploy/kustomization-unsafe:3:14'],
    ],
    [
      'an alias as tag',
      'images:\n- name: web\n  newTag: &t v1\n- name: api\n  newTag: *t\n',
      ['deploy/kustomization-unsafe:5:11'],
    ],
    [
      'an entry merged into another',
      'images:\n- &b\n  name: api\n  newTag: v1\n- <<: *b\n  name: web\n',
      ['deploy/kustomization-unsafe:3:3'],
    ],
    [
      'a tag from a merge key',
      'images:\n- &b\n  name: web\n  newTag: v1\n- <<: *b\n  name: api\n',
      ['deploy/kustomization-unsafe:5:3'],
    ],
    [
      'an entry that is an alias',
      'x: &e {name: api, newTag: v1}\nimages:\n- *e\n',
      ['deploy/kustomization-unsafe:3:3'],
    ],
    [
      'a list used elsewhere',
      'images: &i\n- name: api\n  newTag: v1\nx: *i\n',
      ['deploy/kustomization-unsafe:2:3'],
    ],
    ['a list that is an alias', 'x: &i [{name: api}]\nimages: *i\n', ['deploy/kustomization-unsafe:2:9']],
    [
      'a tag of another type',
      'images:\n- name: api\n  newTag: !!int 1\n',
      ['deploy/kustomization-unsafe:3:17'],
    ],
    [
      'a tag that is a map',
      'images:\n- name: api\n  newTag: {{ .Values.tag }}\n',
      ['deploy/kustomization-unsafe:3:3'],
    ],
    [
      'a tag ending in a line break',
      'images:\n- name: api\n  newTag: |\n    v1\n',
      ['deploy/kustomization-unsafe:3:11'],
    ],
    [
      'a tag over two lines',
      'images:\n- name: api\n  newTag: >-\n    v1\n    v2\n',
      ['deploy/kustomization-unsafe:3:11'],
    ],
    [
      'a tag written twice',
      'images:\n- name: api\n  newTag: v1\n  newTag: v1\n',
      ['deploy/kustomization-unsafe:4:3'],
    ],
    [
      'a list that is written twice',
      'images:\n- name: api\nimages:\n- name: api\n',
      ['deploy/kustomization-unsafe:3:1'],
    ],
    ['a list that is a map', 'images:\n  name: api\n', ['deploy/kustomization-unsafe:2:3']],
    [
      'two digests in one entry',
      `images:\n- name: api\n  newTag: v1@${OTHER}\n  digest: ${OTHER}\n`,
      ['deploy/kustomization-unsafe:2:3'],
    ],
    [
      'a second document',
      'images:\n- name: api\n---\nkind: Kustomization\n',
      ['deploy/kustomization-unsafe:4:1'],
    ],
    [
      'two entries of the name',
      'images:\n- name: api\n  newTag: v1\n- name: api\n  newTag: v1\n',
      ['deploy/entry-ambiguous:4:3'],
    ],
    [
      'an unknown key in the entry',
      'images:\n- name: api\n  newTags: v1\n',
      ['deploy/entry-field-unknown:3:3'],
    ],
    ['no such entry', 'kind: Kustomization\nimages:\n- name: web\n', ['deploy/entry-missing:2:1']],
    ['no list at all', 'kind: Kustomization\n', ['deploy/entry-missing']],
    ['nothing but comments', '# empty\n', ['deploy/entry-missing']],
    [
      "Flux's own Kustomization",
      'kind: Kustomization\napiVersion: kustomize.toolkit.fluxcd.io/v1\n',
      ['deploy/kustomization-foreign:2:13'],
    ],
    ['a Deployment', 'apiVersion: apps/v1\nkind: Deployment\n', ['deploy/kustomization-foreign:2:7']],
    ['a list instead of keys', '- a\n- b\n', ['deploy/kustomization-foreign:1:1']],
    [
      'a merge conflict',
      'images:\n<<<<<<< HEAD\n- name: api\n=======\n- name: web\n>>>>>>> x\n',
      ['deploy/kustomization-unreadable:2:1'],
    ],
    ['a tab as indentation', 'images:\n- name: api\n\tnewTag: v1\n', ['deploy/kustomization-unreadable:3:1']],
    ['an open quote', 'images:\n- name: "api\n', ['deploy/kustomization-unreadable:3:1']],
    ['a NUL', 'images:\n- name: a\0pi\n', ['deploy/kustomization-unreadable:2:10']],
  ])('%s', (_, text, expected) => {
    expect(refusal(text, [`api=:v2`])).toEqual(expected);
  });

  test('bytes that are not UTF-8', () => {
    const bytes = Buffer.from('images:\n- name: api # caf\xe9\n', 'latin1');
    expect(refusal(bytes, ['api=:v2'])).toEqual(['deploy/kustomization-unreadable:2:18']);
  });

  test('UTF-16', () => {
    const bytes = Buffer.from('\ufeffimages:\n', 'utf16le');
    expect(refusal(bytes, ['api=:v2'])).toEqual(['deploy/kustomization-unreadable:1:1']);
  });

  test('a missing entry is answered with the names there are and the likely one', () => {
    const text = 'images:\n- name: acme-api\n- name: acme-frontend\n';
    const [problem] = problemsOf(() => edit(text, ['acme-apl=:v2']));
    expect(problem?.message).toBe('k.yaml has no entry for acme-apl; there are: acme-api, acme-frontend.');
    expect(problem?.fix).toMatch(/^Did you mean acme-api\?/);
  });

  test('the problems of all edits are told together, and nothing is edited', () => {
    const text = `images:\n- name: api\n  newTag: v1\n- name: web\n  digest: ${OTHER}\n- name: job\n  x: y\n`;
    expect(refusal(text, ['api=:v2', 'web=:v2', 'job=:v2', 'none=:v2'])).toEqual([
      'deploy/entry-pinned:4:3',
      'deploy/entry-field-unknown:7:3',
      'deploy/entry-missing:1:1',
    ]);
  });

  test('two settings for one entry', () => {
    expect(refusal('images:\n- name: api\n  newTag: v1\n', ['api=:v2', 'api=:v3'])).toEqual([
      'deploy/entry-ambiguous:2:3',
    ]);
    expect(refusal('images: []\n', ['api=:v2', 'api=:v3'], 'add')).toEqual(['deploy/entry-ambiguous']);
  });

  test.each(['API', 'a b', 'ghcr.io/', '*'])('an entry can not be added under the name %j', (name) => {
    expect(refusal('images: []\n', [`${name}=:v2`], 'add')).toEqual(['image/invalid-reference']);
  });

  test('an entry can not be added to a list that is used elsewhere', () => {
    expect(refusal('images: &i\n- name: web\nx: *i\n', ['api=:v2'], 'add')).toEqual([
      'deploy/kustomization-unsafe:3:4',
    ]);
  });
});

describe('what does not concern the entry does not stand in the way', () => {
  test.each([
    ['other entries of one name', 'images:\n- name: x\n- name: x\n- name: api\n  newTag: v1\n'],
    ['an unknown key elsewhere', 'images:\n- name: x\n  y: z\n- name: api\n  newTag: v1\n'],
    [
      'an anchor and alias elsewhere',
      'images:\n- name: x\n  newTag: &t v1\n- name: y\n  newTag: *t\n- name: api\n  newTag: v1\n',
    ],
    ['an entry without a name', 'images:\n- newTag: v1\n-\n- name: api\n  newTag: v1\n'],
    ['duplicate keys elsewhere', 'commonLabels: {a: b, a: c}\nimages:\n- name: api\n  newTag: v1\n'],
    [
      'a merge key with another field',
      'images:\n- &b\n  name: x\n  newName: y\n- <<: *b\n  name: api\n  newTag: v1\n',
    ],
    ['a comment right behind a quote', "images:\n- name: 'api'#c\n  newTag: v1\n"],
    ['tabs around values', 'images:\n- name:\tapi\t\n  newTag:\tv1\t# c\n'],
    ['a long key', `images:\n- name: api\n  newTag: v1\n${'a'.repeat(1100)}: b\n`],
  ])('%s', (_, text) => {
    const at = text.lastIndexOf('v1');
    expect(edited(text, ['api=:v2'])).toBe(`${text.slice(0, at)}v2${text.slice(at + 2)}`);
  });
});
