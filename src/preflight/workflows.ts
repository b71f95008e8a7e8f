import type { TextFile } from '../facts/build-files-checkout.js';
import type { Place } from '../lib/errors.js';
import { readYaml, type YamlValue } from '../lib/yaml-value.js';

/** A workflow of GitHub Actions, reduced to what the checks need. */
export interface Workflow {
  file: string;
  concurrency: boolean;
  permissions?: Permissions;
  jobs: Job[];
}

export interface Job {
  name: string;
  place: Place;
  timeout: boolean;
  concurrency: boolean;
  /** Its own, or the workflow's; undefined: the repository's setting decides. */
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

export interface Permissions {
  place: Place;
  /** `read-all` or `write-all`. */
  all?: 'read' | 'write';
  /** By right; a right that is not listed is `none`. */
  levels: Record<string, { level: string; place: Place }>;
}

/** @returns undefined if the file is no workflow */
export function readWorkflow(file: TextFile): Workflow | undefined {
  const [root] = readYaml(file);
  const jobs = root?.at('jobs')?.entries();
  if (root === undefined || jobs === undefined) return undefined;
  const permissions = permissionsOf(root);
  return {
    file: file.path,
    concurrency: root.at('concurrency') !== undefined,
    permissions,
    jobs: jobs.flatMap(({ name, place, value }) => (value ? jobOf(name, place, value, permissions) : [])),
  };
}

function jobOf(name: string, place: Place, job: YamlValue, inherited: Permissions | undefined): Job {
  const permissions = permissionsOf(job) ?? inherited;
  const calls = job.at('uses')?.text;
  const releases = calls !== undefined && OWN_WORKFLOW.test(calls);
  return {
    name,
    place,
    // The called workflow of this project has a timeout.
    timeout: job.at('timeout-minutes') !== undefined || releases,
    concurrency: job.at('concurrency') !== undefined,
    permissions,
    calls,
    steps: releases ? [callOf(job)] : (job.at('steps')?.items() ?? []).map(stepOf),
  };
}

/** The reusable workflow of this project: its one step has the same inputs. */
const OWN_WORKFLOW = /^[\w.-]+\/image-release\/\.github\/workflows\/release\.yml@/i;

/** Secrets of the call are inputs of the step; with `inherit` any of them may be set. */
function callOf(job: YamlValue): Step {
  const step = stepOf(job);
  const secrets = job.at('secrets');
  const inherited = secrets?.text === 'inherit' ? ['deploy-token', 'registry-password'] : [];
  return {
    ...step,
    inputs: {
      ...step.inputs,
      ...inputsOf(secrets),
      ...Object.fromEntries(inherited.map((name) => [name, { text: 'inherit', place: secrets!.place }])),
    },
  };
}

function stepOf(step: YamlValue): Step {
  const uses = step.at('uses');
  return {
    uses: uses?.text === undefined ? undefined : { text: uses.text, place: uses.place },
    run: step.at('run')?.text,
    inputs: inputsOf(step.at('with')),
  };
}

function inputsOf(map: YamlValue | undefined): Step['inputs'] {
  const entries = map?.entries() ?? [];
  return Object.fromEntries(
    entries.map(({ name, place, value }) => [name.toLowerCase(), { text: value?.text ?? '', place }]),
  );
}

function permissionsOf(value: YamlValue): Permissions | undefined {
  const entry = value.entries().find(({ name }) => name === 'permissions');
  if (!entry?.value) return undefined;
  const { place, value: written } = entry;
  const all = /^(read|write)-all$/.exec(written.text ?? '')?.[1] as Permissions['all'];
  const levels = written
    .entries()
    .map(({ name, place: at, value: level }) => [name, { level: level?.text ?? 'none', place: at }] as const);
  return { place, ...(all && { all }), levels: Object.fromEntries(levels) };
}

/** A step that runs this action, or the call of its reusable workflow. */
export function isOwnStep({ uses }: Step): boolean {
  return /^[\w.-]+\/image-release(?:\/\.github\/workflows\/release\.yml)?(?:@|$)/i.test(uses?.text ?? '');
}

const BUILDING_ACTIONS =
  /^(?:docker\/(?:build-push-action|bake-action)|redhat-actions\/buildah-build|mr-smithers-excellent\/docker-build-push|whoan\/docker-build-with-cache-action)@/i;
const BUILDING_COMMANDS =
  /\b(?:docker(?:\s+(?:buildx|image))?\s+(?:build|bake)|buildah\s+(?:bud|build)|podman\s+build|image-release\s+(?:release|build))\b/;

/** A step that builds images, with this action or without. */
export function buildsImages(step: Step): boolean {
  return isOwnStep(step) || BUILDING_ACTIONS.test(step.uses?.text ?? '') || BUILDING_COMMANDS.test(step.run ?? '');
}

/** Whether a job of the workflow builds images. */
export function concernsImages({ jobs }: Workflow): boolean {
  return jobs.some(({ steps }) => steps.some(buildsImages));
}
