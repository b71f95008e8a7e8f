import { readYaml, type YamlValue } from '../../lib/yaml-value.js';
import { readAction, type ActionStep } from './actions.js';
import { runCommands } from './commands.js';
import { resolveText } from './expressions.js';
import { noteLeft, pathAt } from './findings.js';
import { conditionOf, contextsOf, DEEPEST, HARMLESS, PUBLISHES, readEnvironment, withDefaults } from './jobs.js';
import type { Job, Texts } from './jobs.js';

export function walkStep(step: YamlValue, job: Job): void {
  const { walk, scope } = job;
  const [uses, run] = [step.at('uses'), step.at('run')];
  const title = step.at('name')?.text ?? uses?.text ?? run?.text?.trim().split('\n')[0] ?? 'a step';
  const condition = conditionOf(step, contextsOf(walk, scope));
  if (condition === 'no') return;
  const env: Texts = new Map(scope.env);
  readEnvironment(step, env, contextsOf(walk, scope));
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
    const read = useAction(step, uses, { env, outputs, id }, job);
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

function useAction(
  step: YamlValue,
  { text: uses = '', place }: YamlValue,
  { env, outputs, id }: { env: Texts; outputs: Texts; id: string },
  job: Job,
): ReturnType<typeof readAction> {
  const { walk, scope } = job;
  const raw = (step.at('with')?.entries() ?? []).map(({ name, value }) => [name, value?.text ?? ''] as const);
  const fill = (own: Job['scope']): Texts => {
    const contexts = contextsOf(walk, own);
    return new Map(raw.map(([name, text]) => [name, resolveText(text, contexts)]));
  };
  const written = fill({ ...scope, env, exported: new Map(), steps: new Map() });
  const inputs = fill({ ...scope, env });
  const action: ActionStep = { place, id, uses, inputs, written, raw: new Map(raw), env, job, outputs };
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
  for (const { name, value } of action.at('outputs')?.entries() ?? [])
    outputs.set(name, resolveText(value?.at('value')?.text ?? '', contextsOf(called, inner.scope)));
  return isRead;
}
