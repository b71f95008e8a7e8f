import { ledgerRef } from '../../../../src/deploy/ledger/ledger.js';
import { changeOf, committed, ledgerMove, type ContractBench } from './bench.js';

export function refusalCases(bench: ContractBench): void {
  const { open, begin, succeed } = bench;
  const asBranch = [ledgerMove({ channel: 'main', ref: ledgerRef('branch', 'main') })];

  test('outside of branches: writes nothing and says so; as a branch it is written, found and kept', async () => {
    const first = begin();
    await bench.stage.refuseLedgers('outside branches');
    const target = open();
    const change = await changeOf(target);
    expect(await target.commit(change)).toMatchObject({ status: 'ledger-refused' });
    expect(bench.stage.headOf('main')).toBe(first);
    expect(bench.stage.ledger()).toBeUndefined();
    const commit = committed(await target.commit({ ...change, ledgers: asBranch }));
    expect(bench.stage.headOf('main')).toBe(commit);
    const ledger = bench.stage.ledger();
    expect(ledger).toMatchObject({ ref: 'refs/heads/image-release/main', data: { commit } });
    const second = await succeed(open());
    expect(bench.stage.ledger()).toMatchObject({
      ref: 'refs/heads/image-release/main',
      data: { commit: second },
      parents: [ledger?.oid],
    });
  });

  test('at all: writes nothing, says so, and commits without', async () => {
    const first = begin();
    await bench.stage.refuseLedgers('everywhere');
    const target = open();
    const change = await changeOf(target);
    expect(await target.commit({ ...change, ledgers: asBranch })).toMatchObject({ status: 'ledger-refused' });
    expect(bench.stage.headOf('main')).toBe(first);
    expect(bench.stage.ledger()).toBeUndefined();
    const commit = committed(await target.commit({ ...change, ledgers: [] }));
    expect(bench.stage.headOf('main')).toBe(commit);
  });
}
