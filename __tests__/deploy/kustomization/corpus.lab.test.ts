/** @programs kustomize */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadAll } from 'js-yaml';
import type { ImageEdit } from '../../../src/deploy/kustomization/image-spec.js';
import { editKustomization } from '../../../src/deploy/kustomization/kustomization.js';
import { ReleaseError } from '../../../src/lib/errors.js';
import { corpusFiles, type KustomizationFile } from './fixtures.js';
import { entryTokens, type EntryTokens, listsAlone, type Range } from './token-ranges.js';

const TAG = 'zz-release-4d5e6f7';
const DIGEST = `sha256:${'c'.repeat(64)}`;

type Outcome = { status: 'changed'; text: string } | { status: 'refused'; reason: string };

function attempt(file: KustomizationFile, edits: ImageEdit[]): Outcome {
  try {
    const result = editKustomization({ path: file.name, bytes: file.bytes, edits });
    if (result.status === 'unchanged') throw new Error(`${file.name}: unchanged`);
    return { status: 'changed', text: latin1(result.bytes) };
  } catch (error) {
    if (!(error instanceof ReleaseError)) throw error;
    expect(error.problems[0].place?.file).toBe(file.name);
    return { status: 'refused', reason: error.code };
  }
}

/** Maps each byte to one character, so that text offsets are byte offsets. */
function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

function valueOf(text: string, range: Range | undefined): string | undefined {
  return range && text.slice(range.start, range.end).replace(/^(["'])(.*)\1$/, '$2');
}

/** Replaces the values in these ranges and keeps their quotes. */
function splice(text: string, values: [Range, string][]): string {
  return values
    .toSorted(([a], [b]) => b.start - a.start)
    .reduce((before, [{ start, end }, value]) => {
      const quote = /^["']/.exec(before.slice(start, end))?.[0] ?? '';
      return `${before.slice(0, start)}${quote}${value}${quote}${before.slice(end)}`;
    }, text);
}

/** The inserted characters, if the new text is the old text with one insertion. */
function insertedIn(before: string, after: string): string | undefined {
  let start = 0;
  while (start < before.length && before[start] === after[start]) start++;
  const length = after.length - before.length;
  return before.slice(start) === after.slice(start + length) ? after.slice(start, start + length) : undefined;
}

interface Subject {
  file: KustomizationFile;
  text: string;
  name: string;
  fields: EntryTokens['fields'];
}

function subjectsOf(file: KustomizationFile): Subject[] {
  const text = latin1(file.bytes);
  return entryTokens(text).flatMap(({ fields }) => {
    const name = valueOf(text, fields.get('name'));
    return name === undefined ? [] : [{ file, text, name, fields }];
  });
}

const describeCorpus = corpusFiles.length > 0 ? describe : describe.skip;

describeCorpus('each images entry of real files (../shared/data/kustomizations; skipped if absent)', () => {
  test('setting a tag replaces only the scalar, inserts only a newTag key, or is refused for a known reason', () => {
    const counts = new Map<string, number>();
    for (const subject of corpusFiles.flatMap(subjectsOf)) {
      const { file, text, name, fields } = subject;
      const outcome = attempt(file, [{ name, tag: TAG }]);
      const where = `${file.name}: ${name}`;
      const range = fields.get('newTag');
      if (outcome.status === 'refused') count(counts, `refused, ${outcome.reason}`);
      else if (range) {
        expect([where, outcome.text]).toEqual([where, splice(text, [[range, TAG]])]);
        count(counts, 'scalar replaced');
      } else {
        expect([where, insertedIn(text, outcome.text)?.trim()]).toEqual([where, expect.stringMatching(NEW_KEY)]);
        count(counts, 'key put in');
      }
    }
    process.stderr.write(`    new tag: ${[...counts].map(([what, number]) => `${number} ${what}`).join(' · ')}\n`);
    expect(counts.get('scalar replaced')).toBeGreaterThan(500);
    expect([...counts.keys()].filter((what) => what.startsWith('refused')).sort()).toEqual([
      'refused, deploy/entry-pinned',
      'refused, deploy/kustomization-unreadable',
    ]);
  }, 60_000);

  test('setting tag and digest of an entry with a digest changes nothing else', () => {
    const pinned = corpusFiles
      .flatMap(subjectsOf)
      .filter(({ text, fields }) => fields.has('digest') || valueOf(text, fields.get('newTag'))?.includes('@'));
    expect(pinned.length).toBeGreaterThan(30);
    for (const { file, text, name, fields } of pinned) {
      const outcome = attempt(file, [{ name, tag: TAG, digest: DIGEST }]);
      if (outcome.status === 'refused') throw new Error(`${file.name}: ${name}: ${outcome.reason}`);
      const [tag, digest] = [fields.get('newTag'), fields.get('digest')];
      if (tag && digest)
        expect(outcome.text).toBe(splice(text, [[tag, TAG], [digest, DIGEST]])); // oxfmt-ignore
      else if (tag) expect(outcome.text).toBe(splice(text, [[tag, `${TAG}@${DIGEST}`]]));
      else expect(insertedIn(splice(text, [[digest!, DIGEST]]), outcome.text)?.trim()).toMatch(NEW_KEY);
    }
  });

  test('kustomize builds the expected images from each edited list', () => {
    const readable = corpusFiles.filter((file) => {
      const edits = allEdits(file);
      return edits.length > 0 && attempt(file, edits).status === 'changed';
    });
    expect(readable.length).toBeGreaterThan(250);
    const folder = mkdtempSync(join(tmpdir(), 'corpus-build-'));
    try {
      const expected = new Map<string, string[]>();
      for (const file of readable) {
        const edits = allEdits(file);
        const outcome = attempt(file, edits) as { text: string };
        const id = `f${file.name.replace('.yaml', '')}`;
        mkdirSync(join(folder, id));
        const images = edits.map(({ name }) => name);
        writeFileSync(join(folder, id, 'deployment.json'), JSON.stringify(deploymentOf(id, images)));
        const text = `${listsAlone(outcome.text)}\n`;
        const resources = text.startsWith('{')
          ? text.replace('{', '{"resources": ["deployment.json"], ')
          : `resources: [deployment.json]\n${text}`;
        writeFileSync(join(folder, id, 'kustomization.yaml'), Buffer.from(resources, 'latin1'));
        expected.set(id, meantImages(subjectsOf(file), edits));
      }
      writeFileSync(join(folder, 'kustomization.yaml'), `resources:\n${[...expected.keys()].map((id) => `- ${id}\n`).join('')}`); // oxfmt-ignore
      const { status, stdout, stderr } = spawnSync('kustomize', ['build', folder], {
        encoding: 'utf8',
        maxBuffer: 1e8,
      });
      expect([status, stderr.replaceAll(/^# Warning.*\n/gm, '')]).toEqual([0, '']);
      const built = loadAll(stdout) as ReturnType<typeof deploymentOf>[];
      const images = built.map(
        ({ metadata, spec }) => [metadata.name, spec.template.spec.containers.map(({ image }) => image)] as const,
      );
      expect(new Map(images)).toEqual(expected);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }, 60_000);
});

const NEW_KEY = /^,? ?["']?newTag["']?: ?["']?zz-release-4d5e6f7["']?,?$/;

function count(counts: Map<string, number>, what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}

/** Sets a different tag for each entry, so that confused entries are detected. */
function allEdits(file: KustomizationFile): ImageEdit[] {
  return subjectsOf(file).map(({ text, name, fields }, index) => {
    const pinned = fields.has('digest') || valueOf(text, fields.get('newTag'))?.includes('@');
    return { name, tag: `zz-${index}`, ...(pinned && { digest: DIGEST }) };
  });
}

function deploymentOf(name: string, images: string[]) {
  const containers = images.map((image, index) => ({ name: `c${index}`, image }));
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: { template: { spec: { containers } } },
  };
}

/** The expected image for the name of each entry: kustomize applies the list from top to bottom. */
function meantImages(subjects: Subject[], edits: ImageEdit[]): string[] {
  const entries = subjects.map(({ text, name, fields }, index) => ({
    name,
    newName: valueOf(text, fields.get('newName')),
    ...edits[index],
  }));
  return subjects.map(({ name }) => {
    let image = { base: name, rest: '' };
    for (const { name: from = '', newName, tag, digest } of entries) {
      // kustomize treats the name as a regular expression: `$(registry)/api` matches nothing.
      if (!new RegExp(`^${from}$`).test(image.base)) continue;
      const rest = `:${tag}${digest === undefined ? '' : `@${digest}`}`;
      image = { base: newName || image.base.replace(/:[\w.-]+$/, ''), rest };
    }
    return `${image.base}${image.rest}`;
  });
}
