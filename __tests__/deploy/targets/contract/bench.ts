import { ReleaseError } from '../../../../src/lib/errors.js';
import { ledgerRef, type LedgerMove } from '../../../../src/deploy/ledger/ledger.js';
import type { DeployTarget, Snapshot, CommitResult, TargetChange } from '../../../../src/deploy/target.js';
import type { Stage } from '../../stage.js';

/** Access to the repository in addition to the target; `createStage` provides it for git repositories. */
export type ContractStage = Pick<
  Stage,
  'commit' | 'fileAt' | 'ledger' | 'refuseLedgers' | 'openTarget' | 'loseNextAnswer' | 'close'
> & {
  /** Undefined: the branch doesn't exist. */
  headOf(branch: string): string | undefined;
  parentsOf(commit: string): string[];
};

/** One repository per test, with the targets opened on it. */
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

/** Creates a repository before each test of the surrounding `describe` and removes it afterwards. */
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

/** Makes each change unique: the same commit made twice in one second would have the same id. */
let changes = 0;

/** Reads the ledger first, then the branch, as a deploy does. The file names the head that it was changed from. */
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

/** The message of a ledger commit. */
export const movedWith = (commit: string | undefined) => `api main-1\n\nMoved with ${commit ?? 'nothing'}`;

/** The id of the new commit. */
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

/** The code of the first problem that `work` fails with. */
export async function codeOf(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
  } catch (error) {
    if (error instanceof ReleaseError) return error.problems[0]?.code;
    throw error;
  }
  throw new Error('nothing was thrown');
}
