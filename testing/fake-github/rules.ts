import { ZERO_OID } from './objects.js';
import type { RefMove } from '../git-refs.js';
import type { Caller, ServedRepository } from './repository.js';

/** A rule of a ruleset, as `GET /repos/{owner}/{repo}/rules/branches/{branch}` lists it. */
export interface BranchRule {
  /** Branch name, or a prefix that ends in `*`. */
  branch: string;
  type: 'pull_request' | 'required_status_checks' | 'non_fast_forward' | 'creation' | 'deletion';
  /** Logins that the rule lets pass. */
  bypass?: string[];
}

interface JudgedMove {
  before: string;
  after: string;
}

type Judge = (move: JudgedMove) => string | undefined;

const changes = ({ before, after }: JudgedMove) => before !== ZERO_OID && after !== ZERO_OID;

/** GitHub's sentences. Creating a branch violates only rules about creation. */
const JUDGES: Record<BranchRule['type'], Judge> = {
  pull_request: (move) => (changes(move) ? 'Changes must be made through a pull request.' : undefined),
  required_status_checks: (move) => (changes(move) ? 'Required status check "ci" is expected.' : undefined),
  // Listed alone: nobody forces a push to a branch that has it.
  non_fast_forward: () => undefined,
  creation: ({ before }) => (before === ZERO_OID ? 'Cannot create ref due to creations being restricted.' : undefined),
  deletion: ({ after }) => (after === ZERO_OID ? 'Cannot delete this branch' : undefined),
};

export const RULE_TYPES = Object.keys(JUDGES) as BranchRule['type'][];

/** The active rules for a branch. */
export function rulesFor(repository: ServedRepository, branch: string): BranchRule[] {
  return repository.rules.filter((rule) =>
    rule.branch.endsWith('*') ? branch.startsWith(rule.branch.slice(0, -1)) : rule.branch === branch,
  );
}

/** What the rules have against a direct move of a branch; other refs have no rules. */
export function violations(repository: ServedRepository, caller: Caller, move: RefMove & { before: string }): string[] {
  if (!move.name.startsWith('refs/heads/')) return [];
  return rulesFor(repository, move.name.slice('refs/heads/'.length))
    .filter((rule) => !rule.bypass?.includes(caller.login))
    .flatMap((rule) => JUDGES[rule.type](move) ?? []);
}

/** The message of the REST and GraphQL answers to a violation. */
export function violationMessage(sentences: readonly string[]): string {
  return `Repository rule violations found\n\n${sentences.map((sentence) => `${sentence}\n\n`).join('')}`;
}
