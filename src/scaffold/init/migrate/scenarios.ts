import type { FoundEvent, Repository } from '../found.js';
import { fillHoles, hole } from './holes.js';

/**
 * An event by example. What the old way does is read once for each, since conditions decide by the event; what differs
 * between them becomes a rule that applies to some events only.
 */
export interface Scenario {
  event: FoundEvent;
  /** The context `github`, as far as it is known. */
  github: Record<string, unknown>;
  /** What stands in the holes, by example. */
  examples: Record<string, string>;
}

const SHA = '860c1904a1ce19322e91ac35af1ab07466440c37';
const TAG = 'v1.2.3';
const PULL_REQUEST = '15';

/** @param branch a branch that is not the default one, where such trigger something */
export function scenarioOf(event: Scenario['event'], repository: Repository, branch = 'feature'): Scenario {
  const name = { 'default-branch': repository.defaultBranch, branch, tag: TAG, 'pull-request': '15/merge' }[
    event
  ];
  const ref = {
    'default-branch': 'refs/heads/',
    branch: 'refs/heads/',
    tag: 'refs/tags/',
    'pull-request': 'refs/pull/',
  }[event];
  const named = {
    'default-branch': 'branch',
    branch: 'branch',
    tag: 'tag',
    'pull-request': 'github.ref_name',
  }[event];
  const isPullRequest = event === 'pull-request';
  return {
    event,
    examples: {
      sha: SHA,
      sha7: SHA.slice(0, 7),
      ref: `${ref}${name}`,
      [named]: name,
      ...(event === 'tag' && { version: TAG.slice(1), 'minor version': '1.2', 'major version': '1' }),
      ...(isPullRequest && { pr: PULL_REQUEST }),
    },
    github: {
      ...namesOf(repository),
      sha: hole('sha'),
      ref: hole('ref'),
      ref_name: hole(named),
      ref_type: event === 'tag' ? 'tag' : 'branch',
      event_name: isPullRequest ? 'pull_request' : 'push',
      head_ref: isPullRequest ? hole('github.head_ref') : '',
      base_ref: isPullRequest ? repository.defaultBranch : '',
      server_url: 'https://github.com',
      workspace: WORKSPACE,
    },
  };
}

/** Where a runner checks out; absolute paths below it are paths of the repository. */
export const WORKSPACE = '/github/workspace';

function namesOf({ name }: Repository): Record<string, unknown> {
  if (name === undefined) return {};
  const [owner] = name.split('/');
  return { repository: name, repository_owner: owner };
}

/** A part of `github.event`; undefined: not known. Empty: this event has none. */
export function eventField(
  path: string,
  { event, examples, github }: Scenario,
  repository: Repository,
): unknown {
  const [, shortName] = repository.name?.split('/') ?? [];
  const fields: Record<string, unknown> = {
    'repository.name': shortName,
    'repository.full_name': repository.name,
    'repository.owner.login': github['repository_owner'],
    'repository.default_branch': repository.defaultBranch,
    'release.tag_name': event === 'tag' ? hole('tag') : '',
    action: event === 'tag' ? 'published' : '',
    number: examples['pr'] && hole('pr'),
    'pull_request.number': examples['pr'] && hole('pr'),
    'head_commit.id': hole('sha'),
    after: hole('sha'),
    'workflow_run.head_sha': hole('sha'),
    'workflow_run.head_branch': github['ref_name'],
    'workflow_run.conclusion': 'success',
    'workflow_run.event': 'push',
  };
  if (path in fields) return fields[path] ?? '';
  // Inputs of a run by hand are empty in all others.
  return path.startsWith('inputs.') || (path.startsWith('pull_request.') && event !== 'pull-request')
    ? ''
    : undefined;
}

/** Fills the holes by example, for comparing. */
export function concreteIn({ examples }: Scenario, text: string): string {
  return fillHoles(text, (name) => examples[name]);
}
