import type { DispatchSettings } from '../../config/builder-settings.js';
import type { TextFile } from '../../facts/build-files-checkout.js';
import type { Problem } from '../../lib/errors.js';
import { readDispatchWorkflow, type DispatchTrigger, type DispatchWorkflow } from './dispatch-workflow.js';

export type StartableWorkflow = DispatchWorkflow & { dispatch: DispatchTrigger };

export type WorkflowChoice =
  | { status: 'chosen'; workflow: StartableWorkflow; reason: string }
  | { status: 'impossible'; problem: Problem };

/**
 * Which workflow builds: the one that is named, or the only one that uses this action and can be started by hand.
 * Where several can, but one of them alone is what a push starts, that one releases already.
 */
export function chooseWorkflow(files: readonly TextFile[], settings: DispatchSettings): WorkflowChoice {
  const workflows = files.flatMap((file) => readDispatchWorkflow(file) ?? []);
  if (settings.workflow !== undefined) return named(workflows, settings.workflow);
  const ours = workflows.filter(({ releases }) => releases === 'with-this');
  const startable = ours.filter(isStartable);
  if (startable.length === 0) return impossible(noneOf(ours));
  const pushed = startable.filter(({ onPush }) => onPush);
  const [only, ...more] = startable.length > 1 && pushed.length > 0 ? pushed : startable;
  if (only !== undefined && more.length === 0) {
    const reason =
      startable.length > 1
        ? `${only.file} is the one of ${startable.length} workflows that a push starts`
        : `${only.file} is the workflow that uses this action`;
    return { status: 'chosen', workflow: only, reason };
  }
  return impossible({
    code: 'dispatch/several-workflows',
    severity: 'error',
    message: `Several workflows use this action and can be started by hand: ${startable.map(({ file }) => file).join(', ')}.`,
    fix: `Name the one that is to build: \`builder: { type: dispatch, workflow: ${only?.file} }\`.`,
    place: startable[0]!.dispatch.place,
  });
}

/** Workflows that use this action, by whatever they are started. */
export function releaseWorkflows(files: readonly TextFile[]): DispatchWorkflow[] {
  return files
    .flatMap((file) => readDispatchWorkflow(file) ?? [])
    .filter(({ releases }) => releases === 'with-this');
}

function isStartable(workflow: DispatchWorkflow): workflow is StartableWorkflow {
  return workflow.dispatch !== undefined;
}

function named(workflows: readonly DispatchWorkflow[], name: string): WorkflowChoice {
  const workflow = workflows.find(({ file, path }) => file === name || path === name);
  if (workflow === undefined) {
    const others = workflows.map(({ file }) => file);
    return impossible({
      code: 'dispatch/no-workflow',
      severity: 'error',
      message: `There is no workflow .github/workflows/${name}.`,
      fix:
        others.length === 0
          ? 'Write it as the README shows, commit and push it.'
          : `Name one of ${others.join(', ')} in \`builder\`, or leave the name out.`,
    });
  }
  if (isStartable(workflow))
    return { status: 'chosen', workflow, reason: `${workflow.file} is the workflow that is configured` };
  return impossible(noneOf([workflow]));
}

function noneOf(ours: readonly DispatchWorkflow[]): Problem {
  const [first] = ours;
  if (first === undefined) {
    return {
      code: 'dispatch/no-workflow',
      severity: 'error',
      message: 'No workflow in .github/workflows uses this action, so there is none to start.',
      fix: 'Write one as the README shows, commit and push it; or name the one that builds: `builder: { type: dispatch, workflow: FILE }`.',
    };
  }
  return {
    code: 'dispatch/no-workflow',
    severity: 'error',
    message: `${ours.map(({ file }) => file).join(' and ')} can't be started by hand: \`on:\` has no \`workflow_dispatch\`.`,
    fix: `Add \`workflow_dispatch:\` to the \`on:\` of ${first.file}, and bring it to the default branch.`,
    place: { file: first.path },
  };
}

function impossible(problem: Problem): WorkflowChoice {
  return { status: 'impossible', problem };
}
