import type { FoundEvent, Repository } from '../found.js';
import { fillPlaceholders, placeholder } from './placeholders.js';

/**
 * An event by example. A workflow is read once for each, since conditions decide by the event; what differs between
 * them becomes a rule for some events only.
 */
export interface ExampleEvent {
  kind: FoundEvent;
  /** Branch, tag or pull request. */
  ref: string;
  /** The context `github`, as far as it is known. */
  github: Record<string, unknown>;
  /** Values of placeholders. */
  examples: Record<string, string>;
}

const SHA = '860c1904a1ce19322e91ac35af1ab07466440c37';

/** Where a runner checks out; absolute paths below it are paths of the repository. */
export const WORKSPACE = '/github/workspace';

/** @param trigger `github.event_name` */
export function exampleOf(
  kind: FoundEvent,
  repository: Repository,
  {
    name,
    trigger = kind === 'pull-request' ? 'pull_request' : 'push',
  }: { name?: string; trigger?: string } = {},
): ExampleEvent {
  const isPullRequest = kind === 'pull-request';
  const { ref, prefix, named } = {
    'default-branch': { ref: repository.defaultBranch, prefix: 'refs/heads/', named: 'branch' },
    branch: { ref: name ?? 'feature', prefix: 'refs/heads/', named: 'branch' },
    tag: { ref: name ?? 'v1.2.3', prefix: 'refs/tags/', named: 'tag' },
    'pull-request': { ref: '15/merge', prefix: 'refs/pull/', named: 'github.ref_name' },
  }[kind];
  return {
    kind,
    ref,
    examples: {
      sha: SHA,
      sha7: SHA.slice(0, 7),
      ref: `${prefix}${ref}`,
      [named]: ref,
      ...(kind === 'tag' && versionsIn(ref)),
      ...(isPullRequest && { pr: '15' }),
    },
    github: {
      ...(repository.name !== undefined && {
        repository: repository.name,
        repository_owner: repository.name.split('/')[0],
      }),
      sha: placeholder('sha'),
      ref: placeholder('ref'),
      ref_name: placeholder(named),
      ref_type: kind === 'tag' ? 'tag' : 'branch',
      event_name: trigger,
      head_ref: isPullRequest ? placeholder('github.head_ref') : '',
      base_ref: isPullRequest ? repository.defaultBranch : '',
      server_url: 'https://github.com',
      workspace: WORKSPACE,
    },
  };
}

/** A tag with a prefix other than `v` is no version by itself. */
function versionsIn(tag: string): Record<string, string> {
  const [, version, major, minor] = /^v?((\d+)\.(\d+)\.\d+.*)$/.exec(tag) ?? [];
  return version === undefined
    ? {}
    : { version, 'minor version': `${major}.${minor}`, 'major version': major! };
}

/** A part of `github.event`; undefined: not known. Empty: this event has none. */
export function eventField(path: string, { kind, examples, github }: ExampleEvent, repository: Repository) {
  const fields: Record<string, unknown> = {
    'repository.name': repository.name?.split('/')[1],
    'repository.full_name': repository.name,
    'repository.owner.login': github['repository_owner'],
    'repository.default_branch': repository.defaultBranch,
    'repository.fork': false,
    'release.tag_name': kind === 'tag' ? placeholder('tag') : '',
    'release.prerelease': kind === 'tag' && examples['tag']!.includes('-'),
    'release.draft': false,
    action: kind === 'tag' ? 'published' : '',
    number: examples['pr'] && placeholder('pr'),
    'pull_request.number': examples['pr'] && placeholder('pr'),
    'head_commit.id': placeholder('sha'),
    after: placeholder('sha'),
    'workflow_run.head_sha': placeholder('sha'),
    'workflow_run.head_branch': github['ref_name'],
    'workflow_run.conclusion': 'success',
    'workflow_run.event': 'push',
  };
  if (path in fields) return fields[path] ?? '';
  const isEmpty =
    (path.startsWith('inputs.') && github['event_name'] !== 'workflow_dispatch') ||
    (path.startsWith('pull_request.') && kind !== 'pull-request');
  return isEmpty ? '' : undefined;
}

/** Fills placeholders by example, for comparing. */
export function concreteIn({ examples }: ExampleEvent, text: string): string {
  return fillPlaceholders(text, (name) => examples[name]);
}

/** `ref_name` is the branch or the tag, whichever the event has. */
export function namedRef(text: string, kind: FoundEvent): string {
  return fillPlaceholders(text, (name) => {
    if (name.startsWith('$(git describe')) return kind === 'tag' ? placeholder('tag') : undefined;
    if (name !== 'ref_name') return undefined;
    return placeholder(
      { tag: 'tag', 'pull-request': 'github.ref_name', branch: 'branch', 'default-branch': 'branch' }[kind],
    );
  });
}

/** What the runner sets: https://docs.github.com/actions/reference/variables-reference */
export function runnerVariables({ github }: ExampleEvent): Map<string, string> {
  const names =
    'sha ref ref_name ref_type event_name repository repository_owner actor head_ref base_ref run_id run_number run_attempt server_url workspace';
  return new Map([
    ...names.split(' ').map((name): [string, string] => {
      const value = github[name];
      return [
        `GITHUB_${name.toUpperCase()}`,
        typeof value === 'string' ? value : placeholder(`github.${name}`),
      ];
    }),
    ['CI', 'true'],
  ]);
}
