import type { Person } from './commits.js';
import type { BranchRule } from './rules.js';
import type { StoredAttestation } from './rest-attestations.js';
import type { StoredStatus } from './rest-statuses.js';
import type { ActionsOptions, FakeRun } from './workflow-runs.js';
import type { MergeMethod, PullRequest } from './pull-requests.js';

export type Level = 'read' | 'write';

/** What a token may do on one repository; an absent permission is none at all. */
export interface TokenAccess {
  /** Default `github-actions[bot]`. */
  login?: string;
  /** Bots' commits through the API are signed by GitHub; default `Bot`. */
  type?: 'Bot' | 'User';
  permissions: Partial<Record<Permission, Level>>;
}

export type Permission =
  | 'contents'
  | 'pull_requests'
  | 'issues'
  | 'metadata'
  | 'attestations'
  | 'actions'
  | 'statuses'
  | 'packages';

/** One repository that the double serves. */
export interface FakeRepository {
  owner: string;
  name: string;
  /** The bare repository on disk; it may be read and written by others at the same time. */
  dir: string;
  defaultBranch: string;
  private?: boolean;
  /** By token; `read` and `write` stand for all permissions at that level. */
  tokens?: Record<string, Level | TokenAccess>;
  /** May be changed while the server runs. */
  rules?: BranchRule[];
  /** `missing`: the mutation is not in the schema, as on older GitHub Enterprise servers. Default `there`. */
  updateRefs?: 'there' | 'missing';
  /** Which names `updateRefs` takes; GitHub does not document it. Default `any`. */
  updateRefsNamespaces?: 'any' | 'heads-and-tags';
  /** Which refs revision expressions of GraphQL find; GitHub does not document it. Default `any`. */
  revisions?: 'any' | 'heads-and-tags';
  /** Entries of a recursive tree listing before it is cut short; default 100,000, as documented. */
  treeLimit?: number;
  /** "Allow auto-merge" of the settings; default `allowed`. */
  autoMerge?: 'allowed' | 'off';
  /** What enabling it once more does to an auto-merge; GitHub doesn't document it. Default `replace`. */
  autoMergeAgain?: 'replace' | 'refuse' | 'ignore';
  /** `computed later`: the first answer about a pull request doesn't say yet whether it conflicts. */
  mergeability?: 'computed later';
  /** "Allow GitHub Actions to create and approve pull requests"; default `allowed`. */
  actionsPullRequests?: 'allowed' | 'forbidden';
  /** Default: all three. */
  mergeMethods?: MergeMethod[];
  /** "Automatically delete head branches"; default `keep`. */
  mergedBranches?: 'keep' | 'delete';
  /** How workflows are run; may be changed while the server runs. */
  actions?: ActionsOptions;
}

/** A served repository with the little that git can't hold. */
export interface ServedRepository extends FakeRepository {
  id: number;
  rules: BranchRule[];
  pulls: PullRequest[];
  /** Bundles, in the order in which they came. */
  attestations?: StoredAttestation[];
  /** Commit statuses, in the order in which they were set. */
  statuses?: StoredStatus[];
  /** In the order in which they were started. */
  runs?: FakeRun[];
  /** Commits whose status check has succeeded. */
  greenChecks?: Set<string>;
}

export interface Caller {
  login: string;
  type: 'Bot' | 'User';
  /** Numeric user id, for the no-reply address. */
  id: number;
  permissions: Partial<Record<Permission, Level>>;
}

const ALL: readonly Permission[] = [
  ...(['contents', 'pull_requests', 'issues', 'metadata', 'attestations', 'actions', 'statuses', 'packages'] as const),
];
const BOT_ID = 41898282;

export function callerOf(access: Level | TokenAccess): Caller {
  const full: TokenAccess =
    typeof access === 'string'
      ? { permissions: Object.fromEntries(ALL.map((permission) => [permission, access])) }
      : access;
  const type = full.type ?? 'Bot';
  return {
    login: full.login ?? 'github-actions[bot]',
    type,
    id: type === 'Bot' ? BOT_ID : 1000,
    permissions: full.permissions,
  };
}

/** Who calls: a token of this repository, a token of another one, no token, or a token nobody knows. */
export type Identity =
  | { kind: 'token'; access: Map<ServedRepository, Caller> }
  | { kind: 'anonymous' }
  | { kind: 'unknown-token' };

export function identify(repositories: readonly ServedRepository[], token: string | undefined): Identity {
  if (token === undefined) return { kind: 'anonymous' };
  const access = new Map<ServedRepository, Caller>();
  for (const repository of repositories) {
    const granted = repository.tokens?.[token];
    if (granted) access.set(repository, callerOf(granted));
  }
  return access.size > 0 ? { kind: 'token', access } : { kind: 'unknown-token' };
}

/** What an identity may do here: undefined when the repository is invisible to it. */
export function callerFor(identity: Identity, repository: ServedRepository): Caller | undefined {
  const granted = identity.kind === 'token' ? identity.access.get(repository) : undefined;
  if (granted) return granted;
  if (repository.private || identity.kind === 'unknown-token') return undefined;
  const [own] = identity.kind === 'token' ? [...identity.access.values()] : [];
  return {
    login: own?.login ?? '',
    type: own?.type ?? 'User',
    id: own?.id ?? 0,
    permissions: Object.fromEntries(ALL.map((permission) => [permission, 'read'])),
  };
}

export function may(caller: Caller, permission: Permission, level: Level): boolean {
  const granted = caller.permissions[permission];
  return level === 'read' && permission === 'metadata' ? true : granted === 'write' || granted === level;
}

/** GitHub's names are compared without regard to case. */
export function findRepository(repositories: readonly ServedRepository[], owner: string, name: string) {
  const wanted = `${owner}/${name}`.toLowerCase();
  return repositories.find((candidate) => `${candidate.owner}/${candidate.name}`.toLowerCase() === wanted);
}

/** The account behind a commit that names nobody. */
export function personOf(caller: Caller, date = new Date().toISOString()): Person {
  return { name: caller.login, email: `${caller.id}+${caller.login}@users.noreply.github.com`, date };
}
