import type { YamlValue } from '../../../../preflight/yaml-value.js';
import type { FoundTriggers, Repository } from '../../found.js';
import { scenarioOf, type Scenario } from '../scenarios.js';

/** When a workflow runs. */
export interface Triggers extends FoundTriggers {
  called: boolean;
  /** By hand, on a schedule, after another workflow: all on the default branch. */
  onDefaultBranch: boolean;
  paths: YamlValue[];
  /** Where it runs for a release on GitHub, and no pattern of tags is written. */
  released?: YamlValue;
  /** Where it runs after another workflow. */
  after?: YamlValue;
}

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
  const branches = [...list(push?.at('branches')), ...list(after?.at('branches'))];
  const tags = list(push?.at('tags'));
  const ignored = push?.at('branches-ignore') !== undefined;
  const everything = isPushed && branches.length === 0 && tags.length === 0;
  const released = names.includes('release') || names.includes('create');
  return {
    branches: everything || ignored ? ['**'] : branches,
    tags: [
      ...tags,
      ...(everything && !ignored ? ['*'] : []),
      ...(released && tags.length === 0 ? ['v*'] : []),
    ],
    pullRequest: names.some((name) => name === 'pull_request' || name === 'pull_request_target'),
    schedule: list(undefined).concat(
      (on?.at('schedule')?.items() ?? []).flatMap((item) => item.at('cron')?.text ?? []),
    ),
    ...(released && tags.length === 0 && on !== undefined && { released: on.at('release') ?? on }),
    ...(after !== undefined && { after }),
    called: names.includes('workflow_call'),
    onDefaultBranch: names.some((name) =>
      ['workflow_dispatch', 'schedule', 'workflow_run', 'repository_dispatch'].includes(name),
    ),
    paths: [push?.at('paths'), push?.at('paths-ignore')].filter((value) => value !== undefined),
  };
}

/** The events that the workflow is read for. */
export function scenariosOf(
  { branches, tags, pullRequest, onDefaultBranch }: Triggers,
  repository: Repository,
): Scenario[] {
  const { defaultBranch } = repository;
  const wanted = branches.filter((pattern) => !pattern.startsWith('!'));
  const pushesDefault = wanted.some((pattern) => matches(pattern, defaultBranch));
  const others = wanted.filter((pattern) => pattern !== defaultBranch);
  const isMain = pushesDefault || (onDefaultBranch && others.length === 0 && tags.length === 0);
  const [other] = others;
  return [
    ...(isMain ? [scenarioOf('default-branch', repository)] : []),
    ...(other === undefined ? [] : [scenarioOf('branch', repository, sample(other, defaultBranch))]),
    ...(tags.length > 0 ? [scenarioOf('tag', repository)] : []),
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

/** A branch that the pattern matches and that is not the default one. */
function sample(pattern: string, defaultBranch: string): string {
  const name = pattern.replaceAll(/\*+/g, 'x').replace(/[?+[\]]/g, '');
  return name === defaultBranch || name === 'x' ? 'feature' : name;
}

export function addTriggers(known: FoundTriggers | undefined, more: FoundTriggers): FoundTriggers {
  const union = (a: readonly string[] = [], b: readonly string[]) => [...new Set([...a, ...b])];
  return {
    branches: union(known?.branches, more.branches),
    tags: union(known?.tags, more.tags),
    pullRequest: (known?.pullRequest ?? false) || more.pullRequest,
    schedule: union(known?.schedule, more.schedule),
  };
}
