import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isUnchanged, parseIndex, type FileStat } from '../../../src/fingerprint/tree/git-index.js';
import { Checkout } from './checkout.js';

const SECOND = 1_700_000_000;
const STAT: FileStat = {
  ctimeMs: SECOND * 1000 + 2.25,
  mtimeMs: SECOND * 1000 + 1.5,
  ino: 77,
  uid: 1001,
  gid: 121,
  size: 5,
};
const LATER = SECOND * 1000 + 500;

/** Entry of an index as git writes it for a file of that stat. */
function entryOf({ ctimeMs, mtimeMs, ino, uid, gid, size }: FileStat): Buffer {
  const bytes = Buffer.alloc(62);
  for (const [at, time] of [ctimeMs, mtimeMs].entries()) {
    bytes.writeUInt32BE(Math.floor(time / 1000), at * 8);
    bytes.writeUInt32BE(Math.round((time % 1000) * 1e6), at * 8 + 4);
  }
  for (const [at, value] of [
    [20, ino],
    [28, uid],
    [32, gid],
    [36, size],
  ] as const)
    // oxfmt-ignore
    bytes.writeUInt32BE(value % 2 ** 32, at);
  return bytes;
}

const unchanged = (recorded: FileStat, now: FileStat, writtenMs: number) =>
  isUnchanged({ bytes: entryOf(recorded) }, 0, now, writtenMs);

test('an entry stands for a file whose stat is the recorded one', () => {
  expect(unchanged(STAT, STAT, LATER)).toBe(true);
  const far = { ...STAT, ino: 2 ** 40 + 77 };
  expect(unchanged(far, far, LATER)).toBe(true);
});

test.each(Object.keys(STAT) as (keyof FileStat)[])('another %s counts as a change', (field) => {
  const now = { ...STAT, [field]: STAT[field] + (field.endsWith('Ms') ? 0.25 : 1) };
  expect(unchanged(STAT, now, LATER)).toBe(false);
});

test.each([
  ['modified', { mtimeMs: LATER - 10 }],
  ['modified after', { mtimeMs: LATER + 10 }],
  ['touched', { ctimeMs: LATER - 10 }],
])('a file %s in the tick in which the index was written may have changed since', (_, times) => {
  const stat = { ...STAT, ...times };
  expect(unchanged(stat, stat, LATER)).toBe(false);
});

test('where times have no fraction a tick is two seconds', () => {
  const stat = { ...STAT, ctimeMs: SECOND * 1000, mtimeMs: SECOND * 1000 };
  expect(unchanged(stat, stat, (SECOND + 2) * 1000)).toBe(false);
  expect(unchanged(stat, stat, (SECOND + 3) * 1000)).toBe(true);
});

test('size 0 proves nothing: git writes it where it is not sure', () => {
  expect(unchanged({ ...STAT, size: 0 }, { ...STAT, size: 0 }, LATER)).toBe(false);
});

test('a file of 4 GiB and more is read', () => {
  const stat = { ...STAT, size: 2 ** 32 + 5 };
  expect(unchanged(stat, stat, LATER)).toBe(false);
});

test('entries that git does not compare with the work tree are no proof', () => {
  const checkout = new Checkout();
  try {
    checkout.write({
      plain: 'x',
      assumed: 'x',
      skipped: 'x',
      'sub/.gitattributes': '',
      '.gitattributes': '',
    });
    checkout.run('add', '--all');
    checkout.run('update-index', '--assume-unchanged', 'assumed');
    checkout.run('update-index', '--skip-worktree', 'skipped', 'sub/.gitattributes');
    checkout.write({ intended: 'x' });
    checkout.run('add', '--intent-to-add', 'intended');
    const index = parseIndex(readFileSync(join(checkout.root, '.git/index')))!;
    expect([...index.files.keys()]).toEqual(['.gitattributes', 'plain']);
    expect(index.attributeFiles).toEqual(['.gitattributes']);
    expect(index.hiddenAttributeFiles).toEqual(['sub/.gitattributes']);
  } finally {
    checkout.remove();
  }
});
