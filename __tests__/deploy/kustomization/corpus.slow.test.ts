import { CORE_SCHEMA, load } from 'js-yaml';
import type { ImageEdit } from '../../../src/deploy/kustomization/image-spec.js';
import { editKustomization, readKustomization } from '../../../src/deploy/kustomization/kustomization.js';
import { corpusFiles, type KustomizationFile, ownFiles, problemsOf } from './fixtures.js';

const TAG = 'zz-release-4d5e6f7';
const DIGEST = `sha256:${'c'.repeat(64)}`;
const NAME = 'registry.example.org:5000/zz/released';
const MARKERS: Record<string, string> = { newName: NAME, newTag: TAG, digest: DIGEST };

type Data = Record<string, Record<string, unknown>[] | undefined>;

/** Reads by another parser than the editor's. Trailing tabs, which it dislikes, mean nothing to YAML. */
function read(bytes: Uint8Array): Data {
  const text = new TextDecoder().decode(bytes).replaceAll(/\t+(?=\r?$)/gm, '');
  return (load(text.replace(/^%YAML.*$|^\.\.\.[^]*$/gm, ''), { schema: CORE_SCHEMA, json: true }) ??
    {}) as Data;
}

interface Subject {
  file: KustomizationFile;
  list: string;
  index: number;
  entry: Record<string, unknown>;
}

function subjectsOf(file: KustomizationFile): Subject[] {
  const data = read(file.bytes);
  return ['images', 'imageTags'].flatMap((list) =>
    (data[list] ?? []).map((entry, index) => ({ file, list, index, entry })),
  );
}

function variantsOf({ entry }: Subject): Omit<ImageEdit, 'name'>[] {
  const pinned = 'digest' in entry || String(entry['newTag']).includes('@');
  return [
    ...(pinned ? [] : [{ tag: TAG }]),
    ...(entry['newTag'] === undefined ? [{ digest: DIGEST }] : []),
    { newName: NAME },
    { newName: NAME, tag: TAG, digest: DIGEST },
  ];
}

/** What must be read after the edit, by the other parser. */
function expectedData({ file, list, index, entry }: Subject, edit: Omit<ImageEdit, 'name'>): Data {
  const data = read(file.bytes);
  const joined = String(entry['newTag']).includes('@');
  const target = data[list]![index]!;
  const keyOf = (field: string) =>
    Object.keys(target).find((key) => key.toLowerCase() === field.toLowerCase()) ?? field;
  if (edit.newName !== undefined) target[keyOf('newName')] = edit.newName;
  if (joined && edit.tag !== undefined) target['newTag'] = `${edit.tag}@${edit.digest}`;
  else {
    if (edit.tag !== undefined) target[keyOf('newTag')] = edit.tag;
    if (edit.digest !== undefined) target[keyOf('digest')] = edit.digest;
  }
  return data;
}

/**
 * Undoes the edit without knowing how it was done: takes every marker out of the new text again, puts the
 * old line back where the rest of the line is the same, drops lines that hold a new key and nothing else.
 * Each line is taken with the break before it, so that the last one has its own shape.
 */
function undone(before: string, after: string): string {
  const old = before.split(LINES);
  const restored: string[] = [];
  for (const line of after.split(LINES)) {
    const [, lead, quote, tail] = markerIn(line) ?? [];
    const counterpart = old[restored.length];
    if (lead === undefined || line === counterpart) restored.push(line);
    else if (sameAround(counterpart, lead, quote!, tail!)) restored.push(counterpart!);
    else if (!/^\r?\n *["']?(newName|newTag|digest)["']?: $/.test(lead) || tail!.trim() !== '') {
      throw new Error(`not a line of the edit alone: ${line}`);
    }
  }
  return restored.join('');
}

const LINES = /(?=\r\n|(?<!\r)\n)/;

function markerIn(line: string): RegExpExecArray | null {
  const found = Object.values(MARKERS).map((marker) => `${marker}`.replaceAll(/[.]/g, '\\.'));
  return new RegExp(`^([^]*?)(["']?)(?:${TAG}@${DIGEST}|${found.join('|')})\\2([\\s}].*|)$`).exec(line);
}

/** Whether the old line is the new one but for its value: same start, same rest, same quotes if it had any. */
function sameAround(line: string | undefined, lead: string, quote: string, tail: string): boolean {
  if (line === undefined || !line.startsWith(lead) || !line.endsWith(tail)) return false;
  const value = line.slice(lead.length, line.length - tail.length);
  return /^["']/.test(value)
    ? value.startsWith(quote) && value.endsWith(quote)
    : quote === '' && !/[#\s]/.test(value);
}

function checkFile(file: KustomizationFile, isLineBased: boolean): number {
  let edits = 0;
  for (const subject of subjectsOf(file)) {
    for (const parts of variantsOf(subject)) {
      const name = String(subject.entry['name']);
      const where = `${file.name}: ${name} ${JSON.stringify(parts)}`;
      const result = editKustomization({ path: file.name, bytes: file.bytes, edits: [{ name, ...parts }] });
      if (result.status !== 'changed') throw new Error(`${where}: unchanged`);
      expect({ where, data: read(result.bytes) }).toEqual({ where, data: expectedData(subject, parts) });
      if (isLineBased) {
        const [before, after] = [file.bytes, result.bytes].map((bytes) =>
          Buffer.from(bytes).toString('latin1'),
        );
        expect({ where, text: undone(before!, after!) }).toEqual({ where, text: before });
      }
      edits++;
    }
  }
  return edits;
}

describe('files of our own', () => {
  // js-yaml knows no merge keys in this schema, and takes an empty value for none.
  const files = ownFiles.filter(
    ({ name }) => !/^(?:merged|empty-values|other-forms|flow|json|key-order)/.test(name),
  );
  test.each(files)('$name: every entry can be set, and reads as set', (file) => {
    checkFile(file, false);
  });
});

const describeCorpus = corpusFiles.length > 0 ? describe : describe.skip;

describeCorpus(
  'real files of public repositories (../shared/data/kustomizations; skipped where that is absent)',
  () => {
    /** Files that no editor can help with: kustomize refuses them as well. */
    const REFUSED: Record<string, string> = {
      '0002.yaml': 'merge conflict',
      '0005.yaml': 'merge conflict',
      '0006.yaml': 'merge conflict',
      '0053.yaml': 'Tabs are not allowed as indentation',
    };
    const readable = corpusFiles.filter(({ name }) => !(name in REFUSED));

    test('exactly the files are refused that are no YAML, with the reason', () => {
      const refused = corpusFiles.flatMap((file) => {
        try {
          readKustomization({ path: file.name, bytes: file.bytes });
          return [];
        } catch {
          return [file.name];
        }
      });
      expect(refused).toEqual(Object.keys(REFUSED));
      for (const [name, reason] of Object.entries(REFUSED)) {
        const { bytes } = corpusFiles.find((file) => file.name === name)!;
        const [problem] = problemsOf(() => readKustomization({ path: name, bytes }));
        expect(problem?.message).toContain(reason);
        expect(problem?.place?.line).toBeGreaterThan(1);
      }
    });

    test('every entry can be set in every way; by bytes and by another parser nothing else changes', () => {
      const edits = readable.reduce((sum, file) => sum + checkFile(file, true), 0);
      expect(edits).toBeGreaterThan(1800);
    }, 120_000);

    test('an entry can be added to every file, and every other line stays', () => {
      for (const file of readable) {
        const edits = [{ name: 'zz/added', tag: TAG }];
        const result = editKustomization({ path: file.name, bytes: file.bytes, edits, missing: 'add' });
        if (result.status !== 'changed') throw new Error(`${file.name}: unchanged`);
        const data = read(file.bytes);
        const list = !('images' in data) && 'imageTags' in data ? 'imageTags' : 'images';
        const expected = { ...data, [list]: [...(data[list] ?? []), { name: 'zz/added', newTag: TAG }] };
        expect({ file: file.name, data: read(result.bytes) }).toEqual({ file: file.name, data: expected });
        const [before, after] = [file.bytes, result.bytes].map((bytes) =>
          Buffer.from(bytes).toString('latin1'),
        );
        const kept = after!.split(/(?<=\n)/).filter((line) => !/zz\/added|zz-release/.test(line));
        const flat = (text: string) => text.replace(/^images:(?: *\[\])?\r?\n?/m, '').trimEnd();
        expect(flat(kept.join(''))).toBe(flat(before!));
      }
    }, 60_000);
  },
);
