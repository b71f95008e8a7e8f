import { releaseEdit } from '../../../src/deploy/kustomization/fields.js';
import { editKustomization, readKustomization } from '../../../src/deploy/kustomization/kustomization.js';
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
