import { releaseEdit, editKustomization, readKustomization } from '../../../src/deploy/kustomization/kustomization.js';
import { bytesOf, DIGEST, edit, edited, OTHER, refusal } from './fixtures.js';

describe('tag and digest stay consistent', () => {
  const tag = 'images:\n- name: api\n  newTag: v1\n';
  const digest = `images:\n- name: api\n  digest: ${OTHER}\n`;
  const both = `images:\n- name: api\n  newTag: v1\n  digest: ${OTHER}\n`;
  const joined = `images:\n- name: api\n  newTag: v1@${OTHER}\n`;

  test.each([
    ['a tag alone for an entry with a digest', digest, ['api=:v2']],
    ['a tag alone for an entry with tag and digest', both, ['api=:v2']],
    ['a tag alone for an entry with tag@digest as newTag', joined, ['api=:v2']],
    ['a digest alone for an entry with a tag', tag, [`api=@${DIGEST}`]],
    ['a digest alone for an entry with tag and digest', both, [`api=@${DIGEST}`]],
    ['a digest alone for an entry with tag@digest as newTag', joined, [`api=@${DIGEST}`]],
  ])('refuses %s', (_, text, specs) => {
    expect(refusal(text, specs)).toEqual(['deploy/entry-pinned:2:3']);
  });

  test.each([
    ['the current tag', both, ['api=:v1']],
    ['the current tag of a tag@digest value', joined, ['api=:v1']],
    ['the current digest', both, [`api=@${OTHER}`]],
    ['the current tag and digest', joined, [`api=:v1@${OTHER}`]],
  ])('changes nothing if the edit sets %s', (_, text, specs) => {
    expect(edit(text, specs)).toEqual({ status: 'unchanged' });
  });

  test('setting only newName keeps tag and digest', () => {
    expect(edited(both, ['api=ghcr.io/acme/api'])).toBe(
      `images:\n- name: api\n  newName: ghcr.io/acme/api\n  newTag: v1\n  digest: ${OTHER}\n`,
    );
  });

  test("doesn't write a newName that equals the name", () => {
    expect(edit(tag, ['api=api:v1'])).toEqual({ status: 'unchanged' });
  });

  test.each(['tag', 'digest', 'both'] as const)(
    'a release with pin %s updates tag and digest of an entry that has both',
    (pin) => {
      for (const text of [both, joined]) {
        const [entry] = readKustomization({ path: 'k.yaml', bytes: bytesOf(text) }).entries;
        const edits = [releaseEdit(entry!, { tag: 'v2', digest: DIGEST }, pin)];
        const result = editKustomization({ path: 'k.yaml', bytes: bytesOf(text), edits });
        if (result.status !== 'changed') throw new Error('unchanged');
        expect(Buffer.from(result.bytes).toString()).toBe(text.replace('v1', 'v2').replace(OTHER, DIGEST));
      }
    },
  );
});

describe('the result of an edit', () => {
  test('lists each change with the entry, its references before and after, and its line', () => {
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

  test('omits an entry that already has the requested value', () => {
    const result = edit('images:\n- name: api\n  newTag: v1\n- name: web\n  newTag: v1\n', ['api=:v1', 'web=:v2']);
    expect(result).toMatchObject({ changes: [{ name: 'web' }] });
  });

  test('lists an added entry without a previous reference', () => {
    const result = edit('images: []\n', ['api=:v2'], 'add');
    expect(result).toMatchObject({ changes: [{ name: 'api', before: undefined, after: 'api:v2', line: 1 }] });
  });

  test('leaves the input bytes unmodified', () => {
    const bytes = bytesOf('images:\n- name: api\n  newTag: v1\n');
    const copy = bytes.slice();
    edit(bytes, ['api=:v2']);
    expect(bytes).toEqual(copy);
  });
});
