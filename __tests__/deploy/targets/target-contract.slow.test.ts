import { parentsOf } from '../../../testing/bare-repository.js';
import { readRefFile } from '../../../testing/git-store.js';
import { createStage, KINDS } from '../stage.js';
import { describeTarget } from './contract/target-contract.js';

for (const kind of KINDS) describeTarget(kind, () => createContractStage(kind));

async function createContractStage(kind: (typeof KINDS)[number]) {
  const stage = await createStage(kind, null);
  const { bare } = stage;
  return {
    ...stage,
    headOf: (branch: string) => readRefFile(bare, `refs/heads/${branch}`),
    parentsOf: (commit: string) => parentsOf(bare, commit),
  };
}
