import { attempt } from '../../lib/json.js';
import type { YamlValue } from '../../lib/yaml-value.js';
import type { FoundEvent, FoundTriggers, Repository } from '../found.js';
import { fillPlaceholders, placeholder } from './placeholders.js';

/**
 * An event by example. A workflow is read once for each, since conditions decide by the event; what differs between
 * them becomes a rule for some events only.
 */
export interface ExampleEvent {
  kind: FoundEvent;
  ref: string;
  /** The context `github`, as far as it is known. */
  github: Record<string, unknown>;
  examples: Record<string, string>;
}

const SHA = '860c1904a1ce19322e91ac35af1ab07466440c37';

/** The folder of a runner's checkout; absolute paths below it are paths of the repository. */
export const WORKSPACE = '/github/workspace';

/** @param trigger `github.event_name` */
function exampleOf(kind: FoundEvent, repository: Repository, name: string, trigger = 'push'): ExampleEvent {
  const isPullRequest = kind === 'pull-request';
  const folder = { tag: 'tags', 'pull-request': 'pull', branch: 'heads', 'default-branch': 'heads' }[kind];
  const named = REF_NAMES[kind];
  // A tag with a prefix other than `v` is no version by itself.
  const [, version, major, minor] = (kind === 'tag' && /^v?((\d+)\.(\d+)\.\d+.*)$/.exec(name)) || [];
  return {
    kind,
    ref: name,
    examples: {
      sha: SHA,
      sha7: SHA.slice(0, 7),
      ref: `refs/${folder}/${name}`,
      [named]: name,
      ...(version && { version, 'minor version': `${major}.${minor}`, 'major version': major! }),
      ...(isPullRequest && { pr: '15' }),
    },
    github: {
      repository: repository.name,
      repository_owner: repository.name?.split('/')[0],
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

/** The placeholder of `github.ref_name`. */
const REF_NAMES: Readonly<Record<FoundEvent, string>> = {
  ...{ tag: 'tag', 'pull-request': 'github.ref_name', branch: 'branch', 'default-branch': 'branch' },
};

/** A part of `github.event`; undefined: not known. Empty: this event has none. */
export function eventField(path: string, { kind, examples, github }: ExampleEvent, repository: Repository) {
  const fields: Record<string, unknown> = {
    'repository.name': repository.name?.split('/')[1],
    'repository.full_name': repository.name,
    'repository.owner.login': github['repository_owner'],
    'repository.default_branch': repository.defaultBranch,
    'release.tag_name': kind === 'tag' ? placeholder('tag') : '',
    'release.prerelease': kind === 'tag' && examples['tag']!.includes('-'),
    action: kind === 'tag' ? 'published' : '',
    number: examples['pr'] && placeholder('pr'),
    'pull_request.number': examples['pr'] && placeholder('pr'),
    'workflow_run.head_sha': placeholder('sha'),
    'workflow_run.head_branch': github['ref_name'],
    'workflow_run.conclusion': 'success',
    'workflow_run.event': 'push',
  };
  if (path in fields) return fields[path] ?? '';
  const own =
    github['event_name'] === 'workflow_dispatch' ? 'inputs.' : kind === 'pull-request' ? 'pull_request.' : ' ';
  return /^(?:inputs|pull_request)\./.test(path) && !path.startsWith(own) ? '' : undefined;
}

/** Fills placeholders by example, for comparing. */
export function concreteIn({ examples }: ExampleEvent, text: string): string {
  return fillPlaceholders(text, (name) => examples[name]);
}

/** `ref_name` is the branch or the tag, whichever the event has. */
export function namedRef(text: string, kind: FoundEvent): string {
  return fillPlaceholders(text, (name) => {
    if (name.startsWith('$(git describe')) return kind === 'tag' ? placeholder('tag') : undefined;
    return name === 'ref_name' ? placeholder(REF_NAMES[kind]) : undefined;
  });
}

/** What the runner sets: https://docs.github.com/actions/reference/variables-reference */
export function runnerVariables({ github }: ExampleEvent): Map<string, string> {
  const names =
    'sha ref ref_name ref_type event_name repository repository_owner actor head_ref base_ref run_id run_number run_attempt server_url workspace';
  return new Map([
    ...names.split(' ').map((name): [string, string] => {
      const value = github[name];
      return [`GITHUB_${name.toUpperCase()}`, typeof value === 'string' ? value : placeholder(`github.${name}`)];
    }),
    ['CI', 'true'],
  ]);
}

const ON_DEFAULT_BRANCH = ['workflow_run', 'schedule', 'repository_dispatch', 'workflow_dispatch'];

/** When a workflow runs; `tagTriggers` and `startedBy` are names of events, as in `github.event_name`. */
export function readTriggers(workflow: YamlValue) {
  const on = workflow.at('on') ?? workflow.at('true');
  const names = [...listOf(on), ...(on?.entries() ?? []).map(({ name }) => name)];
  const push = on?.at('push');
  const isPushed = names.includes('push');
  const of = (kind: 'branches' | 'tags') => {
    const ignored = listOf(push?.at(`${kind}-ignore`));
    return [
      ...listOf(push?.at(kind)),
      ...(ignored.length > 0 && !ignored.includes('**') ? ['**', ...ignored.map((each) => `!${each}`)] : []),
    ];
  };
  // A filter of one kind alone leaves the other kind out.
  const everything = isPushed && !push?.entries().some(({ name }) => /^(?:branches|tags)/.test(name));
  const pushedTags = [...of('tags'), ...(everything ? ['*'] : [])];
  const released = ['release', 'create'].find((name) => names.includes(name));
  const isNamed = pushedTags.length > 0;
  return {
    branches: [...of('branches'), ...(everything ? ['**'] : []), ...listOf(on?.at('workflow_run', 'branches'))],
    tags: isNamed || released === undefined ? pushedTags : ['v*'],
    tagTriggers: [...(isNamed ? ['push'] : []), ...(released === undefined ? [] : [released])],
    pullRequest: names.includes('pull_request') || names.includes('pull_request_target'),
    schedule: (on?.at('schedule')?.items() ?? []).flatMap((item) => item.at('cron')?.text ?? []),
    /** It runs after another workflow. */
    isAfter: names.includes('workflow_run'),
    /** It runs for a release on GitHub, without patterns of tags. */
    isReleased: released !== undefined && !isNamed,
    inputs: (on?.at('workflow_dispatch', 'inputs')?.entries() ?? []).map(({ name }) => name),
    /** By hand, on a schedule, after another workflow: all on the default branch. */
    startedBy: ON_DEFAULT_BRANCH.find((name) => names.includes(name)),
  };
}

export function listOf(value: YamlValue | undefined): string[] {
  if (value?.text !== undefined) return [value.text];
  return (value?.items() ?? []).flatMap(({ text }) => text ?? []);
}

/** The events that the workflow is read for, by one example or more of each. */
export function examplesOf(on: ReturnType<typeof readTriggers>, repository: Repository): ExampleEvent[] {
  const { branches, tags, pullRequest, startedBy } = on;
  const { defaultBranch } = repository;
  const pushesDefault = isAmong(branches, defaultBranch);
  const others = branches.filter((pattern) => !pattern.startsWith('!') && pattern !== defaultBranch);
  const isMain = pushesDefault || (startedBy !== undefined && others.length === 0 && tags.length === 0);
  const samples = new Set(others.map((pattern) => branchLike(pattern, defaultBranch)));
  return [
    ...(isMain ? [exampleOf('default-branch', repository, defaultBranch, pushesDefault ? 'push' : startedBy)] : []),
    ...[...samples].slice(0, 4).map((name) => exampleOf('branch', repository, name)),
    ...on.tagTriggers.flatMap((trigger) => tagsLike(tags).map((name) => exampleOf('tag', repository, name, trigger))),
    ...(pullRequest ? [exampleOf('pull-request', repository, '15/merge', 'pull_request')] : []),
  ];
}

/** https://docs.github.com/actions/reference/workflow-syntax-for-github-actions#filter-pattern-cheat-sheet */
function matches(pattern: string, name: string): boolean {
  const body = pattern.replace(/[.^${}()|\\]/g, '\\$&').replace(/\*+/g, (stars) => (stars === '*' ? '[^/]*' : '.*'));
  return attempt(() => new RegExp(`^${body}$`).test(name), pattern === name);
}

function isAmong(patterns: readonly string[], name: string): boolean {
  return patterns.findLast((pattern) => matches(pattern.replace(/^!/, ''), name))?.startsWith('!') === false;
}

/** A branch that the pattern matches and that is not the default one. */
function branchLike(pattern: string, defaultBranch: string): string {
  const name = pattern.replaceAll(/\*+/g, 'x').replace(/[?+[\]]/g, '');
  return name === defaultBranch || name === 'x' ? 'feature' : name;
}

const VERSIONS = ['1.2.3', '1.2.3-rc.1'];

/** Tags that the patterns match: a version, and one that is not final. */
function tagsLike(patterns: readonly string[]): string[] {
  const found = patterns
    .filter((pattern) => !pattern.startsWith('!'))
    .flatMap((pattern) => {
      const [fixed = ''] = /^[^*?+[]*/.exec(pattern)!;
      const samples = ['v', '', fixed].flatMap((prefix) => VERSIONS.map((version) => prefix + version));
      const fitting = samples.filter((tag) => matches(pattern, tag)).slice(0, 2);
      return fitting.length > 0 ? fitting : [fixed === pattern ? pattern : `v${VERSIONS[0]}`];
    });
  return [...new Set(found)].slice(0, 8);
}

/** Those of all workflows; undefined without any. */
export function joinTriggers(all: readonly FoundTriggers[]): FoundTriggers | undefined {
  if (all.length === 0) return undefined;
  const union = (name: 'branches' | 'tags' | 'schedule') => [...new Set(all.flatMap((each) => each[name]))];
  const pullRequest = all.some((each) => each.pullRequest);
  return { branches: union('branches'), tags: union('tags'), pullRequest, schedule: union('schedule') };
}
