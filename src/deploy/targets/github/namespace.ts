import type { TargetChange } from '../../target.js';
import { nameRules } from './problems.js';
import type { RequestFailed } from './requests.js';
import { standStill, type SwapContext } from './swap-context.js';
import type { RefMove } from './writes.js';

/** What a refused move of branch and ledgers asks for. */
export type Verdict =
  | 'not-the-ledger'
  /** Nothing written: the ledgers have another name now. */
  | 'other-name'
  /** Nothing written: the ledger has its name already, and is to be moved by itself. */
  | 'apart'
  | 'ledger-refused'
  | 'stale';

/** The ways of saying that a name can't be a reference. GitHub documents none. */
const NOT_A_NAME =
  /valid ref|ref(erence)? name|namespace|must (start|begin) with|(under|in) refs\/heads|not allowed/i;

/**
 * Tells a server that takes no ledger under its name from everything else that can refuse a move. Only what is
 * certain counts at once; an error without words is taken for a refusal when it comes a second time and nothing
 * has moved.
 */
export function createNamespaceJudge(context: SwapContext) {
  const { repository, names, explainer } = context;
  /** The names that a first error without words was about. */
  let doubted: string | undefined;

  async function isAtFault(
    refused: RequestFailed,
    change: TargetChange,
    ledgerNames: readonly string[],
  ): Promise<boolean> {
    const alone = change.files.length === 0;
    const named = ledgerNames.some((name) => refused.message.includes(name));
    switch (refused.trouble) {
      case 'rules':
        return alone || named || (await rulesAreTheLedgers(change, ledgerNames));
      case 'permission-denied':
      case 'missing':
        return alone || named;
      case 'other': {
        const key = ledgerNames.join();
        const again = doubted === key;
        doubted = key;
        return again || (named && NOT_A_NAME.test(refused.message));
      }
      default:
        return false;
    }
  }

  /** Rules concern branches only; those of the branch that is deployed to are the likelier ones. */
  async function rulesAreTheLedgers(change: TargetChange, ledgerNames: readonly string[]): Promise<boolean> {
    const branches = ledgerNames.flatMap((name) => /^refs\/heads\/(.*)/.exec(name)?.[1] ?? []);
    if (branches.length === 0) return false;
    const rules = await Promise.all(branches.map((branch) => explainer.readRules(branch)));
    if (rules.flat().length === 0) return false;
    const own = await explainer.readRules(change.proposal?.branch ?? repository.branch);
    return nameRules(own).length === 0;
  }

  return async (
    refused: RequestFailed,
    change: TargetChange,
    moves: readonly RefMove[],
  ): Promise<Verdict> => {
    if (refused.trouble !== 'other') doubted = undefined;
    const ledgerNames = change.ledgers.map(({ channel }) => names.of(channel));
    if (ledgerNames.length === 0 || !(await isAtFault(refused, change, ledgerNames))) return 'not-the-ledger';
    if (refused.trouble === 'other') {
      const standing = await standStill(repository, moves);
      if (standing !== 'still') return standing === 'moved' ? 'stale' : 'not-the-ledger';
    }
    const ours = change.ledgers.filter(({ channel }) => !names.isBranch(channel));
    if (ours.length === 0) return 'ledger-refused';
    names.refuseOwn();
    return ours.some(({ before }) => before !== undefined) ? 'apart' : 'other-name';
  };
}
