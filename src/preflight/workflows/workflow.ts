import type { TextFile } from '../../facts/build-files-checkout.js';
import type { Place } from '../../lib/errors.js';
import { readYaml, type YamlValue } from '../yaml-value.js';

/** A workflow of GitHub Actions, as far as the checks ask for it. */
export interface Workflow {
  file: string;
  concurrency: 'set' | 'none';
  permissions?: Permissions;
  jobs: Job[];
}

export interface Job {
  name: string;
  place: Place;
  timeout: 'set' | 'none';
  concurrency: 'set' | 'none';
  /** Undefined: the workflow's. */
  permissions?: Permissions;
  /** The workflow that it calls in place of steps. */
  calls?: string;
  steps: Step[];
}

export interface Step {
  /** As written after `uses:`. */
  uses?: { text: string; place: Place };
  run?: string;
  inputs: Record<string, { text: string; place: Place }>;
}

export type Permissions =
  | { type: 'all'; level: 'read' | 'write'; place: Place }
  /** What is not named is `none`. */
  | { type: 'some'; levels: Record<string, { level: string; place: Place }>; place: Place };

/** @returns undefined for what is no workflow */
export function readWorkflow(file: TextFile): Workflow | undefined {
  const [root] = readYaml(file);
  const jobs = root?.at('jobs')?.entries();
  if (root === undefined || jobs === undefined) return undefined;
  const permissions = permissionsOf(root);
  return {
    file: file.path,
    concurrency: root.at('concurrency') ? 'set' : 'none',
    ...(permissions && { permissions }),
    jobs: jobs.flatMap(({ name, place, value }) => (value ? [jobOf(name, place, value)] : [])),
  };
}

function jobOf(name: string, place: Place, job: YamlValue): Job {
  const permissions = permissionsOf(job);
  const calls = job.at('uses')?.text;
  const releases = calls !== undefined && OWN_WORKFLOW.test(calls);
  return {
    name,
    place,
    // The workflow that is called has one.
    timeout: job.at('timeout-minutes') || releases ? 'set' : 'none',
    concurrency: job.at('concurrency') ? 'set' : 'none',
    ...(permissions && { permissions }),
    ...(calls !== undefined && { calls }),
    steps: releases ? [callOf(job)] : (job.at('steps')?.items() ?? []).map(stepOf),
  };
}

/** The release that this repository offers for calling: its one step has the same inputs. */
const OWN_WORKFLOW = /^[\w.-]+\/image-release\/\.github\/workflows\/release\.yml@/i;

/** Secrets are inputs of the step; which of them are inherited can't be seen, so all may be given. */
function callOf(job: YamlValue): Step {
  const step = stepOf(job);
  const secrets = job.at('secrets');
  const named = (secrets?.entries() ?? []).map(
    ({ name, place, value }) => [name, value?.text ?? '', place] as const,
  );
  const inherited =
    secrets?.text === 'inherit'
      ? ['deploy-token', 'registry-password'].map((name) => [name, 'inherit', secrets.place] as const)
      : [];
  const given = [...named, ...inherited].map(
    ([name, text, place]) => [name.toLowerCase(), { text, place }] as const,
  );
  return { ...step, inputs: { ...step.inputs, ...Object.fromEntries(given) } };
}

function stepOf(step: YamlValue): Step {
  const uses = step.at('uses');
  const run = step.at('run')?.text;
  const inputs = (step.at('with')?.entries() ?? []).map(
    ({ name, place, value }) => [name.toLowerCase(), { text: value?.text ?? '', place }] as const,
  );
  return {
    ...(uses?.text !== undefined && { uses: { text: uses.text, place: uses.place } }),
    ...(run !== undefined && { run }),
    inputs: Object.fromEntries(inputs),
  };
}

function permissionsOf(value: YamlValue): Permissions | undefined {
  const entry = value.entries().find(({ name }) => name === 'permissions');
  if (!entry?.value) return undefined;
  const { place } = entry;
  const text = entry.value.text;
  if (text === 'read-all' || text === 'write-all')
    return { type: 'all', level: text === 'read-all' ? 'read' : 'write', place };
  const levels = entry.value
    .entries()
    .map(({ name, place: at, value: level }) => [name, { level: level?.text ?? 'none', place: at }] as const);
  return { type: 'some', levels: Object.fromEntries(levels), place };
}

/** What the job's token may; undefined: the repository's setting decides. */
export function effectivePermissions(workflow: Workflow, job: Job): Permissions | undefined {
  return job.permissions ?? workflow.permissions;
}
