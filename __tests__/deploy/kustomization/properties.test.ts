import fc from 'fast-check';
import { CORE_SCHEMA, load, YAMLException } from 'js-yaml';
import type { ImageEdit } from '../../../src/deploy/kustomization/image-spec.js';
import { editKustomization } from '../../../src/deploy/kustomization/kustomization.js';
import { ReleaseError } from '../../../src/lib/errors.js';
import { bytesOf } from './fixtures.js';
import { digest, type Generated, repository, tag, withAnyList, withEntries } from './generated.js';
import { entryTokens } from './token-ranges.js';
import { soak } from '../../../testing/soak.js';

/**
 * To replay a failure: `SEED=<printed seed> npm test -- <this file>`. fast-check also prints the path to the
 * example.
 */
const seed = Number(process.env['SEED'] ?? 20);
function check<T>(property: fc.IProperty<T>, numRuns: number): void {
  fc.assert(property, { seed, numRuns: Math.ceil(numRuns * soak(0.3, 20)) });
}

const SLOW = soak(60_000, 1_200_000);

beforeAll(() => {
  process.stderr.write(`    fast-check seed ${seed}\n`);
});

interface Entry {
  name: string;
  newName?: string;
  newTag?: string;
  digest?: string;
}
type Data = Record<string, unknown> & { images?: Entry[] | null };

/** Uses a different parser than the editor. */
function read(text: string): Data {
  return load(text, { schema: CORE_SCHEMA, json: true }) as Data;
}

function edit(text: string, edits: ImageEdit[], missing: 'refuse' | 'add' = 'refuse'): string {
  const result = editKustomization({ path: 'k.yaml', bytes: bytesOf(text), edits, missing });
  return result.status === 'changed' ? new TextDecoder('utf-8', { ignoreBOM: true }).decode(result.bytes) : text;
}

/** Returns the result of the action, or undefined if it throws this kind of error. */
function unless<T>(kind: new (...args: never[]) => Error, action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (error instanceof kind) return undefined;
    throw error;
  }
}

const FIELDS = { newName: 'newName', newTag: 'tag', digest: 'digest' } as const;

const wish = fc.record({
  concerned: fc.boolean(),
  tag,
  digest: fc.option(digest, { nil: undefined }),
  newName: fc.option(repository, { nil: undefined }),
});

/** Edits for some of the entries; an entry with a digest gets a new digest, because a tag alone is refused. */
function editsOf(
  { entries }: Generated,
  wishes: (typeof wish extends fc.Arbitrary<infer T> ? T : never)[],
  other: string,
): ImageEdit[] {
  return entries.flatMap(({ name, values }, index) => {
    const { concerned, digest: wanted, ...parts } = wishes[index]!;
    if (!concerned) return [];
    const digest = wanted ?? (values.has('digest') ? other : undefined);
    return [{ name, ...parts, digest }];
  });
}

function expected(before: Data, edits: ImageEdit[]): Data {
  const after = structuredClone(before);
  for (const { name, newName, tag, digest } of edits) {
    const entry = meant(after.images!, name)!;
    if (newName !== undefined && (entry.newName !== undefined || newName !== name)) entry.newName = newName;
    if (tag !== undefined) entry.newTag = tag;
    if (digest !== undefined) entry.digest = digest;
  }
  return after;
}

/** Damage may append a tag to the name. */
function meant(images: Entry[], name: string): Entry | undefined {
  const tiers = [
    (entry: Partial<Entry> | null) => entry?.name === name,
    (entry: Partial<Entry> | null) => entry?.newName === name,
    (entry: Partial<Entry> | null) => [':', '@'].some((mark) => entry?.name?.startsWith(name + mark)),
  ];
  return tiers.map((tier) => images.find(tier)).find((entry) => entry !== undefined);
}

/** The text before an additional key. */
const LEADS = { flow: /,\s*$/, block: /(?:\r\n|\n|\r) *$/ };

/** Restores the old values and removes the added keys, based on the tokens of the new text. */
function undone({ text, entries }: Generated, after: string, edits: ImageEdit[]): string {
  const tokens = entryTokens(after);
  const runs = edits.flatMap((wanted) => {
    const index = entries.findIndex(({ name }) => name === wanted.name);
    return Object.entries(FIELDS).flatMap(([field, part]) => {
      const range = tokens[index]!.fields.get(field);
      if (wanted[part] === undefined || !range) return [];
      const old = entries[index]!.values.get(field);
      if (old) return [{ ...range, text: text.slice(old.start, old.end) }];
      const { keys, style } = tokens[index]!;
      const lead = LEADS[style].exec(after.slice(0, keys.get(field)))![0];
      return [{ start: keys.get(field)! - lead.length, end: range.end, text: '' }];
    });
  });
  return runs
    .sort((a, b) => b.start - a.start)
    .reduce((rest, run) => rest.slice(0, run.start) + run.text + rest.slice(run.end), after);
}

function expectSameQuotes(file: Generated, after: string): void {
  entryTokens(after).forEach(({ fields }, index) => {
    for (const [field, { start, end }] of file.entries[index]!.values) {
      const quote = /^["']?/.exec(file.text.slice(start, end))![0];
      const now = fields.get(field)!;
      if (quote !== '') expect(after.slice(now.start, now.end)).toMatch(new RegExp(`^${quote}.*${quote}$`));
    }
  });
}

/** The inserted characters, if the new text is the old text with one insertion. */
function insertedIn(before: string, after: string): string | undefined {
  let start = 0;
  while (start < before.length && before[start] === after[start]) start++;
  const length = after.length - before.length;
  return before.slice(start) === after.slice(start + length) ? after.slice(start, start + length) : undefined;
}

const wishes = fc.array(wish, { minLength: 4, maxLength: 4 });

describe('in any generated Kustomization', () => {
  test(
    'an edit changes exactly the requested values, and keeps quotes and all other bytes',
    () => {
      check(
        fc.property(withEntries, wishes, digest, (file, wanted, other) => {
          const edits = editsOf(file, wanted, other);
          const after = edit(file.text, edits);
          expect(read(after)).toEqual(expected(read(file.text), edits));
          expect(undone(file, after, edits)).toBe(file.text);
          expectSameQuotes(file, after);
        }),
        600,
      );
    },
    SLOW,
  );

  test(
    'an added entry comes last, and all other bytes stay the same',
    () => {
      check(
        fc.property(withAnyList, tag, fc.option(digest, { nil: undefined }), (file, newTag, newDigest) => {
          const added = { name: 'zz.example.org/new', tag: newTag, digest: newDigest };
          const after = edit(file.text, [added], 'add');
          const before = read(file.text);
          const entry = { name: added.name, newTag, ...(newDigest !== undefined && { digest: newDigest }) };
          expect(read(after)).toEqual({ ...before, images: [...(before.images ?? []), entry] });
          const inserted = insertedIn(file.text, after);
          expect(inserted).toBeDefined();
          if (/[\r\n]/.test(file.text)) expect(inserted!.replaceAll(file.lineBreak, '')).not.toMatch(/[\r\n]/);
        }),
        600,
      );
    },
    SLOW,
  );

  test(
    'repeating an edit or an addition changes nothing',
    () => {
      check(
        fc.property(withEntries, wishes, digest, (file, wanted, other) => {
          const edits = editsOf(file, wanted, other);
          const once = edit(file.text, edits);
          expect(edit(once, edits)).toBe(once);
          const added = [{ name: 'zz.example.org/new', tag: 'v1' }];
          const twice = edit(once, added, 'add');
          expect(edit(twice, added, 'add')).toBe(twice);
        }),
        200,
      );
    },
    SLOW,
  );

  test(
    'after damage to a few characters, an edit is refused or another parser reads the expected values',
    () => {
      const damage = fc.record({
        at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        cut: fc.nat(2),
        put: fc.constantFrom('', '\n', '---\n', '<<: ', '!!str ', '&a ', '*a', ': ', '- ', ...` \t"'#:-{}[],|?`),
      });
      check(
        fc.property(withEntries, damage, tag, digest, (file, { at, cut, put }, newTag, newDigest) => {
          const offset = Math.floor(at * file.text.length);
          const text = file.text.slice(0, offset) + put + file.text.slice(offset + cut);
          const edits = [{ name: file.entries[0]!.name, tag: newTag, digest: newDigest }];
          const before = unless(YAMLException, () => read(text));
          const after = unless(ReleaseError, () => edit(text, edits));
          if (before && after !== undefined) expect(read(after)).toEqual(expected(before, edits));

          const added = { name: 'zz.example.org/new', newTag };
          const longer = unless(ReleaseError, () => edit(text, [{ name: added.name, tag: newTag }], 'add'));
          if (before && longer !== undefined)
            expect(read(longer)).toEqual({ ...before, images: [...(before.images ?? []), added] });
        }),
        400,
      );
    },
    SLOW,
  );
});
