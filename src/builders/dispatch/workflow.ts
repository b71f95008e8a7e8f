import type { DispatchSettings } from '../../config/builder-settings.js';
import type { TextFile } from '../../facts/build-files-checkout.js';
import { problem, type Place, type Problem, type ProblemDraft } from '../../lib/errors.js';
import { readYaml, type YamlValue } from '../../lib/yaml-value.js';
import { buildsImages, isOwnStep, readWorkflow } from '../../preflight/workflows.js';

/** A workflow of the checkout that uses this action or command line. */
export interface DispatchWorkflow {
  /** Path in the repository, and the file name that GitHub's API takes. */
  path: string;
  file: string;
  /** A step of it is this action or command line. */
  releases: boolean;
  /** Undefined: it has no `workflow_dispatch`. */
  dispatch?: DispatchTrigger;
  onPush: boolean;
  /** Inputs of our steps (`with:`), by lower-cased name, as written; of several steps all. */
  stepInputs: Record<string, string[]>;
  text: string;
}

export interface DispatchTrigger {
  inputs: Record<string, DispatchInput>;
  place: Place;
}

/** https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#onworkflow_dispatchinputs */
export interface DispatchInput {
  required: boolean;
  default?: string;
  /** Of the type `choice`. */
  options: string[];
  place: Place;
}

export type StartableWorkflow = DispatchWorkflow & { dispatch: DispatchTrigger };

export type WorkflowChoice =
  | { status: 'chosen'; workflow: StartableWorkflow }
  | { status: 'impossible'; problem: Problem };

/**
 * Chooses the configured workflow, or the only one that uses this action and has `workflow_dispatch`. If several do,
 * but a push starts only one of them, that one releases already.
 */
export function chooseWorkflow(files: readonly TextFile[], settings: DispatchSettings): WorkflowChoice {
  const workflows = files.flatMap((file) => readDispatchWorkflow(file) ?? []);
  const named = settings.workflow;
  const ours = workflows.filter(({ releases, file, path }) =>
    named === undefined ? releases : file === named || path === named,
  );
  const startable = ours.filter((workflow): workflow is StartableWorkflow => workflow.dispatch !== undefined);
  const pushed = startable.filter(({ onPush }) => onPush);
  const [only, ...more] = startable.length > 1 && pushed.length > 0 ? pushed : startable;
  if (only !== undefined && more.length === 0) return { status: 'chosen', workflow: only };
  if (only !== undefined) {
    return impossible({
      message: `Several workflows use this action and have \`workflow_dispatch\`: ${startable.map(({ file }) => file).join(', ')}.`,
      fix: `Name the one that builds: \`builder: { type: dispatch, workflow: ${only.file} }\`.`,
      place: only.dispatch.place,
    });
  }
  const [first] = ours;
  if (first !== undefined) {
    return impossible({
      message: `${ours.map(({ file }) => file).join(' and ')} can't be started by hand: \`on:\` has no \`workflow_dispatch\`.`,
      fix: `Add \`workflow_dispatch:\` to the \`on:\` of ${first.file}, and merge it into the default branch.`,
      place: { file: first.path },
    });
  }
  return impossible({
    message:
      named === undefined
        ? 'No workflow in .github/workflows uses this action.'
        : `There is no workflow .github/workflows/${named}.`,
  });
}

export function releaseWorkflows(files: readonly TextFile[]): DispatchWorkflow[] {
  return files.flatMap((file) => readDispatchWorkflow(file) ?? []).filter(({ releases }) => releases);
}

function impossible(draft: Omit<ProblemDraft, 'code'>): WorkflowChoice {
  return { status: 'impossible', problem: problem({ code: 'dispatch/no-workflow', ...draft }) };
}

function readDispatchWorkflow(file: TextFile): DispatchWorkflow | undefined {
  const workflow = readWorkflow(file);
  const [root] = readYaml(file);
  if (workflow === undefined || root === undefined) return undefined;
  const steps = workflow.jobs.flatMap((job) => job.steps);
  const own = steps.filter(isOwnStep);
  const byCommand = steps.some((step) => !step.uses && buildsImages(step) && /image-release/.test(step.run!));
  const stepInputs: Record<string, string[]> = {};
  for (const { inputs } of own)
    for (const [name, { text }] of Object.entries(inputs)) (stepInputs[name] ??= []).push(text);
  const triggers = triggersOf(root);
  const trigger = triggers.find(({ name }) => name === 'workflow_dispatch');
  return {
    path: file.path,
    file: file.path.split('/').at(-1) ?? file.path,
    releases: own.length > 0 || byCommand,
    dispatch: trigger && { inputs: inputsOf(trigger.value?.at('inputs')), place: trigger.place },
    onPush: triggers.some(({ name }) => name === 'push'),
    stepInputs,
    text: file.text,
  };
}

/** `on:` is a word, a list or a map. */
function triggersOf(root: YamlValue): { name: string; place: Place; value?: YamlValue }[] {
  const on = root.at('on');
  if (on === undefined) return [];
  if (on.text !== undefined) return [{ name: on.text, place: on.place }];
  const items = on.items();
  return items.length > 0 ? items.map((item) => ({ name: item.text ?? '', place: item.place })) : on.entries();
}

function inputsOf(inputs: YamlValue | undefined): Record<string, DispatchInput> {
  return Object.fromEntries(
    (inputs?.entries() ?? []).map(({ name, place, value }) => {
      const input = {
        required: value?.at('required')?.text === 'true',
        default: value?.at('default')?.text,
        options: (value?.at('options')?.items() ?? []).map((option) => option.text ?? ''),
        place,
      };
      return [name, input];
    }),
  );
}
