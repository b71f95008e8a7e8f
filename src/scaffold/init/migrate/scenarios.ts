import type { FoundEvent, Repository } from '../found.js';
import { fillHoles, hole } from './holes.js';

/**
 * An event by example. What the old way does is read once for each, since conditions decide by the event; what differs
 * between them becomes a rule that applies to some events only.
 */
export interface Scenario {
  event: FoundEvent;
  /** Branch, tag or pull request by example. */
  ref: string;
  /** The context `github`, as far as it is known. */
  github: Record<string, unknown>;
  /** What stands in the holes, by example. */
  examples: Record<string, string>;
}

const SHA = '860c1904a1ce19322e91ac35af1ab07466440c37';
const TAG = 'v1.2.3';
const PULL_REQUEST = '15';

/** What sets one example apart from others of its event. */
export interface Example {
  /** Of a branch that is not the default one, or of a tag. */
  name?: string;
  /** `github.event_name`. */
  trigger?: string;
}

export function scenarioOf(event: FoundEvent, repository: Repository, example: Example = {}): Scenario {
  const { name: given, trigger = event === 'pull-request' ? 'pull_request' : 'push' } = example;
  const name = {
    'default-branch': repository.defaultBranch,
    branch: given ?? 'feature',
    tag: given ?? TAG,
    'pull-request': '15/merge',
  }[event];
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
    ref: name,
    examples: {
      sha: SHA,
      sha7: SHA.slice(0, 7),
      ref: `${ref}${name}`,
      [named]: name,
      ...(event === 'tag' && versionsIn(name)),
      ...(isPullRequest && { pr: PULL_REQUEST }),
    },
    github: {
      ...namesOf(repository),
      sha: hole('sha'),
      ref: hole('ref'),
      ref_name: hole(named),
      ref_type: event === 'tag' ? 'tag' : 'branch',
      event_name: trigger,
      head_ref: isPullRequest ? hole('github.head_ref') : '',
      base_ref: isPullRequest ? repository.defaultBranch : '',
      server_url: 'https://github.com',
      workspace: WORKSPACE,
    },
  };
}

/** A tag with another prefix is no version by itself, so that no part of it is called one. */
function versionsIn(tag: string): Record<string, string> {
  const [, version, major, minor] = /^v?((\d+)\.(\d+)\.\d+.*)$/.exec(tag) ?? [];
  return version === undefined
    ? {}
    : { version, 'minor version': `${major}.${minor}`, 'major version': major! };
}

/** Where a runner checks out; absolute paths below it are paths of the repository. */
export const WORKSPACE = '/github/workspace';

function namesOf({ name }: Repository): Record<string, unknown> {
  if (name === undefined) return {};
  const [owner] = name.split('/');
  return { repository: name, repository_owner: owner };
}

/** Started by somebody who fills its inputs in. */
export function isByHand({ github }: Scenario): boolean {
  return github['event_name'] === 'workflow_dispatch';
}

/** A part of `github.event`; undefined: not known. Empty: this event has none. */
export function eventField(path: string, scenario: Scenario, repository: Repository): unknown {
  const { event, examples, github } = scenario;
  const [, shortName] = repository.name?.split('/') ?? [];
  const fields: Record<string, unknown> = {
    'repository.name': shortName,
    'repository.full_name': repository.name,
    'repository.owner.login': github['repository_owner'],
    'repository.default_branch': repository.defaultBranch,
    'release.tag_name': event === 'tag' ? hole('tag') : '',
    'release.prerelease': event === 'tag' && examples['tag']!.includes('-'),
    'release.draft': false,
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
  return (path.startsWith('inputs.') && !isByHand(scenario)) ||
    (path.startsWith('pull_request.') && event !== 'pull-request')
    ? ''
    : undefined;
}

/** Fills the holes by example, for comparing. */
export function concreteIn({ examples }: Scenario, text: string): string {
  return fillHoles(text, (name) => examples[name]);
}
