import type { Relation } from '../../../../src/deploy/order.js';
import { codeOf, FILE, textAt, type ContractBench, type ContractStage } from './bench.js';

export function readCases(bench: ContractBench): void {
  const { open, begin } = bench;

  test('files at the head of the snapshot even if a commit lands; the next snapshot has the new head', async () => {
    const first = begin();
    const target = open();
    const before = await target.snapshot();
    const second = bench.stage.commit({ branch: 'main', files: { [FILE]: 'second\n' } });
    expect(before.head).toBe(first);
    expect(await textAt(before, FILE)).toBe('first\n');
    expect((await before.list()).sort()).toEqual(['README.md', FILE]);
    const after = await target.snapshot();
    expect(after.head).toBe(second);
    expect(await textAt(after, FILE)).toBe('second\n');
  });

  test('many files at once with their modes, and omits missing ones', async () => {
    bench.stage.commit({
      branch: 'main',
      files: {
        [FILE]: 'first\n',
        'base/run.sh': { text: '#!/bin/sh\n', mode: '100755' },
        'base/link': { text: '../README.md', mode: '120000' },
        'odd "name" é.txt': 'odd\n',
        'base/same.yml': 'first\n',
        'base/empty': '',
      },
    });
    const snapshot = await open().snapshot();
    const wanted = [FILE, 'base/run.sh', 'base/link', 'odd "name" é.txt', 'base/same.yml', 'base/empty'];
    const files = await snapshot.readAll([...wanted, 'nowhere.yml', 'base']);
    expect([...files.keys()].sort()).toEqual([...wanted].sort());
    const seen = [...files].map(([path, { bytes, mode }]) => [path, [Buffer.from(bytes).toString(), mode]]);
    expect(Object.fromEntries(seen)).toEqual({
      [FILE]: ['first\n', '100644'],
      'base/run.sh': ['#!/bin/sh\n', '100755'],
      'base/link': ['../README.md', '120000'],
      'odd "name" é.txt': ['odd\n', '100644'],
      'base/same.yml': ['first\n', '100644'],
      'base/empty': ['', '100644'],
    });
    expect((await snapshot.readAll([])).size).toBe(0);
  });

  test("the head of any branch, or undefined if the branch doesn't exist", async () => {
    const first = begin();
    const other = bench.stage.commit({
      branch: 'image-release-pr/main',
      parents: [first],
      files: { [FILE]: 'proposed\n' },
      message: 'Propose\n\nImage-Release-Run: 7',
    });
    const target = open();
    const head = await target.headOf('image-release-pr/main');
    expect(head).toMatchObject({ oid: other });
    expect(head?.message).toMatch(/^Propose\n\nImage-Release-Run: 7\n?$/);
    expect(await target.headOf('main')).toMatchObject({ oid: first });
    expect(await target.headOf('nowhere')).toBeUndefined();
  });

  test('the channels that have a ledger, on a branch or outside branches', async () => {
    begin();
    const target = open();
    expect(await target.listChannels()).toEqual([]);
    await bench.succeed(target);
    for (const branch of ['image-release/staging', 'image-release-pr/main']) bench.stage.commit({ branch });
    expect((await target.listChannels()).sort()).toEqual(['main', 'staging']);
  });

  test('a missing branch or first commit as an error, and a missing ledger as absent', async () => {
    expect(await codeOf(open().snapshot())).toBe('deploy/target-missing');
    begin();
    expect(await codeOf(open('nowhere').snapshot())).toBe('deploy/target-missing');
    expect(await open().readLedgers(['main'])).toEqual([{ channel: 'main' }]);
  });
}

type Point = 'root' | 'change' | 'revert' | 'side' | 'merge' | 'lost';

const RELATIONS: readonly [what: string, base: Point, head: Point, relation: Relation][] = [
  ['a later commit', 'root', 'change', 'ahead'],
  ['an earlier one', 'change', 'root', 'behind'],
  ['the same one', 'change', 'change', 'identical'],
  ['one on another line of history', 'side', 'change', 'diverged'],
  ['a revert, which is later than what it reverts', 'change', 'revert', 'ahead'],
  ['a merge, seen from the branch that it was merged into', 'revert', 'merge', 'ahead'],
  ['a merge, seen from the branch that was merged', 'side', 'merge', 'ahead'],
  ['what was merged, seen from the merge', 'merge', 'side', 'behind'],
  ['one that no branch holds any more', 'root', 'lost', 'ahead'],
  ['another line, seen from one that no branch holds any more', 'lost', 'merge', 'diverged'],
];

export function ancestryCases(bench: ContractBench): void {
  const { open } = bench;

  test('commits by ancestry, also with an abbreviated base; unknown ids have the relation `unknown`', async () => {
    const points = layHistory(bench.stage);
    const target = open();
    for (const [what, base, head, relation] of RELATIONS) {
      expect([what, await target.compare(points[base], points[head])]).toEqual([what, relation]);
      // Git finds a commit that no branch contains only by its full id.
      if (base === 'lost') continue;
      expect([what, await target.compare(points[base].slice(0, 10), points[head])]).toEqual([what, relation]);
    }
    const nowhere = '0123456789abcdef0123456789abcdef01234567';
    expect(await target.compare(nowhere, points.root)).toBe('unknown');
    expect(await target.compare(points.root, nowhere)).toBe('unknown');
    expect(await target.compare(nowhere.slice(0, 7), points.root)).toBe('unknown');
  });

  test('older and newer commits after a snapshot that contains only the head', async () => {
    const { root, merge } = layHistory(bench.stage);
    const target = open();
    await target.snapshot();
    expect(await target.compare(root, merge)).toBe('ahead');
    const later = bench.stage.commit({ branch: 'main' });
    expect(await target.compare(merge, later)).toBe('ahead');
  });
}

/** root ← change ← revert ← merge, and root ← side ← merge; no branch contains `lost` any more. */
function layHistory(stage: ContractStage): Record<Point, string> {
  const commit = (branch: string, message: string, parents: string[], text: string) =>
    stage.commit({ branch, parents, message, files: { [FILE]: text } });
  const root = commit('main', 'First', [], 'first\n');
  const change = commit('main', 'Change', [root], 'changed\n');
  const lost = commit('side', 'Lost', [root], 'lost\n');
  const side = commit('side', 'Side', [root], 'aside\n');
  const revert = commit('main', 'Revert "Change"', [change], 'first\n');
  const merge = commit('main', 'Merge side', [revert, side], 'first\n');
  return { root, change, side, lost, revert, merge };
}
