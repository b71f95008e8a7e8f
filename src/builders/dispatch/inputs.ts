import type { ConfigSource } from '../../config/find.js';
import { problem, type Problem } from '../../lib/errors.js';
import type { ReleaseRequest } from '../../plan/plan.js';
import type { StartableWorkflow } from './workflow.js';

/** The reason to start a run. The workflow has its own logins and tokens: none are passed. */
export interface DispatchRequest extends ReleaseRequest {
  /** Undefined: the repository's own configuration. */
  config?: ConfigSource;
}

/**
 * The inputs that the workflow is started with. Each option needs an input that a step of this action reads; an option
 * without one is a problem, never dropped.
 */
export function runInputs(
  workflow: StartableWorkflow,
  request: DispatchRequest,
): { inputs: Record<string, string>; problems: Problem[] } {
  const problems: Problem[] = [];
  const inputs: Record<string, string> = {};
  for (const [option, value] of Object.entries(optionsOf(request))) {
    const found = inputFor(workflow, option, value);
    if ('reason' in found) problems.push(notAccepted(workflow, option, value, found.reason));
    else inputs[found.name] = value;
  }
  for (const [name, input] of Object.entries(workflow.dispatch.inputs)) {
    if (!input.required || input.default || name in inputs) continue;
    problems.push(
      problem({
        code: 'dispatch/inputs',
        message: `${workflow.file} requires the input \`${name}\`, and this release has no value for it.`,
        fix: `Give \`${name}\` a default in the workflow, or remove \`required\`.`,
        place: input.place,
      }),
    );
  }
  return { inputs, problems };
}

/** What differs from a run without options, by the action's input. */
function optionsOf(request: DispatchRequest): Record<string, string> {
  const { config, images, extraTags, push, deploy, platforms, noCache, rebuild, order } = request;
  const all: Record<string, string | undefined> = {
    config: config?.from === 'file' ? config.path : undefined,
    'config-inline': config?.from === 'text' ? config.text : undefined,
    images: images.join(',') || undefined,
    'extra-tags': extraTags.join(',') || undefined,
    push: push === 'auto' ? undefined : push,
    deploy: deploy === 'auto' ? undefined : deploy,
    platforms: platforms.join(',') || undefined,
    'no-cache': noCache ? 'true' : undefined,
    rebuild: rebuild ? 'true' : undefined,
    'allow-rollback': order === 'allow-rollback' ? 'true' : undefined,
  };
  return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** The workflow's input that reaches the action's input `option`. */
function inputFor(
  { dispatch, stepInputs, text }: StartableWorkflow,
  option: string,
  value: string,
): { name: string } | { reason: string } {
  const names = Object.keys(dispatch.inputs);
  const reaching = names.filter((name) => stepInputs[option]?.some((text) => readsInput(text, name)));
  const alike = names.find((name) => isSameName(name, option));
  const name = reaching.find((each) => isSameName(each, option)) ?? reaching[0] ?? alike;
  if (name === undefined) return { reason: `it has no input \`${option}\`` };
  // A called workflow or a script may read it in a way that isn't seen here.
  const readElsewhere = Object.keys(stepInputs).length === 0 && readsInput(text, name);
  if (reaching.length === 0 && !readElsewhere) return { reason: `no step of this action reads its input \`${name}\`` };
  const { options } = dispatch.inputs[name]!;
  if (options.length > 0 && !options.includes(value)) {
    const accepted = options.map((each) => `\`${each}\``).join(', ');
    return { reason: `its input \`${name}\` accepts only ${accepted}` };
  }
  return { name };
}

/** Whether an expression in `text` reads the input `name` of the run. */
function readsInput(text: string, name: string): boolean {
  const escaped = name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`\\binputs(?:\\.${escaped}(?![\\w-])|\\[\\s*'${escaped}'\\s*\\])`).test(text);
}

function isSameName(name: string, option: string): boolean {
  const plain = (text: string) => text.toLowerCase().replaceAll(/[-_]/g, '');
  return plain(name) === plain(option);
}

function notAccepted({ file, dispatch }: StartableWorkflow, option: string, value: string, reason: string) {
  return problem({
    code: 'dispatch/inputs',
    message: `${file} can't take ${option}${value.length > 80 ? '' : ` \`${value}\``}: ${reason}.`,
    fix: `Leave the option out, or add \`${option}:\` under \`on.workflow_dispatch.inputs\`, and \`${option}: \${{ inputs.${option} }}\` under \`with\` of this action.`,
    place: dispatch.place,
  });
}
