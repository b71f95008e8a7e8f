import { jest } from '@jest/globals';
import { createStage, KINDS } from '../stage.js';
import { describeTarget } from './contract/target-contract.js';

jest.setTimeout(60_000);

for (const kind of KINDS) describeTarget(kind, () => createContractStage(kind));

async function createContractStage(kind: (typeof KINDS)[number]) {
  const stage = await createStage(kind, null);
  const { git } = stage;
  const lines = (...args: string[]) =>
    git(...args)
      .split('\n')
      .filter(Boolean);
  return {
    ...stage,
    headOf: (branch: string) => lines('for-each-ref', '--format=%(objectname)', `refs/heads/${branch}`)[0],
    parentsOf: (commit: string) => git('rev-list', '--parents', '--max-count=1', commit).split(' ').slice(1),
  };
}
