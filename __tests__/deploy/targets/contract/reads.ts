import { codeOf, FILE, textAt, type ContractBench } from './bench.js';

export function readCases(bench: ContractBench): void {
  const { open, begin } = bench;

  test('files at exactly the head that it names, whatever lands meanwhile', async () => {
    const first = begin();
    const snapshot = await open().snapshot();
    bench.stage.commit({ branch: 'main', files: { [FILE]: 'second\n' } });
    expect(snapshot.head).toBe(first);
    expect(await textAt(snapshot, FILE)).toBe('first\n');
    expect((await snapshot.list()).sort()).toEqual(['README.md', FILE]);
  });

  test('the head afresh with each snapshot', async () => {
    begin();
    const target = open();
    await target.snapshot();
    const second = bench.stage.commit({ branch: 'main', files: { [FILE]: 'second\n' } });
    const snapshot = await target.snapshot();
    expect(snapshot.head).toBe(second);
    expect(await textAt(snapshot, FILE)).toBe('second\n');
  });

  test('many files at once, with their modes, leaving out what is not there', async () => {
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

  test('the head of any branch, or that there is none', async () => {
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

  test('the channels that have a ledger, wherever it is', async () => {
    begin();
    const target = open();
    expect(await target.listChannels()).toEqual([]);
    await bench.succeed(target);
    for (const branch of ['image-release/staging', 'image-release-pr/main']) bench.stage.commit({ branch });
    expect((await target.listChannels()).sort()).toEqual(['main', 'staging']);
  });

  test('that the branch, or the first commit, is missing', async () => {
    expect(await codeOf(open().snapshot())).toBe('deploy/target-missing');
    begin();
    expect(await codeOf(open('nowhere').snapshot())).toBe('deploy/target-missing');
    expect(await open().readLedgers(['main'])).toEqual([{ channel: 'main' }]);
  });
}
