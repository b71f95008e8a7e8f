import type { Place } from '../../lib/errors.js';
import { readYaml, type YamlValue } from '../../lib/yaml-value.js';
import type { FoundUpdate, Repository } from '../found.js';
import { readAction, type ActionStep } from './actions.js';
import { runCommands } from './commands.js';
import { concreteIn, eventField, listOf, type ExampleEvent } from './events.js';
import { dataOf, expandMatrix, resolveText, truthOf, type Combination, type Contexts } from './expressions.js';
import { noteLeft, pathAt, publishedIn, type Build, type Findings, type Left, type Metadata } from './findings.js';

export type Texts = Map<string, string>;

/** One way through a workflow: an event, and what was learnt on the way. */
export interface Walk {
  repository: Repository;
  file: string;
  event: ExampleEvent;
  findings: Findings;
  metadata: Metadata[];
  jobs: Map<string, Texts>;
  inputs: Record<string, unknown>;
  /** Secrets of a called workflow; undefined: the same names. */
  secrets?: Record<string, string>;
  /** Workflows and actions that called this one. */
  depth: number;
}

/** Workflows and actions that call one another deeper than this are not followed. */
const DEEPEST = 5;

export interface Scope {
  env: Texts;
  /** Variables that scripts set for later steps: `GITHUB_ENV`. */
  exported: Texts;
  steps: Map<string, Texts>;
  /** `unknown`: its values are known when it runs. */
  matrix: Combination | 'unknown';
}

export interface Job {
  walk: Walk;
  scope: Scope;
  folder: string;
  local: Map<string, Build>;
  /** Other repositories that were checked out, by folder. */
  checkouts: Map<string, { repository?: string; branch?: string; token?: string }>;
  mode: FoundUpdate['mode'];
  /** Steps that have to do with images. */
  did: number;
  /** It gives tags to images that another job built. */
  joins: boolean;
  /** Reported if the job has to do with images. */
  pending: Left[];
}

type JobEntry = ReturnType<YamlValue['entries']>[number];
type Around = Pick<Job, 'walk' | 'folder'> & { env: Texts };

export function walkWorkflow(workflow: YamlValue, walk: Walk): void {
  const env: Texts = new Map(textsOf(workflow.at('env'), contextsOf(walk, {})));
  const folder = workflow.at('defaults', 'run', 'working-directory')?.text ?? '.';
  for (const entry of workflow.at('jobs')?.entries() ?? [])
    if (entry.value !== undefined) walkJob(entry, entry.value, { walk, env, folder });
}

function walkJob({ name, place }: JobEntry, job: YamlValue, { walk, env, folder }: Around): void {
  const { left, replaced } = walk.findings;
  const contexts = contextsOf(walk, { env });
  const condition = conditionOf(job, contexts);
  if (condition === 'no') return;
  const before = publishedIn(walk.findings);
  const combinations = expandMatrix(job.at('strategy', 'matrix'), contexts);
  const each = (combinations ?? ['unknown' as const]).slice(0, 60).map((matrix): Job => {
    const scope: Scope = { env: new Map(env), exported: new Map(), steps: new Map(), matrix };
    const made = { walk, scope, folder, local: new Map(), checkouts: new Map() };
    return walkOnce(name, job, { ...made, mode: 'commit', did: 0, joins: false, pending: [] });
  });
  if (!each.some(({ did }) => did > 0)) return;
  const releases = publishedIn(walk.findings) > before || each.some(({ joins }) => joins);
  if (walk.depth === 0 && releases) replaced.push(name);
  if (combinations === undefined) noteLeft(left, place, `the matrix of job ${name}`, 'unknown');
  if (condition !== 'yes') noteLeft(left, condition.place, `\`${condition.text}\` of job ${name}`, 'assumed');
}

function walkOnce(name: string, value: YamlValue, job: Job): Job {
  const { walk, scope } = job;
  const contexts = contextsOf(walk, scope);
  for (const [key, text] of textsOf(value.at('env'), contexts)) scope.env.set(key, text);
  const uses = value.at('uses')?.text;
  if (uses !== undefined) return { ...job, did: callWorkflow(name, value, uses, contexts, walk) };
  job.folder = value.at('defaults', 'run', 'working-directory')?.text ?? job.folder;
  const { builds, left } = walk.findings;
  const before = builds.length;
  for (const step of value.at('steps')?.items() ?? []) walkStep(step, job);
  const runner = resolveText(listOf(value.at('runs-on')).join(', '), contexts);
  for (const build of builds.slice(before)) {
    // An arm runner builds for arm without saying so.
    if (/\barm(?:64)?\b|-arm/i.test(runner) && build.platforms.length === 0) build.platforms = ['linux/arm64'];
    if (runner !== '' && !/^ubuntu-(?:latest|slim|\d\d\.\d\d)(?:-arm)?$/.test(runner))
      noteLeft(build.left, value.place, `the runner ${value.at('runs-on')?.text ?? runner}`, 'runner');
  }
  walk.jobs.set(name, new Map(textsOf(value.at('outputs'), contexts)));
  if (job.did > 0) for (const each of job.pending) noteLeft(left, each.place, each.what, each.advice);
  return job;
}

export const PUBLISHES =
  /docker|image|container|build|push|publish|release|deploy|kube|k8s|argo|flux|gitops|kaniko|\bko\b|jib|\bpack\b|bake|\becr|\becs|dispatch|promote|compose|\bcd\b/i;

/** @returns how much it publishes */
function callWorkflow(name: string, job: YamlValue, uses: string, contexts: Contexts, walk: Walk): number {
  const { findings, repository } = walk;
  const path = /^\.\/(.+)$/.exec(uses)?.[1];
  const file = repository.files.find((each) => each.path === path);
  const [workflow] = file === undefined ? [] : readYaml(file);
  if (workflow === undefined || walk.depth >= DEEPEST) {
    const grants = job.at('permissions', 'packages')?.text === 'write';
    if ((PUBLISHES.test(uses) && !HARMLESS.test(uses)) || grants)
      noteLeft(findings.left, job.place, `the workflow ${uses}`, 'unread');
    return 0;
  }
  const given = dataOf(job.at('with'), contexts);
  const secrets = job.at('secrets');
  const isSame = secrets === undefined || secrets.text === 'inherit';
  const inner: Walk = {
    ...walk,
    ...{ file: path!, jobs: new Map(), depth: walk.depth + 1 },
    inputs: withDefaults(workflow.at('on', 'workflow_call', 'inputs'), typeof given === 'object' ? given : {}),
    secrets: isSame ? walk.secrets : Object.fromEntries(textsOf(secrets, contexts)),
  };
  const before = publishedIn(findings);
  walkWorkflow(workflow, inner);
  walk.jobs.set(name, new Map(textsOf(workflow.at('on', 'workflow_call', 'outputs'), contextsOf(inner, {}))));
  return publishedIn(findings) - before;
}

/** They have to do with images or releases, and publish none. */
export const HARMLESS =
  /trivy|grype|anchore|snyk|scan|scout|hadolint|dive|lint|setup|install|cache|scorecard|codecov|gh-release|release-(?:drafter|notes)|release-please|semantic|changelog|delete|retention|prune|clean|description|slack|notif|upload|codeql|size|compare|buildjet|label|paths|version|sanitize|review|backport|fuzz|slsa|pages|pypi|chart|helm-docs|logs|image-actions/i;

/** Whether a job or step runs in this event; otherwise its condition. */
function conditionOf(value: YamlValue, contexts: Contexts): 'yes' | 'no' | { text: string; place: Place } {
  const condition = value.at('if');
  if (condition?.text === undefined) return 'yes';
  const holds = truthOf(condition.text, contexts);
  if (holds !== undefined) return holds ? 'yes' : 'no';
  // What did not change isn't built anyway.
  const isFilter = /chang|filter|paths|affected|modified/i.test(condition.text) && /outputs/.test(condition.text);
  return isFilter ? 'yes' : { text: `if: ${condition.text}`, place: condition.place };
}

/** The entries of a mapping as text, or the `value` of each, filled in as far as that is known. */
function textsOf(mapping: YamlValue | undefined, contexts: Contexts): (readonly [string, string])[] {
  const entries = mapping?.entries() ?? [];
  return entries.map(({ name, value }) => [name, resolveText(value?.at('value')?.text ?? value?.text ?? '', contexts)]);
}

/** Inputs of a called workflow or action, with the defaults of those that are not given. */
function withDefaults(declared: YamlValue | undefined, given: object | null): Record<string, unknown> {
  const defaults = (declared?.entries() ?? []).map(({ name, value }) => {
    const text = value?.at('default')?.text ?? '';
    return [name, ['true', 'false'].includes(text) ? text === 'true' : text] as const;
  });
  return { ...Object.fromEntries(defaults), ...given };
}

function contextsOf(walk: Walk, { env, exported, matrix = {}, steps }: Partial<Scope>): Contexts {
  const { event, repository } = walk;
  const isByHand = event.github['event_name'] === 'workflow_dispatch';
  const roots: Record<string, (path: readonly string[]) => unknown> = {
    github: ([first = '', ...rest]) => {
      if (first !== 'event') return rest.length === 0 ? event.github[first] : undefined;
      const given = rest[0] === 'inputs' ? at(walk.inputs, rest.slice(1)) : undefined;
      return given ?? eventField(rest.join('.'), event, repository);
    },
    env: ([name = '']) => exported?.get(name) ?? env?.get(name),
    matrix: (path) => (matrix === 'unknown' ? undefined : path.length === 0 ? matrix : (at(matrix, path) ?? '')),
    inputs: (path) => at(walk.inputs, path) ?? (walk.depth === 0 && !isByHand ? '' : undefined),
    secrets: ([name = '']) => walk.secrets?.[name],
    steps: ([id = '', kind, name = '']) => (kind === 'outputs' ? steps?.get(id)?.get(name) : kind && 'success'),
    needs: ([job = '', kind, name = '']) => (kind === 'result' ? 'success' : walk.jobs.get(job)?.get(name)),
    jobs: ([job = '', , name = '']) => walk.jobs.get(job)?.get(name),
  };
  return {
    lookup: ([root = '', ...path]) => roots[root.toLowerCase()]?.(path),
    concrete: (text) => concreteIn(event, text),
  };
}

function at(data: unknown, path: readonly string[]): unknown {
  const part = (value: unknown, key: string) => (value as Record<string, unknown> | null | undefined)?.[key];
  return path.reduce<unknown>((value, key) => (typeof value === 'object' ? part(value, key) : undefined), data);
}

function walkStep(step: YamlValue, job: Job): void {
  const { walk, scope } = job;
  const [uses, run] = [step.at('uses'), step.at('run')];
  const title = step.at('name')?.text ?? uses?.text ?? run?.text?.trim().split('\n')[0] ?? 'a step';
  const condition = conditionOf(step, contextsOf(walk, scope));
  if (condition === 'no') return;
  const env: Texts = new Map([...scope.env, ...textsOf(step.at('env'), contextsOf(walk, scope))]);
  const id = step.at('id')?.text ?? '';
  const outputs: Texts = new Map();
  scope.steps.set(id, outputs);
  const before = { did: job.did, left: walk.findings.left.length };
  if (run?.text !== undefined) {
    const result = runStep(run, step, env, job);
    for (const [name, value] of result.outputs) outputs.set(name, value);
    for (const [name, value] of result.exported) scope.exported.set(name, value);
    if (!result.computes && job.did === before.did && walk.findings.left.length === before.left)
      noteLeft(job.pending, step.place, `\`${title}\``, 'stays');
  } else if (uses?.text !== undefined) {
    const read = useAction(step, { place: uses.place, id, uses: uses.text, env, job, outputs });
    if (read === 'publishes') noteLeft(walk.findings.left, uses.place, `\`${uses.text}\``, 'unread');
    else if (read === 'unknown') noteLeft(job.pending, uses.place, `\`${title}\``, 'stays');
  }
  if (condition !== 'yes' && job.did > before.did)
    noteLeft(job.pending, condition.place, `\`${condition.text}\` of \`${title}\``, 'assumed');
}

function runStep({ text = '', place }: YamlValue, step: YamlValue, env: Texts, job: Job) {
  const contexts = contextsOf(job.walk, { ...job.scope, env });
  const at = { file: place.file, line: (place.line ?? 1) + (text.includes('\n') ? 1 : 0) };
  const folder = pathAt('.', resolveText(step.at('working-directory')?.text ?? job.folder, contexts));
  return runCommands(resolveText(text, contexts), { job, place: at, folder, env });
}

function useAction(step: YamlValue, use: Omit<ActionStep, 'inputs' | 'written'>): ReturnType<typeof readAction> {
  const { uses, env, job } = use;
  const { walk, scope } = job;
  const written = new Map(textsOf(step.at('with'), contextsOf(walk, { env, matrix: scope.matrix })));
  const inputs = new Map(textsOf(step.at('with'), contextsOf(walk, { ...scope, env })));
  const action: ActionStep = { ...use, inputs, written };
  return uses.startsWith('./') && useLocalAction(action) ? 'read' : readAction(action);
}

/** Reads the steps of a composite action of the repository. @returns whether it was read */
function useLocalAction({ uses, inputs, outputs, job }: ActionStep): boolean {
  const { walk, scope } = job;
  const paths = ['action.yml', 'action.yaml'].map((name) => pathAt(uses, name));
  const file = walk.repository.files.find(({ path }) => paths.includes(path));
  const [action] = file === undefined ? [] : readYaml(file);
  const steps = action?.at('runs', 'steps')?.items();
  if (action === undefined || steps === undefined || walk.depth >= DEEPEST) return false;
  const given = withDefaults(action.at('inputs'), Object.fromEntries(inputs));
  const called = { ...walk, file: action.place.file, inputs: given, depth: walk.depth + 1 };
  const inner: Job = { ...job, walk: called, scope: { ...scope, steps: new Map() }, folder: '.' };
  for (const step of steps) walkStep(step, inner);
  const isRead = inner.did > job.did || !PUBLISHES.test(uses) || HARMLESS.test(uses);
  Object.assign(job, { did: inner.did, mode: inner.mode, joins: inner.joins });
  for (const [name, text] of textsOf(action.at('outputs'), contextsOf(called, inner.scope))) outputs.set(name, text);
  return isRead;
}
