import { bytesOf, DIGEST, edit, OTHER } from './fixtures.js';

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
