import { isAncestor, listCommits, readCommit } from './commits.js';
import { ZERO_OID } from './objects.js';
import type { RefMove } from './refs.js';
import type { Caller, ServedRepository } from './repository.js';

/** A rule of a ruleset, as `GET /repos/{owner}/{repo}/rules/branches/{branch}` lists it. */
export interface BranchRule {
  /** Branch name, or a prefix that ends in `*`. */
  branch: string;
  type:
    | 'pull_request'
    | 'required_status_checks'
    | 'non_fast_forward'
    | 'required_signatures'
    | 'creation'
    | 'update'
    | 'deletion';
  parameters?: Record<string, unknown>;
  /** Logins that the rule lets pass. */
  bypass?: string[];
}

interface JudgedMove {
  before: string;
  after: string;
  dir: string;
}

type Judge = (move: JudgedMove, rule: BranchRule) => string | undefined | Promise<string | undefined>;

const changes = (move: JudgedMove) => move.after !== ZERO_OID;

/** GitHub's sentences. Creating a branch violates only rules about creation and signatures. */
const JUDGES: Record<BranchRule['type'], Judge> = {
  pull_request: (move) =>
    changes(move) && move.before !== ZERO_OID ? 'Changes must be made through a pull request.' : undefined,
  required_status_checks: (move, rule) => {
    if (!changes(move) || move.before === ZERO_OID) return undefined;
    const checks = (rule.parameters?.required_status_checks ?? [{ context: 'ci' }]) as { context: string }[];
    return checks.length === 1
      ? `Required status check "${checks[0]?.context}" is expected.`
      : `${checks.length} of ${checks.length} required status checks are expected.`;
  },
  non_fast_forward: async ({ dir, before, after }) =>
    before !== ZERO_OID && after !== ZERO_OID && !(await isAncestor(dir, before, after))
      ? 'Cannot force-push to this branch'
      : undefined,
  required_signatures: async (move) => {
    if (!changes(move)) return undefined;
    const range = move.before === ZERO_OID ? [move.after, '--not', '--all'] : [move.after, `^${move.before}`];
    const commits = await Promise.all((await listCommits(move.dir, range)).map((oid) => readCommit(move.dir, oid)));
    return commits.every((commit) => commit.signature?.signer === 'github')
      ? undefined
      : 'Commits must have verified signatures.';
  },
  creation: ({ before }) => (before === ZERO_OID ? 'Cannot create ref due to creations being restricted.' : undefined),
  update: (move) => (changes(move) && move.before !== ZERO_OID ? 'Cannot update this protected ref.' : undefined),
  deletion: ({ after }) => (after === ZERO_OID ? 'Cannot delete this branch' : undefined),
};

export const RULE_TYPES = Object.keys(JUDGES) as BranchRule['type'][];

/** The active rules for a branch. */
export function rulesFor(repository: ServedRepository, branch: string): BranchRule[] {
  return repository.rules.filter((rule) =>
    rule.branch.endsWith('*') ? branch.startsWith(rule.branch.slice(0, -1)) : rule.branch === branch,
  );
}

/**
 * What the rules have against a direct move of a branch; other refs have no rules.
 * The commit that the ref would point to must be in the object store already.
 */
export async function violations(
  repository: ServedRepository,
  caller: Caller,
  move: RefMove & { before: string },
): Promise<string[]> {
  if (!move.name.startsWith('refs/heads/')) return [];
  const active = rulesFor(repository, move.name.slice('refs/heads/'.length)).filter(
    (rule) => !rule.bypass?.includes(caller.login),
  );
  const judged = { before: move.before, after: move.after, dir: repository.dir };
  const sentences = await Promise.all(active.map(async (rule) => JUDGES[rule.type](judged, rule)));
  return sentences.filter((sentence) => sentence !== undefined);
}

/** The message of the REST and GraphQL answers to a violation. */
export function violationMessage(sentences: readonly string[]): string {
  return `Repository rule violations found\n\n${sentences.map((sentence) => `${sentence}\n\n`).join('')}`;
}
