import type { YamlValue } from '../../lib/yaml-value.js';
import type { FoundTriggers, Repository } from '../found.js';
import { exampleOf, type ExampleEvent } from './events.js';

/** When a workflow runs. */
export interface Triggers extends FoundTriggers {
  /** `github.event_name` of the runs for tags. */
  tagTriggers: string[];
  /** By hand, on a schedule, after another workflow: all on the default branch. */
  onDefaultBranch: boolean;
  /** `github.event_name` of the runs on the default branch, if no push starts any. */
  startedBy: string;
  /** Of the other runs on the default branch. */
  besides: string[];
  /** Where it runs for a release on GitHub, and no pattern of tags is written. */
  released?: YamlValue;
  /** Where it runs after another workflow. */
  after?: YamlValue;
  /** Inputs of a run by hand. */
  inputs: string[];
}

const ON_DEFAULT_BRANCH = ['workflow_run', 'schedule', 'repository_dispatch', 'workflow_dispatch'];

export function readTriggers(workflow: YamlValue): Triggers {
  const on = workflow.at('on') ?? workflow.at('true');
  const names = [...listOf(on), ...(on?.entries() ?? []).map(({ name }) => name)];
  const push = on?.at('push');
  const isPushed = names.includes('push');
  const after = names.includes('workflow_run') ? (on?.at('workflow_run') ?? on) : undefined;
  const of = (kind: 'branches' | 'tags', event = push) => {
    const ignored = listOf(event?.at(`${kind}-ignore`));
    return [
      ...listOf(event?.at(kind)),
      ...(ignored.length > 0 && !ignored.includes('**') ? ['**', ...ignored.map((each) => `!${each}`)] : []),
    ];
  };
  const filters = (kind: 'branches' | 'tags') => [push?.at(kind), push?.at(`${kind}-ignore`)].some(Boolean);
  // A filter of one kind alone leaves the other kind out.
  const everything = isPushed && !filters('branches') && !filters('tags');
  const pushedTags = [...of('tags'), ...(everything ? ['*'] : [])];
  const pullRequests = ['pull_request', 'pull_request_target'].filter((name) => names.includes(name));
  const released = ['release', 'create'].find((name) => names.includes(name));
  const isNamed = pushedTags.length > 0;
  return {
    branches: [...of('branches'), ...(everything ? ['**'] : []), ...listOf(after?.at('branches'))],
    tags: isNamed || released === undefined ? pushedTags : ['v*'],
    tagTriggers: [...(isNamed ? ['push'] : []), ...(released === undefined ? [] : [released])],
    pullRequest: pullRequests.length > 0,
    pullRequestBranches: unionOrAny(pullRequests.map((name) => filterOf(of('branches', on?.at(name))))),
    schedule: (on?.at('schedule')?.items() ?? []).flatMap((item) => item.at('cron')?.text ?? []),
    ...(released !== undefined && !isNamed && on !== undefined && { released: on.at('release') ?? on }),
    ...(after !== undefined && { after }),
    onDefaultBranch: ON_DEFAULT_BRANCH.some((name) => names.includes(name)),
    besides: isPushed ? ON_DEFAULT_BRANCH.filter((name) => names.includes(name)) : [],
    startedBy: ON_DEFAULT_BRANCH.find((name) => names.includes(name)) ?? 'push',
    inputs: (on?.at('workflow_dispatch', 'inputs')?.entries() ?? []).map(({ name }) => name),
  };
}

/** A text, or a list of them. */
export function listOf(value: YamlValue | undefined): string[] {
  if (value?.text !== undefined) return [value.text];
  return (value?.items() ?? []).flatMap(({ text }) => text ?? []);
}

/** The events that the workflow is read for, by one example or more of each. */
export function examplesOf(on: Triggers, repository: Repository): ExampleEvent[] {
  const { branches, tags, pullRequest, onDefaultBranch } = on;
  const { defaultBranch } = repository;
  const pushesDefault = isAmong(branches, defaultBranch);
  const others = branches.filter((pattern) => !pattern.startsWith('!') && pattern !== defaultBranch);
  const isMain = pushesDefault || (onDefaultBranch && others.length === 0 && tags.length === 0);
  const samples = new Set(others.map((pattern) => branchLike(pattern, defaultBranch)));
  return [
    ...(isMain
      ? [exampleOf('default-branch', repository, pushesDefault ? {} : { trigger: on.startedBy })]
      : []),
    ...[...samples].slice(0, 4).map((name) => exampleOf('branch', repository, { name })),
    ...on.tagTriggers.flatMap((trigger) =>
      tagsLike(tags).map((name) => exampleOf('tag', repository, { name, trigger })),
    ),
    ...(pullRequest ? [exampleOf('pull-request', repository)] : []),
  ];
}

/** https://docs.github.com/actions/reference/workflow-syntax-for-github-actions#filter-pattern-cheat-sheet */
function matches(pattern: string, name: string): boolean {
  const body = pattern
    .replace(/[.^${}()|\\]/g, '\\$&')
    .replaceAll('**', '\u0000')
    .replaceAll('*', '[^/]*')
    .replaceAll('\u0000', '.*');
  try {
    return new RegExp(`^${body}$`).test(name);
  } catch {
    return pattern === name;
  }
}

/** Of several patterns the last that matches counts. */
function isAmong(patterns: readonly string[], name: string): boolean {
  const last = patterns.findLast((pattern) => matches(pattern.replace(/^!/, ''), name));
  return last !== undefined && !last.startsWith('!');
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
      const prefixes = ['v', '', fixed, `${fixed}v`];
      const prefix = prefixes.find((each) => matches(pattern, `${each}${VERSIONS[0]}`));
      return prefix === undefined
        ? [fixed === pattern ? pattern : `v${VERSIONS[0]}`]
        : VERSIONS.map((version) => `${prefix}${version}`).filter((tag) => matches(pattern, tag));
    });
  return [...new Set(found)].slice(0, 8);
}

const filterOf = (patterns: string[]) => (patterns.length === 0 ? undefined : patterns);

/** Of lists of patterns, of which one that is undefined matches anything. */
function unionOrAny(lists: readonly (readonly string[] | undefined)[]): string[] | undefined {
  const known = lists.filter((patterns) => patterns !== undefined);
  return known.length < lists.length ? undefined : filterOf([...new Set(known.flat())]);
}

export function addTriggers(known: FoundTriggers | undefined, more: FoundTriggers): FoundTriggers {
  const both = known === undefined ? [more] : [known, more];
  const union = (of: (triggers: FoundTriggers) => string[]) => [...new Set(both.flatMap(of))];
  const withPullRequests = both.filter(({ pullRequest }) => pullRequest);
  return {
    branches: union(({ branches }) => branches),
    tags: union(({ tags }) => tags),
    pullRequest: withPullRequests.length > 0,
    pullRequestBranches: unionOrAny(withPullRequests.map((each) => each.pullRequestBranches)),
    schedule: union(({ schedule }) => schedule),
  };
}
