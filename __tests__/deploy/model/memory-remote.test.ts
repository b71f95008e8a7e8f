import type { Fault } from '../../../testing/memory-remote/faults.js';
import { branchRef, readLedger, type LedgerSupport } from '../../../testing/memory-remote/refs.js';
import { createRemote } from '../../../testing/memory-remote/remote.js';
import { createMemoryTarget } from '../../../testing/memory-remote/target.js';
import type { TargetFile } from '../../../src/deploy/target.js';
import type { ContractStage } from '../targets/contract/bench.js';
import { describeTarget } from '../targets/contract/target-contract.js';

// The in-memory double that represents all servers in the model must meet the same contract.
describeTarget('in memory', async () => createContractStage());

function createContractStage(): ContractStage {
  let ledgers: LedgerSupport = 'everywhere';
  const faults: Fault[] = [];
  const plain = createRemote();
  const remote = {
    ...plain,
    get ledgers() {
      return ledgers;
    },
  };
  const { objects } = remote;
  const headOf = (branch: string) => remote.refs().get(branchRef(branch));

  return {
    headOf,
    parentsOf: (commit) => [...objects.read(commit).parents],
    commit({ branch, parents, files = {}, message = 'Land first' }) {
      const head = headOf(branch);
      const onto = parents ?? (head === undefined ? [] : [head]);
      const tree = new Map<string, TargetFile>(onto[0] === undefined ? [] : objects.read(onto[0]).files);
      for (const [path, file] of Object.entries(files)) {
        const { text, mode = '100644' } = typeof file === 'string' ? { text: file } : file;
        tree.set(path, { bytes: Buffer.from(text), mode });
      }
      const oid = objects.write({ parents: onto, files: tree, message });
      remote.move(new Map(remote.refs()).set(branchRef(branch), oid));
      return oid;
    },
    fileAt(commit, path) {
      const file = objects.read(commit).files.get(path);
      return file && { text: Buffer.from(file.bytes).toString('utf8'), mode: file.mode };
    },
    ledger(channel = 'main') {
      const { ref, oid, text = '', message = '' } = readLedger(objects, remote.refs(), channel);
      if (ref === undefined || oid === undefined) return undefined;
      const { files, parents } = objects.read(oid);
      return { ref, oid, text: text.trim(), files: [...files.keys()], parents: [...parents], message: message.trim() };
    },
    async refuseLedgers(where) {
      ledgers = where === 'everywhere' ? 'nowhere' : 'branches';
    },
    async loseNextAnswer() {
      faults.push({ type: 'lost-after-landing' });
    },
    openTarget: (branch = 'main') =>
      createMemoryTarget({
        remote,
        branch,
        fault: (operation) => (operation === 'commit' ? faults.shift() : undefined),
      }),
    async close() {},
  };
}
