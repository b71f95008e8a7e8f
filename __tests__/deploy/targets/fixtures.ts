import type { LedgerMove } from '../../../src/deploy/ledger/ledger.js';
import type { DeployTarget, CommitResult, TargetChange } from '../../../src/deploy/target.js';
import { createStage, type Stage } from '../stage.js';

export const OWN = 'refs/image-release/main';
export const BRANCH = 'refs/heads/image-release/main';
export const PROPOSAL = 'image-release-pr/main';
export const PATH = 'k8s/kustomization.yml';

let runs = 0;

/** A ledger whose message names the deploy commit and whose text contains the previous text. */
export function moveOf(channel: string, reading?: { ref?: string; oid?: string; text?: string }): LedgerMove {
  const run = ++runs;
  return {
    channel,
    ref: reading?.ref ?? `refs/image-release/${channel}`,
    before: reading?.oid,
    text: `after (${reading?.text ?? ''})`,
    // Makes the commit of each run unique.
    message: (commit) => `Release to ${channel} by run ${run}, with ${commit ?? 'none'}`,
  };
}

/** Reads as a deploy does, and returns a change of one file and the ledger of `main`. */
export async function readChange(target: DeployTarget, more: Partial<TargetChange> = {}): Promise<TargetChange> {
  const [reading] = await target.readLedgers(['main']);
  const { head } = await target.snapshot();
  return {
    base: head,
    files: [fileOf(`# after ${head}\n`)],
    message: 'Roll out',
    ledgers: [moveOf('main', reading)],
    ...more,
  };
}

export const fileOf = (text: string, mode = '100644') => ({ path: PATH, bytes: Buffer.from(text), mode });

export async function readAndCommit(target: DeployTarget, more: Partial<TargetChange> = {}): Promise<CommitResult> {
  return target.commit(await readChange(target, more));
}

/** All refs of the repository with their object ids. */
export function refsOf(stage: Stage): Record<string, string> {
  const lines = stage.git('for-each-ref', '--format=%(refname) %(objectname)').split('\n');
  return Object.fromEntries(lines.map((line) => line.split(' ') as [string, string]));
}

export const ledgerText = (stage: Stage, ref: string) => stage.git('cat-file', 'blob', `${ref}:ledger.json`);

/** The query for branch and ledgers, which precedes any other. */
export const READ_REFS = { operation: 'repository' };

/** The requests since `from`, such as `POST /git/trees` or `updateRefs`. */
export function requestsOf(stage: Stage, from = 0): string[] {
  return stage.github.requests
    .slice(from)
    .map(({ method, path, operations }) =>
      operations.length > 0
        ? operations.join()
        : `${method} ${path.replace(/^\/repos\/acme\/app/, '').replace(/[0-9a-f]{40}/g, '…')}`,
    );
}

export let stage: Stage;

/** Gives each test a separate fake GitHub, and checks that every injected fault occurs. */
export function onGitHub(): void {
  beforeEach(async () => {
    stage = await createStage('the GitHub API');
  });
  afterEach(async () => {
    expect(stage.github.faults.pending()).toEqual([]);
    await stage.close();
  });
}
