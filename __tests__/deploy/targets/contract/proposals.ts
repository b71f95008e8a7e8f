import { changeOf, committed, type ContractBench } from './bench.js';

export function proposalCases(bench: ContractBench): void {
  const { open, begin } = bench;

  const proposal = 'image-release-pr/main';

  test('on a branch of its own, which leaves the base alone; then on the new base, in place of what was proposed', async () => {
    const first = begin();
    const before = await propose({});
    expect(bench.stage.headOf(proposal)).toBe(before);
    expect(bench.stage.parentsOf(before)).toEqual([first]);
    expect(bench.stage.headOf('main')).toBe(first);
    expect(bench.stage.ledger()?.data).toMatchObject({ commit: before });
    const base = bench.stage.commit({ branch: 'main', files: { 'README.md': 'moved on\n' } });
    const commit = await propose({ before });
    expect(bench.stage.headOf(proposal)).toBe(commit);
    expect(bench.stage.parentsOf(commit)).toEqual([base]);
  });

  test('only in place of what was read', async () => {
    begin();
    const target = open();
    const early = await changeOf(target);
    expect(
      await target.commit({ ...early, proposal: { branch: proposal, before: bench.stage.headOf('main') } }),
    ).toEqual({ status: 'stale' });
    const before = await propose({});
    const ledger = bench.stage.ledger();
    const change = await changeOf(target);
    expect(await target.commit({ ...change, proposal: { branch: proposal } })).toEqual({ status: 'stale' });
    expect(bench.stage.headOf(proposal)).toBe(before);
    expect(bench.stage.ledger()).toEqual(ledger);
  });

  async function propose({ before }: { before?: string }): Promise<string> {
    const target = open();
    const change = await changeOf(target);
    return committed(await target.commit({ ...change, proposal: { branch: proposal, before } }));
  }
}
