import { jest } from '@jest/globals';
import type { LedgerMove } from '../../src/deploy/ledger/ledger.js';
import type { DeployTarget, SwapResult, TargetChange } from '../../src/deploy/target.js';
import { createStage, KUSTOMIZATION, type Stage } from './stage.js';

jest.setTimeout(60_000);

let stage: Stage;
beforeEach(async () => {
  stage = await createStage('the GitHub API');
});
afterEach(async () => {
  expect(stage.github.faults.pending()).toEqual([]);
  await stage.close();
});

const served = () => stage.github.repository('acme/app');
const refs = () => stage.git('for-each-ref', '--format=%(refname)').split('\n').sort();
const ledgerAt = (ref: string) => stage.git('cat-file', 'blob', `${ref}:ledger.json`);

const OWN = 'refs/image-release/main';
const BRANCH = 'refs/heads/image-release/main';

/** Reads as a deploy does, then changes a file (unless `files` says otherwise) and the ledger of `main`. */
async function read(target: DeployTarget, more: Partial<TargetChange> = {}): Promise<TargetChange> {
  const [reading] = await target.readLedgers(['main']);
  const { head } = await target.snapshot();
  const move: LedgerMove = {
    channel: 'main',
    before: reading?.oid,
    text: (commit) => `after ${commit ?? 'nothing'}, then ${reading?.text ?? 'none'}`,
    message: 'api main-1',
  };
  const files = [{ path: 'k8s/kustomization.yml', bytes: Buffer.from(`# ${head}\n`), mode: '100644' }];
  return { base: head, files, message: 'Roll out', ledgers: [move], ...more };
}

async function swap(target: DeployTarget, more: Partial<TargetChange> = {}): Promise<SwapResult> {
  return target.swap(await read(target, more));
}

test('branch and ledger move together; the ledger names the deploy commit and has one parent', async () => {
  const target = stage.openTarget();
  await swap(target);
  const first = stage.head();
  const old = stage.git('rev-parse', OWN);
  expect(await swap(target)).toMatchObject({ status: 'committed', commit: stage.head() });
  expect(ledgerAt(OWN)).toBe(`after ${stage.head()}, then after ${first}, then none`);
  expect(stage.git('rev-list', '--parents', '-1', OWN)).toBe(`${stage.git('rev-parse', OWN)} ${old}`);
  expect(stage.git('ls-tree', '--name-only', OWN)).toBe('ledger.json');
  expect(refs()).toEqual(['refs/heads/main', OWN]);
});
