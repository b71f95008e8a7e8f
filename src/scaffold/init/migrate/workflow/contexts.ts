import type { Place } from '../../../../lib/errors.js';
import type { YamlValue } from '../../../../preflight/yaml-value.js';
import type { Repository } from '../../found.js';
import type { Metadata } from '../build.js';
import { resolveText, truthOf, type Contexts } from '../expressions.js';
import { noteLeft, noteReplaced, type Findings } from '../findings.js';
import { concreteIn, eventField, isByHand, type Scenario } from '../scenarios.js';
import type { Combination } from './matrix.js';

/** One way through a workflow: an event, and what was learnt on it. */
export interface Walk {
  repository: Repository;
  /** The workflow or action that is walked through. */
  place: Place;
  scenario: Scenario;
  findings: Findings;
  metadata: Metadata[];
  /** Of the jobs that are through, by job and name. */
  jobs: Map<string, Map<string, string>>;
  /** Names of jobs whose outputs say what changed. */
  comparing: Set<string>;
  inputs: Record<string, unknown>;
  /** What a called workflow's secrets are for the one that calls it; undefined: the same names. */
  secrets?: Record<string, string>;
  /** Workflows and actions that called this one. */
  depth: number;
}

export type Texts = Map<string, string>;

/** Whether a job or step runs in this event; where only a run knows, it is taken as if it did, and said so. */
export function mayRun(value: YamlValue, what: string, contexts: Contexts, walk: Walk): boolean {
  const { findings } = walk;
  const condition = value.at('if');
  if (condition?.text === undefined) return true;
  const holds = truthOf(condition.text, contexts);
  if (holds !== undefined) return holds;
  if (asksWhatChanged(condition.text, walk))
    noteReplaced(
      findings,
      condition.place,
      `\`if: ${condition.text}\` of ${what}`,
      '`skip-unchanged`: what did not change is not built',
    );
  else
    noteLeft(
      findings,
      condition.place,
      `\`if: ${condition.text}\` of ${what}`,
      'It is taken as if that held; write the condition at the job of the release if it matters.',
    );
  return true;
}

function asksWhatChanged(condition: string, { comparing }: Walk): boolean {
  const [, job] = /\bneeds\.([\w-]+)\.outputs\b/.exec(condition) ?? [];
  if (job !== undefined && comparing.has(job)) return true;
  return /chang|filter|paths|affected|modified/i.test(condition) && /outputs/.test(condition);
}

export function readEnvironment(value: YamlValue, env: Texts, contexts: Contexts): void {
  for (const { name, value: text } of value.at('env')?.entries() ?? [])
    env.set(name, resolveText(text?.text ?? '', contexts));
}

/** Inputs of a called workflow or action, with the defaults of those that are not given. */
export function withDefaults(
  declared: YamlValue | undefined,
  given: Record<string, unknown>,
): Record<string, unknown> {
  const defaults = (declared?.entries() ?? []).map(({ name, value }) => {
    const text = value?.at('default')?.text ?? '';
    return [name, text === 'true' ? true : text === 'false' ? false : text] as const;
  });
  return { ...Object.fromEntries(defaults), ...given };
}

export interface Scope {
  env: Texts;
  /** `unknown`: its values are known when it runs. */
  matrix?: Combination | 'unknown';
  steps?: Map<string, Texts>;
}

export function contextsOf(walk: Walk, { env, matrix = {}, steps = new Map() }: Scope): Contexts {
  const { scenario, repository } = walk;
  const roots: Record<string, (path: readonly string[]) => unknown> = {
    github: ([first = '', ...rest]) => {
      if (first !== 'event') return rest.length === 0 ? scenario.github[first] : undefined;
      const said = rest[0] === 'inputs' ? at(walk.inputs, rest.slice(1)) : undefined;
      return said ?? eventField(rest.join('.'), scenario, repository);
    },
    env: ([name = '']) => env.get(name),
    matrix: (path) =>
      matrix === 'unknown' ? undefined : path.length === 0 ? matrix : (at(matrix, path) ?? ''),
    inputs: (path) =>
      path.length === 0
        ? walk.inputs
        : (at(walk.inputs, path) ?? (walk.depth === 0 && !isByHand(scenario) ? '' : undefined)),
    secrets: ([name = '']) => walk.secrets?.[name],
    steps: ([id = '', kind, name = '']) => {
      const outputs = steps.get(id);
      if (kind !== 'outputs') return kind === undefined ? undefined : 'success';
      return outputs?.get(name);
    },
    needs: ([job = '', kind, name = '']) => (kind === 'result' ? 'success' : walk.jobs.get(job)?.get(name)),
    jobs: ([job = '', , name = '']) => walk.jobs.get(job)?.get(name),
  };
  return {
    lookup: ([root = '', ...path]) => roots[root.toLowerCase()]?.(path),
    concrete: (text) => concreteIn(scenario, text),
    assume: (setting, value) =>
      noteLeft(
        walk.findings,
        walk.place,
        `${setting}, where it is set`,
        `\`${value}\` is taken, which counts where it is not; write its value in place of that.`,
      ),
  };
}

function at(data: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined,
    data,
  );
}
