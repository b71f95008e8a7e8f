import { readYaml, type YamlValue } from '../../../../preflight/yaml-value.js';
import type { Place } from '../../../../lib/errors.js';
import type { Repository } from '../../found.js';
import type { Metadata } from '../build.js';
import { isKaniko, readKaniko } from '../commands/kaniko.js';
import { followIn } from '../commands/commands.js';
import type { Session } from '../commands/session.js';
import { resolveText, truthOf, type Contexts } from '../expressions.js';
import { noteLeft, noteReplaced, type Findings } from '../findings.js';
import { pathAt } from '../paths.js';
import { concreteIn, eventField, type Scenario } from '../scenarios.js';
import { ENV_FILE, OUTPUT_FILE, runnerVariables, textOf } from '../shell/variables.js';
import { readAction } from './actions.js';
import { dataOf, expandMatrix, type Combination } from './matrix.js';
import { readOutputs } from './output-file.js';
import type { ActionStep } from './step.js';

/** One way through a workflow: an event, and what was learnt on it. */
export interface Walk {
  repository: Repository;
  scenario: Scenario;
  findings: Findings;
  metadata: Metadata[];
  /** Of the jobs that are through, by job and name. */
  jobs: Map<string, Map<string, string>>;
  inputs: Record<string, unknown>;
  /** Workflows and actions that called this one. */
  depth: number;
}

type Texts = Map<string, string>;

const DEEPEST = 5;

/** Jobs in an order in which each comes after those that it needs. */
export function jobsInOrder(workflow: YamlValue): { name: string; job: YamlValue; place: Place }[] {
  const all = (workflow.at('jobs')?.entries() ?? []).flatMap(({ name, value, place }) =>
    value ? [{ name, job: value, place }] : [],
  );
  const ordered: typeof all = [];
  const visit = (each: (typeof all)[number], trail: readonly string[]): void => {
    if (ordered.includes(each) || trail.includes(each.name)) return;
    for (const need of needsOf(each.job)) {
      const other = all.find(({ name }) => name === need);
      if (other !== undefined) visit(other, [...trail, each.name]);
    }
    ordered.push(each);
  };
  for (const each of all) visit(each, []);
  return ordered;
}

function needsOf(job: YamlValue): string[] {
  const needs = job.at('needs');
  return needs?.text !== undefined
    ? [needs.text]
    : (needs?.items() ?? []).flatMap(({ text }) => (text === undefined ? [] : [text]));
}

export function walkWorkflow(workflow: YamlValue, walk: Walk): void {
  const env: Texts = new Map();
  readEnvironment(workflow, env, contextsOf(walk, { env }));
  const relevant = new Set<string>();
  for (const { name, job, place } of jobsInOrder(workflow)) {
    const before = walk.findings.left.length;
    if (walkJob(name, job, place, { walk, env, defaults: workflow.at('defaults', 'run') }))
      relevant.add(name);
    else {
      walk.findings.left.length = before;
      if (hasSteps(job))
        noteLeft(
          walk.findings,
          place,
          `job ${name}`,
          'It stays in the old workflow; `needs` keeps the release behind it if both are in one file.',
        );
    }
  }
}

const hasSteps = (job: YamlValue) =>
  (job.at('steps')?.items().length ?? 0) > 0 || job.at('uses') !== undefined;

interface JobSurroundings {
  walk: Walk;
  env: Texts;
  defaults: YamlValue | undefined;
}

/** @returns whether the job has to do with images */
function walkJob(
  name: string,
  job: YamlValue,
  place: Place,
  { walk, env, defaults }: JobSurroundings,
): boolean {
  const general = contextsOf(walk, { env });
  if (!mayRun(job, `job ${name}`, general, walk)) return true;
  const combinations = expandMatrix(job.at('strategy', 'matrix'), general);
  if (combinations === undefined) {
    noteLeft(
      walk.findings,
      place,
      `the matrix of job ${name}`,
      'Only a run knows it: name each image under `images`.',
    );
    walkOnce(name, job, place, {}, { walk, env, defaults });
    return true;
  }
  return combinations
    .map((matrix) => walkOnce(name, job, place, matrix, { walk, env, defaults }))
    .includes(true);
}

function walkOnce(
  name: string,
  job: YamlValue,
  place: Place,
  matrix: Combination,
  { walk, env, defaults }: JobSurroundings,
): boolean {
  const own: Texts = new Map(env);
  const steps: Map<string, Texts> = new Map();
  const contexts = contextsOf(walk, { env: own, matrix, steps });
  readEnvironment(job, own, contexts);
  const called = job.at('uses')?.text;
  if (called !== undefined) return callWorkflow(name, job, called, contexts, walk);

  const session: Session = {
    repository: walk.repository,
    scenario: walk.scenario,
    findings: walk.findings,
    variables: runnerVariables(walk.scenario.github),
    local: new Map(),
    checkouts: new Map(),
    committing: { mode: 'commit' },
    touched: 0,
    depth: 0,
  };
  const builds = walk.findings.builds.length;
  const folder =
    job.at('defaults', 'run', 'working-directory')?.text ?? defaults?.at('working-directory')?.text ?? '.';
  walkSteps(job.at('steps')?.items() ?? [], { walk, session, env: own, steps, contexts, folder });
  noteRunner(job, contexts, walk.findings.builds.slice(builds));
  const outputs = (job.at('outputs')?.entries() ?? []).map(
    ({ name: output, value }) => [output, resolveText(value?.text ?? '', contexts)] as const,
  );
  walk.jobs.set(name, new Map(outputs));
  leaveEnvironment(job, place, session, walk.findings);
  return session.touched > 0;
}

/** An arm runner builds for arm without saying so. */
function noteRunner(job: YamlValue, contexts: Contexts, builds: Findings['builds']): void {
  const runner = resolveText(job.at('runs-on')?.text ?? job.at('runs-on')?.items()[0]?.text ?? '', contexts);
  if (/\barm(?:64)?\b|-arm/i.test(runner))
    for (const build of builds) if (build.platforms.length === 0) build.platforms = ['linux/arm64'];
}

function leaveEnvironment(job: YamlValue, place: Place, session: Session, findings: Findings): void {
  const name = job.at('environment')?.text ?? job.at('environment', 'name')?.text;
  if (name !== undefined && session.touched > 0)
    noteLeft(
      findings,
      place,
      `environment ${name}`,
      'Its secrets and approvals count for a job: write `environment` at the job of the release.',
    );
}

interface StepSurroundings {
  walk: Walk;
  session: Session;
  env: Texts;
  steps: Map<string, Texts>;
  contexts: Contexts;
  folder: string;
}

function walkSteps(steps: readonly YamlValue[], around: StepSurroundings): void {
  for (const step of steps) walkStep(step, around);
}

function walkStep(step: YamlValue, around: StepSurroundings): void {
  const { walk, session, contexts } = around;
  const title = step.at('name')?.text;
  const uses = step.at('uses');
  const run = step.at('run');
  if (!mayRun(step, title ?? uses?.text ?? 'a step', contexts, walk)) return;
  const env: Texts = new Map(around.env);
  readEnvironment(step, env, contexts);
  const outputs: Texts = new Map();
  const id = step.at('id')?.text;
  if (id !== undefined) around.steps.set(id, outputs);

  const before = { touched: session.touched, left: walk.findings.left.length };
  if (run?.text !== undefined) runStep(run, step, env, outputs, around);
  else if (uses?.text !== undefined) useAction(step, uses, env, outputs, around);
  else return;
  const isNew = session.touched === before.touched && walk.findings.left.length === before.left;
  if (isNew && run?.text !== undefined && !onlyComputes(run.text))
    noteLeft(
      walk.findings,
      step.place,
      title ?? firstLine(run.text),
      'Keep this step in the new workflow if a release depends on it, before or after the step that releases.',
    );
}

const firstLine = (text: string) => text.trim().split('\n')[0]!;

/** Scripts that only set variables and print. */
function onlyComputes(text: string): boolean {
  return text
    .split('\n')
    .map((line) => line.trim())
    .every(
      (line) =>
        line === '' ||
        /^(?:#|echo\b|printf\b|export\b|set [-+]|local\b|if\b|then\b|else\b|elif\b|fi\b|\{|\}|[A-Za-z_]\w*\+?=|docker (?:images|ps|info|version|image ls)|ls\b|cat\b|tr\b|cut\b|case\b|esac\b|;;|\w+\)|mkdir\b|touch\b)/.test(
          line,
        ),
    );
}

function runStep(
  run: YamlValue,
  step: YamlValue,
  env: Texts,
  outputs: Texts,
  { walk, session, contexts, folder, ...around }: StepSurroundings,
): void {
  const text = resolveText(run.text!, contexts);
  const before = new Map(session.variables);
  for (const [name, value] of env) session.variables.set(name, value);
  const isBlock = run.text!.includes('\n');
  const place: Place = {
    file: run.place.file,
    ...(run.place.line !== undefined && { line: run.place.line + (isBlock ? 1 : 0) }),
  };
  const at = pathAt('.', resolveText(step.at('working-directory')?.text ?? folder, contexts));
  const { files } = followIn(session, text, { place, folder: at });
  session.variables.clear();
  for (const [name, value] of before) session.variables.set(name, value);
  for (const [name, value] of readOutputs(files.get(OUTPUT_FILE), text, session)) outputs.set(name, value);
  for (const [name, value] of readOutputs(files.get(ENV_FILE), '', session)) around.env.set(name, value);
  void walk;
}

function useAction(
  step: YamlValue,
  uses: YamlValue,
  env: Texts,
  outputs: Texts,
  around: StepSurroundings,
): void {
  const { walk, session, contexts } = around;
  const inputs: Texts = new Map(
    (step.at('with')?.entries() ?? []).map(({ name, value }) => [
      name,
      resolveText(value?.text ?? '', contexts),
    ]),
  );
  const name = uses.text!;
  if (name.startsWith('./')) return useLocalAction(name, inputs, outputs, around);
  if (name.startsWith('docker://')) {
    const words = (inputs.get('args') ?? '').split(/\s+/).filter(Boolean);
    if (isKaniko(name)) return readKaniko(words, { place: step.place, session, folder: '.' });
  }
  const id = step.at('id')?.text;
  const action: ActionStep = {
    place: uses.place,
    ...(id !== undefined && { id }),
    uses: name,
    inputs,
    env,
    session,
    metadata: walk.metadata,
    outputs,
    folder: around.folder,
  };
  if (readAction(action)) return;
  noteLeft(
    walk.findings,
    uses.place,
    name,
    'Keep this step in the new workflow, before or after the step that releases, or leave it in the old one.',
  );
}

/** A composite action of the repository: its steps, with its inputs. */
function useLocalAction(path: string, inputs: Texts, outputs: Texts, around: StepSurroundings): void {
  const { walk, session } = around;
  const folder = pathAt('.', path);
  const file = walk.repository.files.find(
    (each) => each.path === `${folder}/action.yml` || each.path === `${folder}/action.yaml`,
  );
  const [action] = file === undefined ? [] : readYaml(file);
  const steps = action?.at('runs', 'steps')?.items();
  if (action === undefined || steps === undefined || walk.depth >= DEEPEST) return;
  const given = withDefaults(action.at('inputs'), Object.fromEntries(inputs));
  const inner: Map<string, Texts> = new Map();
  const called = { ...walk, inputs: given, depth: walk.depth + 1 };
  const contexts = contextsOf(called, { env: around.env, steps: inner });
  walkSteps(steps, { ...around, walk: called, session, steps: inner, contexts, folder: '.' });
  for (const { name, value } of action.at('outputs')?.entries() ?? [])
    outputs.set(name, resolveText(value?.at('value')?.text ?? '', contexts));
}

function callWorkflow(name: string, job: YamlValue, uses: string, contexts: Contexts, walk: Walk): boolean {
  const [, path] = /^\.\/(.+)$/.exec(uses) ?? [];
  const file = path === undefined ? undefined : walk.repository.files.find((each) => each.path === path);
  const [workflow] = file === undefined ? [] : readYaml(file);
  if (workflow === undefined) {
    if (/docker|image|build|publish|release/i.test(uses))
      noteLeft(
        walk.findings,
        job.place,
        `the workflow ${uses}`,
        'It is in another repository and was not read; what it builds goes under `images`.',
      );
    return false;
  }
  if (walk.depth >= DEEPEST) return false;
  const given = dataOf(job.at('with'), contexts);
  const inputs = withDefaults(
    workflow.at('on', 'workflow_call', 'inputs'),
    typeof given === 'object' && given !== null ? (given as Record<string, unknown>) : {},
  );
  const inner: Walk = { ...walk, inputs, jobs: new Map(), depth: walk.depth + 1 };
  const before = countOf(walk.findings);
  walkWorkflow(workflow, inner);
  const outputs = (workflow.at('on', 'workflow_call', 'outputs')?.entries() ?? []).map(
    ({ name: output, value }) =>
      [output, resolveText(value?.at('value')?.text ?? '', contextsOf(inner, { env: new Map() }))] as const,
  );
  walk.jobs.set(name, new Map(outputs));
  if (countOf(walk.findings) === before) return false;
  noteReplaced(walk.findings, job.place, uses, 'the workflow that releases');
  return true;
}

function countOf({ builds, bakes, updates, logins }: Findings): number {
  return builds.length + bakes.length + updates.length + logins.length;
}

function withDefaults(
  declared: YamlValue | undefined,
  given: Record<string, unknown>,
): Record<string, unknown> {
  const defaults = (declared?.entries() ?? []).map(({ name, value }) => {
    const text = value?.at('default')?.text ?? '';
    return [name, text === 'true' ? true : text === 'false' ? false : text] as const;
  });
  return { ...Object.fromEntries(defaults), ...given };
}

/** Whether a job or step runs in this event; where only a run knows, it is taken as if it did, and said so. */
function mayRun(value: YamlValue, what: string, contexts: Contexts, { findings }: Walk): boolean {
  const condition = value.at('if');
  if (condition?.text === undefined) return true;
  const holds = truthOf(condition.text, contexts);
  if (holds !== undefined) return holds;
  if (/chang|filter|paths|affected|modified/i.test(condition.text) && /outputs/.test(condition.text))
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

function readEnvironment(value: YamlValue, env: Texts, contexts: Contexts): void {
  for (const { name, value: text } of value.at('env')?.entries() ?? [])
    env.set(name, resolveText(text?.text ?? '', contexts));
}

interface Scope {
  env: Texts;
  matrix?: Combination;
  steps?: Map<string, Texts>;
}

function contextsOf(walk: Walk, { env, matrix = {}, steps = new Map() }: Scope): Contexts {
  const { scenario, repository } = walk;
  const roots: Record<string, (path: readonly string[]) => unknown> = {
    github: ([first = '', ...rest]) => {
      if (first !== 'event') return rest.length === 0 ? scenario.github[first] : undefined;
      return eventField(rest.join('.'), scenario, repository);
    },
    env: ([name = '']) => env.get(name),
    matrix: (path) => (path.length === 0 ? matrix : (at(matrix, path) ?? '')),
    inputs: (path) =>
      path.length === 0 ? walk.inputs : (at(walk.inputs, path) ?? (walk.depth === 0 ? '' : undefined)),
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
  };
}

function at(data: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined,
    data,
  );
}

void textOf;
