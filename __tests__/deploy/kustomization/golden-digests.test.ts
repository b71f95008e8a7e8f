import { editKustomization, readKustomization } from '../../../src/deploy/kustomization/kustomization.js';
import { releaseEdit } from '../../../src/deploy/kustomization/fields.js';
import { bytesOf, problemsOf } from './fixtures.js';
import { edit, refusal } from './golden-edits.js';

const OLD = `sha256:${'1'.repeat(64)}`;
const NEW = `sha256:${'a'.repeat(64)}`;

/** A release through its own rules instead of a person's spec. */
function release(
  text: string,
  pin: 'tag' | 'digest' | 'both',
  released: { tag: string; digest?: string },
): string {
  const [entry] = readKustomization({ path: 'k.yaml', bytes: bytesOf(text) }).entries;
  const edits = [releaseEdit(entry!, released, pin)];
  const result = editKustomization({ path: 'k.yaml', bytes: bytesOf(text), edits });
  return result.status === 'changed' ? Buffer.from(result.bytes).toString('utf8') : text;
}

describe('7 digest present, tag set', () => {
  const pinned = `images:\n- name: api\n  newTag: v1 # t\n  digest: ${OLD} # d\n`;
  test('both are updated', () => {
    const both = pinned.replace('v1', 'v2').replace(OLD, NEW);
    expect(edit(pinned, [`api=:v2@${NEW}`])).toBe(both);
  });
  test.each(['tag', 'digest', 'both'] as const)('by a release too, whatever it pins: %s', (pin) => {
    expect(release(pinned, pin, { tag: 'v2', digest: NEW })).toBe(
      pinned.replace('v1', 'v2').replace(OLD, NEW),
    );
  });
  test('an entry with a digest alone keeps having one', () => {
    const text = `images:\n- name: api\n  digest: ${OLD}\n`;
    expect(release(text, 'digest', { tag: 'v2', digest: NEW })).toBe(text.replace(OLD, NEW));
    expect(release(text, 'tag', { tag: 'v2', digest: NEW })).toContain(`digest: ${NEW}`);
  });
  test('a tag alone is refused: it would stand beside the digest of another image', () => {
    expect(refusal(pinned, ['api=:v2'])).toEqual(['deploy/entry-pinned k.yaml:2:3']);
    expect(problemsOf(() => release(pinned, 'tag', { tag: 'v2' }))[0]?.code).toBe('deploy/digest-unknown');
  });
});

describe('11 Renovate form kept in form', () => {
  const text = `images:\n- name: api\n  newTag: "2@${OLD}" # pinned\n`;
  const updated = text.replace(`2@${OLD}`, `3@${NEW}`);
  test('by set', () => expect(edit(text, [`api=:3@${NEW}`])).toBe(updated));
  test.each(['tag', 'digest', 'both'] as const)('by a release that pins %s', (pin) => {
    expect(release(text, pin, { tag: '3', digest: NEW })).toBe(updated);
  });
});
