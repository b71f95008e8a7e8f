import { changeOf, committed, FILE, ledgerMove, type ContractBench } from './bench.js';

export function writeCases(bench: ContractBench): void {
  const { open, begin, succeed } = bench;

  test('a commit on the head with exactly the files that change, and their modes', async () => {
    const first = bench.stage.commit({
      branch: 'main',
      files: { [FILE]: { text: 'first\n', mode: '100755' }, link: { text: FILE, mode: '120000' } },
    });
    const target = open();
    const result = await target.commit(await changeOf(target, { mode: '100755', ledgers: [] }));
    const commit = committed(result);
    expect(bench.stage.headOf('main')).toBe(commit);
    expect(bench.stage.parentsOf(commit)).toEqual([first]);
    expect(bench.stage.fileAt(commit, FILE)).toEqual({ text: `changed from ${first}\n`, mode: '100755' });
    expect(bench.stage.fileAt(commit, 'link')).toEqual({ text: FILE, mode: '120000' });
    expect(bench.stage.ledger()).toBeUndefined();
  });

  test('the ledger together with the branch, naming the commit: a new one, one on top of it, and one alone', async () => {
    begin();
    const target = open();
    const first = committed(await target.commit(await changeOf(target)));
    expect(bench.stage.headOf('main')).toBe(first);
    const ref = 'refs/image-release/main';
    const files = ['ledger.json'];
    const ledger = bench.stage.ledger();
    expect(ledger).toMatchObject({ ref, data: { commit: first }, parents: [], files });
    expect(ledger?.message.trim()).toBe('api main-1');
    const [read] = await open().readLedgers(['main']);
    expect(read).toMatchObject({ channel: 'main', oid: ledger?.oid });
    expect(read?.text?.trim()).toBe(ledger?.text.trim());

    const second = await succeed(open());
    expect(bench.stage.ledger()).toMatchObject({ data: { commit: second }, parents: [ledger?.oid], files });
    const before = bench.stage.ledger()?.oid;
    // Nothing to commit.
    expect(await target.commit(await changeOf(target, { files: [] }))).toEqual({ status: 'committed' });
    expect(bench.stage.headOf('main')).toBe(second);
    expect(bench.stage.ledger()).toMatchObject({ data: { commit: null }, parents: [before] });
  });

  test('several ledgers in one go, and reads them apart', async () => {
    begin();
    const target = open();
    const change = await changeOf(target);
    const ledgers = ['main', 'main-eu', 'main.old'].map((channel) => ledgerMove({ channel }));
    const commit = committed(await target.commit({ ...change, ledgers }));
    const read = await open().readLedgers(['main-eu', 'main', 'main-us']);
    expect(read.map(({ channel, oid }) => [channel, oid])).toEqual([
      ['main-eu', bench.stage.ledger('main-eu')?.oid],
      ['main', bench.stage.ledger('main')?.oid],
      ['main-us', undefined],
    ]);
    expect(bench.stage.ledger('main.old')?.data).toMatchObject({ commit });
  });

  test('on branches of any name, with their ledgers', async () => {
    for (const branch of ['release/1.x', 'fix/#12-ünïcode', "it's+100%25&more=@home"]) {
      bench.stage.commit({ branch, files: { [FILE]: 'first\n' } });
      const target = open(branch);
      const commit = committed(await target.commit(await changeOf(target, { channel: branch })));
      expect(bench.stage.headOf(branch)).toBe(commit);
      expect(bench.stage.ledger(branch)?.data).toMatchObject({ commit });
      expect((await open(branch).readLedgers([branch]))[0]?.oid).toBe(bench.stage.ledger(branch)?.oid);
      expect((await target.headOf(branch))?.oid).toBe(commit);
    }
  });
}
