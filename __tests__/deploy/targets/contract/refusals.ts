import { changeOf, committed, type ContractBench } from './bench.js';

export function refusalCases(bench: ContractBench): void {
  const { open, begin, succeed, insist } = bench;

  test('outside of branches: keeps them as branches, and stays with it', async () => {
    begin();
    await bench.stage.refuseLedgers('outside branches');
    const commit = await succeed(open());
    expect(bench.stage.ledger()).toMatchObject({ ref: 'refs/heads/image-release/main', data: { commit } });
    expect(bench.stage.headOf('main')).toBe(commit);
    const before = bench.stage.ledger()?.oid ?? '';
    const second = await succeed(open());
    expect(bench.stage.ledger()).toMatchObject({
      ref: 'refs/heads/image-release/main',
      data: { commit: second },
      parents: [before],
    });
  });

  test('at all: writes nothing, says so, and goes on without', async () => {
    const first = begin();
    await bench.stage.refuseLedgers('everywhere');
    const target = open();
    const result = await insist(target, {});
    expect(result.status).toBe('ledger-refused');
    expect(bench.stage.headOf('main')).toBe(first);
    expect(bench.stage.ledger()).toBeUndefined();
    const commit = committed(await target.swap(await changeOf(target, { ledgers: [] })));
    expect(bench.stage.headOf('main')).toBe(commit);
  });
}
