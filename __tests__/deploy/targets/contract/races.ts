import type { CommitResult } from '../../../../src/deploy/target.js';
import { changeOf, committed, type ContractBench } from './bench.js';

export function raceCases(bench: ContractBench): void {
  const { open, begin, succeed } = bench;

  test('a branch that has moved leaves the ledger where it is', async () => {
    begin();
    await succeed(open());
    const ledger = bench.stage.ledger();
    const target = open();
    const change = await changeOf(target);
    const other = bench.stage.commit({ branch: 'main', files: { 'README.md': 'theirs\n' } });
    expect(await target.commit(change)).toEqual({ status: 'stale' });
    expect(bench.stage.headOf('main')).toBe(other);
    expect(bench.stage.ledger()).toEqual(ledger);
  });

  test('a ledger that has moved leaves the branch where it is', async () => {
    begin();
    const head = await succeed(open());
    const [late, early] = [open(), open()];
    const change = await changeOf(late);
    await early.commit(await changeOf(early, { files: [] }));
    const ledger = bench.stage.ledger();
    expect(await late.commit(change)).toEqual({ status: 'stale' });
    expect(await late.commit({ ...change, files: [] })).toEqual({ status: 'stale' });
    expect(bench.stage.headOf('main')).toBe(head);
    expect(bench.stage.ledger()).toEqual(ledger);
  });

  test('a ledger that somebody has created meanwhile', async () => {
    const first = begin();
    const [late, early] = [open(), open()];
    const change = await changeOf(late);
    await early.commit(await changeOf(early, { files: [] }));
    expect(await late.commit(change)).toEqual({ status: 'stale' });
    expect(bench.stage.headOf('main')).toBe(first);
  });

  test('of two writers exactly one wins, and the other one after reading again', async () => {
    begin();
    const [one, two] = [open(), open()];
    const changes = [await changeOf(one), await changeOf(two)] as const;
    const results = await Promise.all([one.commit(changes[0]), two.commit(changes[1])]);
    expect(results.map(({ status }) => status).sort()).toEqual(['committed', 'stale']);
    const loser = results[0].status === 'stale' ? one : two;
    const winner = results.find(({ status }) => status === 'committed') as CommitResult;
    const commit = await succeed(loser);
    expect(bench.stage.parentsOf(commit)).toEqual([committed(winner)]);
    expect(bench.stage.ledger()?.parents).toHaveLength(1);
  });
}

export function lostAnswerCases(bench: ContractBench): void {
  const { open, begin } = bench;

  test('on the branch', async () => {
    const first = begin();
    const target = open();
    const change = await changeOf(target, { message: 'Roll out\n\nImage-Release-Id: lost.1\n' });
    await bench.stage.loseNextAnswer();
    expect(['unknown', 'stale']).toContain((await target.commit(change)).status);
    bench.stage.commit({ branch: 'main', files: { 'README.md': 'theirs\n' }, message: 'Later' });
    const since = await target.commitsSince(first);
    expect(since.map(({ message }) => message.trim())).toEqual(['Later', 'Roll out\n\nImage-Release-Id: lost.1']);
    expect(since.map(({ oid }) => oid)[0]).toBe(bench.stage.headOf('main'));
    expect(bench.stage.ledger()?.data).toMatchObject({ commit: since[1]?.oid });
  });

  test('on the branch of a pull request, which may not be there', async () => {
    const first = begin();
    const target = open();
    expect(await target.commitsSince(first, { on: 'image-release-pr/main' })).toEqual([]);
    const change = await changeOf(target);
    const proposal = { branch: 'image-release-pr/main' };
    const commit = committed(await target.commit({ ...change, proposal }));
    const since = await target.commitsSince(first, { on: 'image-release-pr/main' });
    expect(since.map(({ oid }) => oid)).toEqual([commit]);
    expect(await target.commitsSince(first)).toEqual([]);
  });
}
