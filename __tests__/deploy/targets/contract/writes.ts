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

  test('a ledger that is not there yet together with the branch, naming the commit', async () => {
    begin();
    const target = open();
    const commit = committed(await target.commit(await changeOf(target)));
    expect(bench.stage.headOf('main')).toBe(commit);
    expect(bench.stage.ledger()).toMatchObject({
      ref: 'refs/image-release/main',
      data: { commit },
      parents: [],
      files: ['ledger.json'],
    });
    expect(bench.stage.ledger()?.message.trim()).toBe('api main-1');
    const { oid, text } = bench.stage.ledger() ?? {};
    expect((await open().readLedgers(['main']))[0]).toMatchObject({ channel: 'main', oid });
    expect((await open().readLedgers(['main']))[0]?.text?.trim()).toBe(text?.trim());
  });

  test('a ledger on top of the former one', async () => {
    begin();
    await succeed(open());
    const before = bench.stage.ledger()?.oid ?? '';
    const commit = await succeed(open());
    expect(bench.stage.ledger()).toMatchObject({
      data: { commit },
      parents: [before],
      files: ['ledger.json'],
    });
  });

  test('the ledger alone, where there is nothing to commit', async () => {
    const first = begin();
    const target = open();
    expect(await target.commit(await changeOf(target, { files: [] }))).toEqual({ status: 'committed' });
    expect(await target.commit(await changeOf(target, { files: [] }))).toEqual({ status: 'committed' });
    expect(bench.stage.headOf('main')).toBe(first);
    expect(bench.stage.ledger()?.data).toMatchObject({ commit: null });
    expect(bench.stage.ledger()?.parents).toHaveLength(1);
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

  test.each(['release/1.x', 'fix/#12-ünïcode', "it's+100%25&more=@home"])(
    'on a branch named %s, with its ledger',
    async (branch) => {
      bench.stage.commit({ branch, files: { [FILE]: 'first\n' } });
      const target = open(branch);
      const commit = committed(await target.commit(await changeOf(target, { channel: branch })));
      expect(bench.stage.headOf(branch)).toBe(commit);
      expect(bench.stage.ledger(branch)?.data).toMatchObject({ commit });
      expect((await open(branch).readLedgers([branch]))[0]?.oid).toBe(bench.stage.ledger(branch)?.oid);
      expect((await target.headOf(branch))?.oid).toBe(commit);
    },
  );
}
