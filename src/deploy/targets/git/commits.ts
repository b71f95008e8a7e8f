import type { LedgerMove } from '../../ledger/ledger.js';
import type { TargetChange } from '../../target.js';
import type { GitPerson } from './environment.js';
import { IMPORT_ARGS, importStream, type NewCommit } from './import.js';
import { LEDGER_FILE } from './ledgers.js';
import { readObjects } from './objects.js';
import { expectGit, type GitRepository } from './repository.js';
import type { LedgerCommit } from './swap.js';

/** Makes commits that nothing at the remote points to yet. */
export interface CommitMaker {
  /** Undefined: there is nothing to commit. */
  deployCommit(change: TargetChange): Promise<string | undefined>;
  /** @param commit the deploy commit, for their texts */
  ledgerCommits(moves: readonly LedgerMove[], commit: string | undefined): Promise<LedgerCommit[]>;
  /** A ledger commit on top of `after` that says again what `before` said. */
  revertLedger(before: string, after: string): Promise<string>;
}

export function createCommitMaker(repository: GitRepository, author: GitPerson): CommitMaker {
  async function make(commits: readonly NewCommit[]): Promise<string[]> {
    if (commits.length === 0) return [];
    const printed = await expectGit(repository, IMPORT_ARGS, { input: importStream(commits, author) });
    return printed.trim().split('\n');
  }
  const ledgerCommit = (parent: string | undefined, bytes: Uint8Array, message: string): NewCommit => {
    return { parent, tree: 'files', files: [{ path: LEDGER_FILE, bytes, mode: '100644' }], message };
  };

  return {
    async deployCommit({ base, files, message }) {
      if (files.length === 0) return undefined;
      const [commit] = await make([{ parent: base, tree: 'parent', files, message }]);
      return commit;
    },

    async ledgerCommits(moves, commit) {
      const made = await make(
        moves.map(({ before, text, message }) => ledgerCommit(before, Buffer.from(text(commit)), message)),
      );
      return moves.map(({ channel, before }, index) => ({ channel, before, after: made[index] ?? '' }));
    },

    async revertLedger(before, after) {
      const name = `${before}:${LEDGER_FILE}`;
      const text = (await readObjects(repository, [name], {})).get(name) ?? Buffer.alloc(0);
      const [commit = ''] = await make([
        ledgerCommit(after, text, 'Take back: the deploy commit was not made'),
      ]);
      return commit;
    },
  };
}
