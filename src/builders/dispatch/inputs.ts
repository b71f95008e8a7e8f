import type { ConfigSource } from '../../config/find.js';
import type { Problem } from '../../lib/errors.js';
import type { ReleaseRequest } from '../../plan/plan.js';
import { readsInput, type DispatchInput } from './dispatch-workflow.js';
import type { StartableWorkflow } from './workflow-choice.js';

/** What the run is asked for. The workflow has its own logins and tokens: none are handed over. */
export interface DispatchRequest extends ReleaseRequest {
  /** Undefined: the repository's own configuration. */
  config?: ConfigSource;
}

export interface RunInputs {
  inputs: Record<string, string>;
  /** Which input takes the id that names the run; undefined: the workflow has none. */
  correlation?: string;
}

/** Names under which workflows take an id that they show in `run-name`; ours first. */
const CORRELATION_INPUTS = ['dispatch-id', 'correlation-id', 'distinct-id'];

/**
 * What the workflow is given. Whatever was asked for finds an input that is handed on to this action, or is a
 * problem that names it: an option is never dropped.
 * @param id names this run among all others
 */
export function runInputs(
  workflow: StartableWorkflow,
  request: DispatchRequest,
  id: string,
): RunInputs | { problems: [Problem, ...Problem[]] } {
  const problems: Problem[] = [];
  const inputs: Record<string, string> = {};
  for (const [option, value] of Object.entries(wishes(request))) {
    const taker = takerOf(workflow, option);
    if ('problem' in taker) problems.push(notTaken(workflow, option, value, taker.problem));
    else if (taker.input.options.length > 0 && !taker.input.options.includes(value))
      problems.push(
        notTaken(
          workflow,
          option,
          value,
          `its input \`${taker.name}\` takes only ${list(taker.input.options)}`,
        ),
      );
    else inputs[taker.name] = value;
  }
  const correlation = correlationInput(workflow);
  if (correlation !== undefined) inputs[correlation] = id;
  problems.push(...missing(workflow, inputs));
  const [first, ...rest] = problems;
  if (first !== undefined) return { problems: [first, ...rest] };
  return { inputs, ...(correlation !== undefined && { correlation }) };
}

/** What differs from a run that is asked for nothing, by the action's input. */
function wishes(request: DispatchRequest): Record<string, string> {
  const { config, images, tags, push, deploy, platforms, noCache, force, order } = request;
  const all: Record<string, string | undefined> = {
    config: config?.from === 'file' ? config.path : config?.from === 'text' ? config.text : undefined,
    images: images.join(',') || undefined,
    tags: tags.join(',') || undefined,
    push: push === 'auto' ? undefined : push,
    deploy: deploy === 'auto' ? undefined : deploy,
    platforms: platforms.join(',') || undefined,
    'no-cache': noCache ? 'true' : undefined,
    force: force ? 'true' : undefined,
    'allow-rollback': order === 'allow-rollback' ? 'true' : undefined,
  };
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** The input of the run that reaches the action's input `option`. */
function takerOf(
  { dispatch, handedOn, text }: StartableWorkflow,
  option: string,
): { name: string; input: DispatchInput } | { problem: string } {
  const names = Object.keys(dispatch.inputs);
  const found = (name: string | undefined) => {
    const input = name === undefined ? undefined : dispatch.inputs[name];
    return name !== undefined && input !== undefined ? { name, input } : undefined;
  };
  const reaching = names.filter((name) => handedOn[option]?.some((value) => readsInput(value, name)));
  const handed = found(reaching.find((name) => sameName(name, option)) ?? reaching[0]);
  if (handed) return handed;
  const alike = found(names.find((name) => sameName(name, option)));
  if (alike === undefined) return { problem: `it has no input \`${option}\`` };
  // A called workflow or a script may hand it on in a way that is not seen here; never naming it can't.
  const viaOther = Object.keys(handedOn).length === 0 && readsInput(text, alike.name);
  return viaOther ? alike : { problem: `its input \`${alike.name}\` is not handed on to this action` };
}

function sameName(name: string, option: string): boolean {
  return plain(name) === plain(option);
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, '');
}

function correlationInput({ dispatch, runName }: StartableWorkflow): string | undefined {
  return CORRELATION_INPUTS.flatMap((known) =>
    Object.keys(dispatch.inputs).filter((name) => sameName(name, known)),
  ).find((name) => runName !== undefined && readsInput(runName, name));
}

function missing(workflow: StartableWorkflow, given: Record<string, string>): Problem[] {
  return Object.entries(workflow.dispatch.inputs)
    .filter(([name, input]) => input.required && !input.default && !(name in given))
    .map(([name, input]) => ({
      code: 'dispatch/required-input',
      severity: 'error',
      message: `${workflow.file} demands the input \`${name}\`, and this release has no value for it.`,
      fix: `Give \`${name}\` a default in the workflow, or remove \`required\`.`,
      place: input.place,
    }));
}

function notTaken(workflow: StartableWorkflow, option: string, value: string, why: string): Problem {
  return {
    code: 'dispatch/option-not-taken',
    severity: 'error',
    message: `${workflow.file} can't be asked for ${option} ${value.length > 80 ? '' : `\`${value}\``}: ${why}.`,
    fix: `Leave the option out, or let the workflow take it: \`${option}:\` under \`on.workflow_dispatch.inputs\`, and \`${option}: \${{ inputs.${option} }}\` under \`with\` of this action.`,
    place: workflow.dispatch.place,
  };
}

function list(words: readonly string[]): string {
  return words.map((word) => `\`${word}\``).join(', ');
}
