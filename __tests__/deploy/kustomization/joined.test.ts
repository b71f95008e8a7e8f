import { parseAllDocuments } from 'yaml';
import { editKustomization } from '../../../src/deploy/kustomization/kustomization.js';
import { joinLines } from '../../../src/deploy/kustomization/joined.js';
import { withPlainBreaks } from '../../../src/deploy/kustomization/text.js';
import { bytesOf, corpusFiles, ownFiles } from './fixtures.js';

/** The file as data, white space inside of texts made alike; undefined when a strict parser refuses it. */
function read(text: string): unknown {
  const documents = parseAllDocuments(text, { schema: 'failsafe', uniqueKeys: false, strict: false });
  if (!Array.isArray(documents) || documents.some(({ errors }) => errors.length > 0)) return undefined;
  return JSON.parse(JSON.stringify(documents), (_, value: unknown) =>
    typeof value === 'string' ? value.replaceAll(/\s+/g, ' ') : value,
  );
}

describe('joining the lines of values', () => {
  test('changes nothing that is read, and moves nothing', () => {
    for (const { name, bytes } of [...ownFiles, ...corpusFiles]) {
      const text = withPlainBreaks(bytes.toString());
      const before = read(text);
      if (before === undefined) continue;
      const joined = joinLines(text);
      expect([name, joined?.length]).toEqual([name, text.length]);
      expect([name, read(joined!)]).toEqual([name, before]);
    }
  });

  test.each([
    ['an open quote', 'a: "b\nc: d\n'],
    ['an open bracket', 'a: [b\nc: d\n'],
    ['a quote that would swallow the list of images', 'a: "b\nimages: []\nc: "d"\n'],
  ])('%s is left to the strict parser', (_, text) => {
    expect(joinLines(text)).toBeUndefined();
  });

  test.each([
    ['a quote in a comment', `# it's\na: b # "c\n`],
    ['a quote inside a plain text', `a: it's\nb: 5"\nc: x "y\n`],
    ['a quote in a block of text', `a: |\n  "b\n  'c\n\n  [\nd: e\n`],
    ['a block of text in a list', `a:\n- |-\n  "b\n- x: >+ # c\n    'b\n  y: z\n`],
    ['a block of text behind a quoted key', `"a": |\n  "b\nc: 'd'\n`],
    ['brackets and hashes in quotes', `a: "[ # {"\nb: '{ '' #'\nc: [ "]", '}' ]\n`],
    ['a hash inside a plain text', `a: b#"c\nd: [e#'f, g]\n`],
    ['tags and anchors', `a: &x "b"\nc: !!str 'd'\n`],
  ])('%s is no value over several lines', (_, text) => {
    expect(joinLines(text)).toBe(text);
  });
});

describe('values that kustomize takes though they are not indented as the specification wants', () => {
  const images = 'images:\n- name: api\n  newTag: v1\n';
  test.each([
    [
      'a patch in quotes, not deeper than its key',
      `patches:\n- target: {kind: Deployment}\n  patch: '[\n  {"op": "remove", "path": "/x"}\n  ]'\n${images}`,
    ],
    [
      'a patch in quotes from the first column on',
      `patches:\n- patch: "[\n{\\"op\\": \\"remove\\"}\n]"\n${images}`,
    ],
    ['a list from the first column on', 'images: [\n{name: api, newTag: v1}, # api\n]\n'],
    ['an entry from the first column on', 'images:\n- {name: api,\nnewTag: v1 # c\n}\n'],
    ['a list indented by tabs', 'images: [\n\t{name: api, newTag: v1},\n]\n'],
  ])('%s', (_, text) => {
    for (const shape of [text, text.replaceAll('\n', '\r\n')]) {
      const result = editKustomization({
        path: 'k.yaml',
        bytes: bytesOf(shape),
        edits: [{ name: 'api', tag: 'v2' }],
      });
      expect(result.status === 'changed' && Buffer.from(result.bytes).toString()).toBe(
        shape.replace('v1', 'v2'),
      );
    }
  });

  test('a new key keeps to the line breaks that are there', () => {
    const edits = [{ name: 'api', newName: 'ghcr.io/acme/api', tag: 'v2' }];
    const text = 'images: [\n{\nname: api, # c\nnewTag: v1\n}\n]\n';
    const result = editKustomization({ path: 'k.yaml', bytes: bytesOf(text), edits });
    expect(result.status === 'changed' && Buffer.from(result.bytes).toString()).toBe(
      'images: [\n{\nname: api,\nnewName: ghcr.io/acme/api, # c\nnewTag: v2\n}\n]\n',
    );
  });
});
