import type { YamlValue } from '../../../../preflight/yaml-value.js';
import type { FoundTriggers, Repository } from '../../found.js';
import { scenarioOf, type Scenario } from '../scenarios.js';

/** When a workflow runs. */
export interface Triggers extends FoundTriggers {
  called: boolean;
  /** `github.event_name` of the runs for tags. */
  tagTriggers: string[];
  /** By hand, on a schedule, after another workflow: all on the default branch. */
  onDefaultBranch: boolean;
  /** `github.event_name` of the runs on the default branch, where no push starts any. */
  startedBy: string;
  /** Of the other runs on the default branch, which are read only for what they alone do. */
  besides: string[];
  paths: YamlValue[];
  /** Where it runs for a release on GitHub, and no pattern of tags is written. */
  released?: YamlValue;
  /** Where it runs after another workflow. */
  after?: YamlValue;
}

/** What runs on the default branch without a push; what nobody starts by hand comes first. */
const ON_DEFAULT_BRANCH = ['workflow_run', 'schedule', 'repository_dispatch', 'workflow_dispatch'];

export function readTriggers(workflow: YamlValue): Triggers {
  const on = workflow.at('on') ?? workflow.at('true');
  const names =
    on?.text !== undefined
      ? [on.text]
      : [
          ...(on?.items() ?? []).map(({ text }) => text ?? ''),
          ...(on?.entries() ?? []).map(({ name }) => name),
        ];
  const push = on?.at('push');
  const isPushed = names.includes('push');
  const list = (value: YamlValue | undefined) =>
    value?.text !== undefined
      ? [value.text]
      : (value?.items() ?? []).flatMap(({ text }) => (text === undefined ? [] : [text]));
  const after = names.includes('workflow_run') ? (on?.at('workflow_run') ?? on) : undefined;
  const of = (kind: 'branches' | 'tags', event = push) => {
    const ignored = list(event?.at(`${kind}-ignore`));
    return [
      ...list(event?.at(kind)),
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
    branches: [...of('branches'), ...(everything ? ['**'] : []), ...list(after?.at('branches'))],
    tags: isNamed || released === undefined ? pushedTags : ['v*'],
    tagTriggers: [...(isNamed ? ['push'] : []), ...(released === undefined ? [] : [released])],
    pullRequest: pullRequests.length > 0,
    pullRequestBranches: unionOrAny(pullRequests.map((name) => filterOf(of('branches', on?.at(name))))),
    schedule: list(undefined).concat(
      (on?.at('schedule')?.items() ?? []).flatMap((item) => item.at('cron')?.text ?? []),
    ),
    ...(released !== undefined && !isNamed && on !== undefined && { released: on.at('release') ?? on }),
    ...(after !== undefined && { after }),
    called: names.includes('workflow_call'),
    onDefaultBranch: ON_DEFAULT_BRANCH.some((name) => names.includes(name)),
    besides: isPushed ? ON_DEFAULT_BRANCH.filter((name) => names.includes(name)) : [],
    startedBy: ON_DEFAULT_BRANCH.find((name) => names.includes(name)) ?? 'push',
    paths: [push?.at('paths'), push?.at('paths-ignore')].filter((value) => value !== undefined),
  };
}

/** The events that the workflow is read for, by one example or more of each. */
export function scenariosOf(on: Triggers, repository: Repository): Scenario[] {
  const { branches, tags, pullRequest, onDefaultBranch } = on;
  const { defaultBranch } = repository;
  const pushesDefault = isAmong(branches, defaultBranch);
  const others = branches.filter((pattern) => !pattern.startsWith('!') && pattern !== defaultBranch);
  const isMain = pushesDefault || (onDefaultBranch && others.length === 0 && tags.length === 0);
  const samples = new Set(others.map((pattern) => branchLike(pattern, defaultBranch)));
  return [
    ...(isMain
      ? [scenarioOf('default-branch', repository, pushesDefault ? {} : { trigger: on.startedBy })]
      : []),
    ...[...samples].map((name) => scenarioOf('branch', repository, { name })),
    ...on.tagTriggers.flatMap((trigger) =>
      tagsLike(tags).map((name) => scenarioOf('tag', repository, { name, trigger })),
    ),
    ...(pullRequest ? [scenarioOf('pull-request', repository)] : []),
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

/** What conditions on version tags ask for most: a first major version, one before it, one that is not final. */
const VERSIONS = ['1.2.3', '0.4.0', '1.2.3-rc.1'];

/** Tags that the patterns match. */
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
  return [...new Set(found)];
}

const filterOf = (patterns: string[]) => (patterns.length === 0 ? undefined : patterns);

/** Of lists of patterns of which one that is undefined matches anything. */
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
