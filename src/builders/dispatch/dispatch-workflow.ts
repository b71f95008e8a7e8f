import type { TextFile } from '../../facts/build-files-checkout.js';
import type { Place } from '../../lib/errors.js';
import { buildsImages, isOwnStep, readWorkflow } from '../../preflight/workflows.js';
import { readYaml, type YamlValue } from '../../lib/yaml-value.js';

/** A workflow of the checkout, as far as starting it by hand goes. */
export interface DispatchWorkflow {
  /** Path in the repository, and the file name that GitHub's API takes. */
  path: string;
  file: string;
  /** This action, or this program's command line, is a step of it. `other`: it builds in another way, or calls a workflow. */
  releases: 'with-this' | 'other';
  /** Undefined: it has no `workflow_dispatch`. */
  dispatch?: DispatchTrigger;
  /** Whether a push starts it too. */
  onPush: boolean;
  /** As written; undefined: runs are named by GitHub. */
  runName?: string;
  /** Inputs of our steps (`with:`), by lower-cased name, as written; of several steps all. */
  handedOn: Record<string, string[]>;
  text: string;
}

export interface DispatchTrigger {
  inputs: Record<string, DispatchInput>;
  place: Place;
}

/** https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#onworkflow_dispatchinputs */
export interface DispatchInput {
  type: string;
  required: boolean;
  default?: string;
  /** Of the type `choice`. */
  options: string[];
  place: Place;
}

/** @returns undefined for what is no workflow */
export function readDispatchWorkflow(file: TextFile): DispatchWorkflow | undefined {
  const workflow = readWorkflow(file);
  const [root] = readYaml(file);
  if (workflow === undefined || root === undefined) return undefined;
  const steps = workflow.jobs.flatMap((job) => job.steps);
  const own = steps.filter(isOwnStep);
  const byCommand = steps.some((step) => !step.uses && buildsImages(step) && /image-release/.test(step.run!));
  const handedOn: Record<string, string[]> = {};
  for (const { inputs } of own)
    for (const [name, { text }] of Object.entries(inputs)) (handedOn[name] ??= []).push(text);
  const triggers = triggersOf(root);
  const trigger = triggers.find(({ name }) => name === 'workflow_dispatch');
  const runName = root.at('run-name')?.text;
  return {
    path: file.path,
    file: file.path.split('/').at(-1) ?? file.path,
    releases: own.length > 0 || byCommand ? 'with-this' : 'other',
    ...(trigger && {
      dispatch: { inputs: inputsOf(trigger.value?.at('inputs')), place: trigger.place },
    }),
    onPush: triggers.some(({ name }) => name === 'push'),
    ...(runName !== undefined && { runName }),
    handedOn,
    text: file.text,
  };
}

/** `on:` is a word, a list or a map. */
function triggersOf(root: YamlValue): { name: string; place: Place; value?: YamlValue }[] {
  const on = root.at('on');
  if (on === undefined) return [];
  if (on.text !== undefined) return [{ name: on.text, place: on.place }];
  const items = on.items();
  return items.length > 0
    ? items.map((item) => ({ name: item.text ?? '', place: item.place }))
    : on.entries();
}

function inputsOf(inputs: YamlValue | undefined): Record<string, DispatchInput> {
  return Object.fromEntries(
    (inputs?.entries() ?? []).map(({ name, place, value }) => {
      const text = value?.at('default')?.text;
      return [
        name,
        {
          type: value?.at('type')?.text ?? 'string',
          required: value?.at('required')?.text === 'true',
          ...(text !== undefined && { default: text }),
          options: (value?.at('options')?.items() ?? []).map((option) => option.text ?? ''),
          place,
        },
      ];
    }),
  );
}

/** Whether an expression in `text` reads the input `name` of the run. */
export function readsInput(text: string, name: string): boolean {
  const escaped = name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`\\binputs(?:\\.${escaped}(?![\\w-])|\\[\\s*'${escaped}'\\s*\\])`).test(text);
}
