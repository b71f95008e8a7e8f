import { editKustomization } from '../../../src/deploy/kustomization/kustomization.js';
import { readDocument } from '../../../src/deploy/kustomization/document.js';
import { applySplices, planSteps } from '../../../src/deploy/kustomization/plan.js';
import { thinOut } from '../../../src/deploy/kustomization/thin.js';
import { ReleaseError } from '../../../src/lib/errors.js';
import { bytesOf, corpusFiles, ownFiles } from './fixtures.js';

/** The text after setting one tag, or the codes of the refusal; parsed from the whole text or the thin one. */
function outcome(text: string, name: string, source: string): string {
  try {
    const document = readDocument('k.yaml', text, source);
    const steps = planSteps(document, [{ name, tag: 'zz' }], 'refuse');
    return applySplices(
      text,
      steps.flatMap(({ splices }) => splices),
    );
  } catch (error) {
    if (error instanceof ReleaseError) return error.problems.map(({ code }) => code).join();
    throw error;
  }
}

function namesIn(text: string): string[] {
  return [...text.matchAll(/name["']?: *["']?([^\s"',}]+)/g)].map((match) => match[1]!);
}

describe('a thinned text', () => {
  const texts = [...ownFiles, ...corpusFiles].map(({ name, bytes }) => ({
    name,
    text: bytes.toString('utf8'),
  }));
  const all = texts.flatMap(({ name, text }) => [
    { name, text },
    { name: `${name} with CRLF`, text: text.replaceAll(/\r?\n/g, '\r\n') },
  ]);

  test('keeps the length and every line break that is left in its place', () => {
    for (const { text } of all) {
      const thin = thinOut(text, ['no such name']);
      expect(thin).toHaveLength(text.length);
      const put = thin.split('').filter((character, at) => character !== text[at]);
      expect(put.filter((character) => character !== '#')).toEqual([]);
    }
  });

  test('leads to the same edit or the same refusal as the whole text', () => {
    for (const { name, text } of all) {
      for (const image of new Set(namesIn(text).slice(0, 4))) {
        const where = `${name}: ${image}`;
        expect([where, outcome(text, image, thinOut(text, [image]))]).toEqual([
          where,
          outcome(text, image, text),
        ]);
      }
    }
  }, 60_000);

  test.each([
    ['a second document', 'images:\n- name: api\n---\nresources:\n- a\n'],
    ['an open quote', 'resources:\n- a\nlabels: "x\nimages:\n- name: api\n- name: web\n'],
    ['a column out of line', 'resources:\n  - a\n - b\nimages:\n- name: api\n'],
    ['an entry out of line', 'images:\n  - name: api\n  - name: x\n- name: y\n'],
    [
      'a block of text before an entry',
      'images:\n- name: api\n  newTag: |-\n    v1\n- name: x\n  newTag: y\n- name: z\n',
    ],
    [
      'a block of text that looks like entries',
      'images:\n- name: api\n  newTag: |-\n    - name: x\n    - name: y\n- name: z\n',
    ],
    ['two lists', 'images:\n- name: x\nimages:\n- name: api\n'],
    ['two entries of the name', 'images:\n- name: api\n- name: x\n- name: api\n'],
    ['an alias before', 'images:\n- name: api\n  newTag: &t v1\n- name: x\n  newTag: *t\n'],
    ['a flow root', '{\nresources: [x],\nimages: [{name: api, newTag: v1}]\n}\n'],
    ['a merge conflict', 'images:\n- name: x\n<<<<<<< a\n- name: y\n=======\n>>>>>>> b\n- name: api\n'],
    ['a resource of another kind', 'resources:\n- a\nkind: Deployment\nimages:\n- name: api\n'],
  ])('with %s leads to the same outcome', (_, text) => {
    expect(outcome(text, 'api', thinOut(text, ['api']))).toBe(outcome(text, 'api', text));
  });

  test('is shorter to read: what can not matter is one comment', () => {
    const text =
      'resources:\n- a\n- b\nnamespace: x\nimages:\n- name: web\n  newTag: v1\n- name: api\n  newTag: v1\n';
    const thin = thinOut(text, ['api']);
    expect(thin.replaceAll(/#+/g, '#')).toBe('#\nimages:\n#\n- name: api\n  newTag: v1\n');
  });
});

describe('a file of ten thousand lines', () => {
  const entries = Array.from(
    { length: 3333 },
    (_, i) => `  - name: acme/app-${i}\n    newTag: "v${i}" # ${i}\n    # next\n`,
  );
  const text = `kind: Kustomization\nimages:\n${entries.join('')}`;

  test('is edited in one line', () => {
    const edits = [{ name: 'acme/app-1700', tag: 'v2' }];
    const result = editKustomization({ path: 'k.yaml', bytes: bytesOf(text), edits });
    expect(result).toMatchObject({ status: 'changed', changes: [{ name: 'acme/app-1700', line: 5103 }] });
    const after = result.status === 'changed' ? Buffer.from(result.bytes).toString() : '';
    expect(after).toBe(text.replace('"v1700"', '"v2"'));
  });

  test('gets an entry added that has to be looked for in all of it', () => {
    const edits = [{ name: 'acme/new', tag: 'v2' }];
    const result = editKustomization({ path: 'k.yaml', bytes: bytesOf(text), edits, missing: 'add' });
    const after = result.status === 'changed' ? Buffer.from(result.bytes).toString() : '';
    expect(after).toBe(`${text}  - name: acme/new\n    newTag: "v2"\n`);
  });
});
