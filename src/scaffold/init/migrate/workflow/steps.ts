import { readYaml, type YamlValue } from '../../../../preflight/yaml-value.js';
import type { Place } from '../../../../lib/errors.js';
import { followIn } from '../commands/commands.js';
import { isKaniko, readKaniko } from '../commands/kaniko.js';
import type { Session } from '../commands/session.js';
import { resolveText, type Contexts } from '../expressions.js';
import { noteLeft } from '../findings.js';
import { pathAt } from '../paths.js';
import { keepingAll } from '../shell/assignments.js';
import { ENV_FILE, OUTPUT_FILE, PRINTED } from '../shell/variables.js';
import { readAction } from './actions.js';
import { contextsOf, mayRun, readEnvironment, withDefaults, type Texts, type Walk } from './contexts.js';
import { readOutputs, readPrinted } from './output-file.js';
import type { ActionStep } from './step.js';

/** Actions that use actions of the repository. */
const DEEPEST = 5;

/** What steps of one job, or of one action, have in common. */
export interface StepSurroundings {
  walk: Walk;
  session: Session;
  env: Texts;
  steps: Map<string, Texts>;
  contexts: Contexts;
  folder: string;
}

export function walkSteps(steps: readonly YamlValue[], around: StepSurroundings): void {
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
  if (isNew && run?.text !== undefined && !onlyComputes(run.text) && !movesCache(run.text))
    noteLeft(
      walk.findings,
      step.place,
      title ?? firstLine(run.text),
      'Keep this step in the new workflow if a release depends on it, before or after the step that releases.',
    );
}

const firstLine = (text: string) => text.trim().split('\n')[0]!;

/** A local cache grows unless the new one takes its place: https://docs.docker.com/build/ci/github-actions/cache/#local-cache */
function movesCache(text: string): boolean {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.every((line) => /^\s*(?:rm|mv)\s.*buildx-cache/.test(line));
}

/** Scripts that only set variables and print. */
function onlyComputes(text: string): boolean {
  return text
    .split('\n')
    .map((line) => line.trim())
    .every(
      (line) =>
        line === '' ||
        (!handsOn(line) &&
          /^(?:#|echo\b|printf\b|export\b|set [-+]|local\b|if\b|then\b|else\b|elif\b|fi\b|\{|\}|[A-Za-z_]\w*\+?=|docker (?:images|ps|info|version|image ls)|ls\b|cat\b|tr\b|cut\b|case\b|esac\b|;;|[^\s()]+\)|mkdir\b|touch\b)/.test(
            line,
          )),
    );
}

/** `echo "$TAGS" | xargs cosign sign`: what is printed goes to a command that does more than print. */
function handsOn(line: string): boolean {
  const programs = [...line.replace(/"[^"]*"|'[^']*'/g, '').matchAll(/(?<!\|)\|\s*(\w[\w-]*)/g)];
  return !programs.every(([, name]) =>
    /^(?:tr|sed|cut|awk|grep|head|tail|tee|base64|sort|uniq|wc|cat|jq|yq|rev|column|sha256sum|md5sum|xargs)$/.test(
      name!,
    ),
  );
}

function runStep(
  run: YamlValue,
  step: YamlValue,
  env: Texts,
  outputs: Texts,
  { session, contexts, folder, ...around }: StepSurroundings,
): void {
  const text = resolveText(run.text!, contexts);
  const isBlock = run.text!.includes('\n');
  const place: Place = {
    file: run.place.file,
    ...(run.place.line !== undefined && { line: run.place.line + (isBlock ? 1 : 0) }),
  };
  const at = pathAt('.', resolveText(step.at('working-directory')?.text ?? folder, contexts));
  const { files } = keepingAll(session.variables, () => {
    for (const [name, value] of env) session.variables.set(name, value);
    return followIn(session, text, { place, folder: at });
  });
  for (const [name, value] of [...readOutputs(files.get(OUTPUT_FILE)), ...readPrinted(files.get(PRINTED))])
    outputs.set(name, value);
  for (const [name, value] of readOutputs(files.get(ENV_FILE))) around.env.set(name, value);
}

function useAction(
  step: YamlValue,
  uses: YamlValue,
  env: Texts,
  outputs: Texts,
  around: StepSurroundings,
): void {
  const { walk, session, contexts } = around;
  const written: Texts = new Map(
    (step.at('with')?.entries() ?? []).map(({ name, value }) => [name, value?.text ?? '']),
  );
  const inputs: Texts = new Map([...written].map(([name, text]) => [name, resolveText(text, contexts)]));
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
    written,
    env,
    exported: around.env,
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
  const called = {
    ...walk,
    place: { file: action.place.file, line: 1 },
    inputs: given,
    depth: walk.depth + 1,
  };
  const contexts = contextsOf(called, { env: around.env, steps: inner });
  walkSteps(steps, { ...around, walk: called, session, steps: inner, contexts, folder: '.' });
  for (const { name, value } of action.at('outputs')?.entries() ?? [])
    outputs.set(name, resolveText(value?.at('value')?.text ?? '', contexts));
}
