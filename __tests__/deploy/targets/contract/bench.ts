import { ReleaseError } from '../../../../src/lib/errors.js';
import { ledgerRef, type LedgerMove } from '../../../../src/deploy/ledger/ledger.js';
import type { DeployTarget, Snapshot, CommitResult, TargetChange } from '../../../../src/deploy/target.js';
import type { Stage } from '../../stage.js';

/** What the contract needs to see and to do beside the target; git repositories have it from `createStage`. */
export type ContractStage = Pick<
  Stage,
  'commit' | 'fileAt' | 'ledger' | 'refuseLedgers' | 'openTarget' | 'loseNextAnswer' | 'close'
> & {
  /** Undefined: there is no such branch. */
  headOf(branch: string): string | undefined;
  parentsOf(commit: string): string[];
};

/** One repository per test, and the targets that were opened on it. */
export interface ContractBench {
  readonly stage: ContractStage;
  /** Makes the first commit. */
  begin(): string;
  open(branch?: string): DeployTarget;
  /** Reads and commits. @returns the id of the commit */
  succeed(target: DeployTarget): Promise<string>;
}

export type ChangeOptions = Partial<TargetChange> & { channel?: string; mode?: string };

export const FILE = 'k8s/kustomization.yml';

/** Sets a repository up and takes it down around each test of the surrounding `describe`. */
export function createBench(makeStage: () => Promise<ContractStage>): ContractBench {
  let stage: ContractStage;
  let opened: DeployTarget[];
  beforeEach(async () => {
    stage = await makeStage();
    opened = [];
  });
  afterEach(async () => {
    for (const target of opened) await target.close();
    await stage.close();
  });

  return {
    get stage() {
      return stage;
    },
    begin: () =>
      stage.commit({ branch: 'main', files: { [FILE]: 'first\n', 'README.md': 'Acme\n' }, message: 'First' }),
    open(branch) {
      const target = stage.openTarget(branch);
      opened.push(target);
      return target;
    },
    succeed: async (target) => committed(await target.commit(await changeOf(target))),
  };
}

/** No two changes are alike: the same commit made twice in one second would have the same id. */
let changes = 0;

/** Reads as a deploy does: first the ledger, then the branch. The file says which head it was changed from. */
export async function changeOf(
  target: DeployTarget,
  { channel = 'main', mode = '100644', ...more }: ChangeOptions = {},
): Promise<TargetChange> {
  const [reading] = await target.readLedgers([channel]);
  const { head } = await target.snapshot();
  return {
    base: head,
    files: [{ path: FILE, bytes: Buffer.from(`changed from ${head}\n`), mode }],
    message: `Roll out ${++changes}\n`,
    ledgers: [ledgerMove({ channel, ref: reading?.ref, before: reading?.oid })],
    ...more,
  };
}

export function ledgerMove({
  channel,
  ref = ledgerRef('hidden', channel),
  before,
}: Pick<LedgerMove, 'channel' | 'before'> & { ref?: string }): LedgerMove {
  const change = ++changes;
  return {
    channel,
    ref,
    before,
    text: `${JSON.stringify({ change })}\n`,
    message: (commit) => `${movedWith(commit)}\n`,
  };
}

/** The message of a ledger's commit. */
export const movedWith = (commit: string | undefined) => `api main-1\n\nMoved with ${commit ?? 'nothing'}`;

/** The id of the commit that was made. */
export function committed(result: CommitResult): string {
  expect(result).toMatchObject({
    status: 'committed',
    commit: expect.stringMatching(/^[0-9a-f]{40}$/) as string,
  });
  return (result as { commit: string }).commit;
}

export async function textAt(snapshot: Snapshot, path: string): Promise<string | undefined> {
  const file = (await snapshot.readAll([path])).get(path);
  return file && Buffer.from(file.bytes).toString('utf8');
}

/** The code of the first problem that something fails with. */
export async function codeOf(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
  } catch (error) {
    if (error instanceof ReleaseError) return error.problems[0]?.code;
    throw error;
  }
  throw new Error('nothing was thrown');
}
