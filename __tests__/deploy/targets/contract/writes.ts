import { ledgerRef } from '../../../../src/deploy/ledger/ledger.js';
import type { CommitResult } from '../../../../src/deploy/target.js';
import { changeOf, committed, FILE, ledgerMove, movedWith, type ContractBench } from './bench.js';

export function writeCases(bench: ContractBench): void {
  const { open, begin, succeed } = bench;

  test('a commit on the head that changes only the given files and keeps all modes', async () => {
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

  test('branch and ledger together, with the commit named in the ledger, or the ledger alone', async () => {
    begin();
    const target = open();
    const first = committed(await target.commit(await changeOf(target)));
    expect(bench.stage.headOf('main')).toBe(first);
    const ref = 'refs/image-release/main';
    const files = ['ledger.json'];
    const ledger = bench.stage.ledger();
    expect(ledger).toMatchObject({ ref, message: movedWith(first), parents: [], files });
    const [read] = await open().readLedgers(['main']);
    expect(read).toMatchObject({ channel: 'main', oid: ledger?.oid });
    expect([read?.text?.trim(), read?.message?.trim()]).toEqual([ledger?.text.trim(), movedWith(first)]);

    const second = await succeed(open());
    expect(bench.stage.ledger()).toMatchObject({ message: movedWith(second), parents: [ledger?.oid], files });
    const before = bench.stage.ledger()?.oid;
    // Nothing to commit.
    expect(await target.commit(await changeOf(target, { files: [] }))).toEqual({ status: 'committed' });
    expect(bench.stage.headOf('main')).toBe(second);
    expect(bench.stage.ledger()).toMatchObject({ message: movedWith(undefined), parents: [before] });
  });

  test('a ledger commit with the same text and a new message', async () => {
    begin();
    const target = open();
    await target.commit(await changeOf(target));
    const [read] = await target.readLedgers(['main']);
    const move = { ...ledgerMove({ channel: 'main', before: read?.oid }), text: read?.text ?? '' };
    const change = await changeOf(target, { files: [], ledgers: [move] });
    expect(await target.commit(change)).toEqual({ status: 'committed' });
    const ledger = bench.stage.ledger();
    expect(ledger).toMatchObject({ text: read?.text?.trim(), message: movedWith(undefined), parents: [read?.oid] });
    for (const each of [target, open()]) {
      const [now] = await each.readLedgers(['main']);
      expect(now).toMatchObject({ oid: ledger?.oid, text: read?.text });
      expect(now?.message?.trim()).toBe(movedWith(undefined));
    }
  });

  test('several ledgers at once, and reads each one back', async () => {
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
    expect(bench.stage.ledger('main.old')?.message).toBe(movedWith(commit));
  });

  test('to branches with special characters in their names, and to their ledgers', async () => {
    for (const branch of ['release/1.x', 'fix/#12-ünïcode', "it's+100%25&more=@home"]) {
      bench.stage.commit({ branch, files: { [FILE]: 'first\n' } });
      const target = open(branch);
      const commit = committed(await target.commit(await changeOf(target, { channel: branch })));
      expect(bench.stage.headOf(branch)).toBe(commit);
      expect(bench.stage.ledger(branch)?.message).toBe(movedWith(commit));
      expect((await open(branch).readLedgers([branch]))[0]?.oid).toBe(bench.stage.ledger(branch)?.oid);
      expect((await target.headOf(branch))?.oid).toBe(commit);
    }
  });
}

export function raceCases(bench: ContractBench): void {
  const { open, begin, succeed } = bench;

  test("doesn't move the ledger if the branch has moved", async () => {
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

  test("doesn't move the branch if the ledger has moved", async () => {
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

  test("doesn't move the branch if somebody created the ledger meanwhile", async () => {
    const first = begin();
    const [late, early] = [open(), open()];
    const change = await changeOf(late);
    await early.commit(await changeOf(early, { files: [] }));
    expect(await late.commit(change)).toEqual({ status: 'stale' });
    expect(bench.stage.headOf('main')).toBe(first);
  });

  test('exactly one of two writers wins, and the other one succeeds after reading again', async () => {
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

  test('on the branch and in the ledger, below a later commit, after a lost answer', async () => {
    const first = begin();
    const target = open();
    const change = await changeOf(target, { message: 'Roll out\n\nImage-Release-Id: lost.1\n' });
    await bench.stage.loseNextAnswer();
    expect(['unknown', 'stale']).toContain((await target.commit(change)).status);
    bench.stage.commit({ branch: 'main', files: { 'README.md': 'theirs\n' }, message: 'Later' });
    const since = await target.commitsSince(first);
    expect(since.map(({ message }) => message.trim())).toEqual(['Later', 'Roll out\n\nImage-Release-Id: lost.1']);
    expect(since.map(({ oid }) => oid)[0]).toBe(bench.stage.headOf('main'));
    expect(bench.stage.ledger()?.message).toBe(movedWith(since[1]?.oid));
  });

  test("on the branch of a pull request, and none if that doesn't exist", async () => {
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

export function proposalCases(bench: ContractBench): void {
  const { open, begin } = bench;

  const proposal = 'image-release-pr/main';

  test('on a separate branch that leaves the base alone; the next proposal replaces it on the new base', async () => {
    const first = begin();
    const before = await propose({});
    expect(bench.stage.headOf(proposal)).toBe(before);
    expect(bench.stage.parentsOf(before)).toEqual([first]);
    expect(bench.stage.headOf('main')).toBe(first);
    expect(bench.stage.ledger()?.message).toBe(movedWith(before));
    const base = bench.stage.commit({ branch: 'main', files: { 'README.md': 'moved on\n' } });
    const commit = await propose({ before });
    expect(bench.stage.headOf(proposal)).toBe(commit);
    expect(bench.stage.parentsOf(commit)).toEqual([base]);
  });

  test("only if the proposal branch hasn't changed, otherwise leaves branch and ledger alone", async () => {
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

export function refusalCases(bench: ContractBench): void {
  const { open, begin, succeed } = bench;
  const asBranch = [ledgerMove({ channel: 'main', ref: ledgerRef('branch', 'main') })];

  test('outside branches, writes nothing and reports it; then stores and finds the ledger on a branch', async () => {
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
    expect(ledger).toMatchObject({ ref: 'refs/heads/image-release/main', message: movedWith(commit) });
    const second = await succeed(open());
    expect(bench.stage.ledger()).toMatchObject({
      ref: 'refs/heads/image-release/main',
      message: movedWith(second),
      parents: [ledger?.oid],
    });
  });

  test('everywhere, writes nothing and reports it; then commits without a ledger', async () => {
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
