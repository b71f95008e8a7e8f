import { releaseEdit, editKustomization, readKustomization } from '../../../src/deploy/kustomization/kustomization.js';
import { bytesOf, DIGEST, edit, edited, OTHER, refusal } from './fixtures.js';

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

  test.each(['tag', 'digest', 'both'] as const)('a release that pins %s updates both', (pin) => {
    for (const text of [both, joined]) {
      const [entry] = readKustomization({ path: 'k.yaml', bytes: bytesOf(text) }).entries;
      const edits = [releaseEdit(entry!, { tag: 'v2', digest: DIGEST }, pin)];
      const result = editKustomization({ path: 'k.yaml', bytes: bytesOf(text), edits });
      if (result.status !== 'changed') throw new Error('unchanged');
      expect(Buffer.from(result.bytes).toString()).toBe(text.replace('v1', 'v2').replace(OTHER, DIGEST));
    }
  });
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
    const result = edit('images:\n- name: api\n  newTag: v1\n- name: web\n  newTag: v1\n', ['api=:v1', 'web=:v2']);
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
