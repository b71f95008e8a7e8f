import { readYaml, type YamlValue } from '../../../../preflight/yaml-value.js';
import type { Place } from '../../../../lib/errors.js';
import { newSession, type Session } from '../commands/session.js';
import { resolveText, type Contexts } from '../expressions.js';
import { noteLeft, noteReplaced, type Findings } from '../findings.js';
import { asExpression } from '../tag-rules.js';
import { runnerVariables } from '../shell/variables.js';
import { contextsOf, mayRun, readEnvironment, withDefaults, type Texts, type Walk } from './contexts.js';
import { dataOf, expandMatrix, type Combination } from './matrix.js';
import { walkSteps } from './steps.js';

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
      // Steps that have nothing to tell only compute, as for the matrix of another job.
      const does = walk.findings.left.length > before || job.at('uses') !== undefined;
      walk.findings.left.length = before;
      if (does)
        noteLeft(
          walk.findings,
          place,
          `job ${name}`,
          'It stays in the old workflow; `needs` keeps the release behind it if both are in one file.',
        );
    }
  }
}

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
    walkOnce(name, job, place, 'unknown', { walk, env, defaults });
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
  matrix: Combination | 'unknown',
  { walk, env, defaults }: JobSurroundings,
): boolean {
  const own: Texts = new Map(env);
  const steps: Map<string, Texts> = new Map();
  const contexts = contextsOf(walk, { env: own, matrix, steps });
  readEnvironment(job, own, contexts);
  const called = job.at('uses')?.text;
  if (called !== undefined) return callWorkflow(name, job, called, contexts, walk);

  const { repository, scenario, findings, metadata } = walk;
  const variables = runnerVariables(scenario.github);
  const session = newSession({ repository, scenario, findings, metadata, variables });
  const builds = walk.findings.builds.length;
  const folder =
    job.at('defaults', 'run', 'working-directory')?.text ?? defaults?.at('working-directory')?.text ?? '.';
  walkSteps(job.at('steps')?.items() ?? [], { walk, session, env: own, steps, contexts, folder });
  noteRunner(job, place, contexts, walk.findings, builds);
  const outputs = (job.at('outputs')?.entries() ?? []).map(
    ({ name: output, value }) => [output, resolveText(value?.text ?? '', contexts)] as const,
  );
  walk.jobs.set(name, new Map(outputs));
  if (session.compares) walk.comparing.add(name);
  leaveEnvironment(job, place, session, walk.findings);
  return session.touched > 0;
}

/** An arm runner builds for arm without saying so. */
function noteRunner(
  job: YamlValue,
  place: Place,
  contexts: Contexts,
  findings: Findings,
  from: number,
): void {
  const builds = findings.builds.slice(from);
  const runner = resolveText(job.at('runs-on')?.text ?? job.at('runs-on')?.items()[0]?.text ?? '', contexts);
  if (/\barm(?:64)?\b|-arm/i.test(runner))
    for (const build of builds) if (build.platforms.length === 0) build.platforms = ['linux/arm64'];
  if (builds.length > 0 && !/^ubuntu-(?:latest|slim|\d\d\.\d\d)$/.test(runner))
    noteLeft(
      findings,
      place,
      `the runner ${asExpression(runner)}`,
      'The new workflow builds on `ubuntu-latest`: write another at its job, or a job for each platform (docs/workflows.md).',
    );
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
  const { secrets: _, ...own } = walk;
  const secrets = secretsFor(job, contexts, walk);
  const inner: Walk = {
    ...own,
    place: { file: workflow.place.file, line: 1 },
    inputs,
    jobs: new Map(),
    comparing: new Set(),
    depth: walk.depth + 1,
    ...(secrets !== undefined && { secrets }),
  };
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

/** `secrets: inherit` hands all of them over by their own names. */
function secretsFor(job: YamlValue, contexts: Contexts, walk: Walk): Walk['secrets'] {
  const given = job.at('secrets');
  if (given === undefined || given.text === 'inherit') return walk.secrets;
  return Object.fromEntries(
    given.entries().map(({ name, value }) => [name, resolveText(value?.text ?? '', contexts)]),
  );
}

function countOf({ builds, bakes, updates, logins }: Findings): number {
  return builds.length + bakes.length + updates.length + logins.length;
}
