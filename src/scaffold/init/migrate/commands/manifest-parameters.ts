import { readYaml, type YamlValue } from '../../../../preflight/yaml-value.js';
import type { Repository } from '../../found.js';
import { hole } from '../holes.js';
import { WORKSPACE } from '../scenarios.js';

/** What parameters of a manifest stand for, by the name that they are used with: `params.IMAGE`, `item`. */
export type Binding = ReadonlyMap<string, string>;

/**
 * The ways in which a container is run: a task of Tekton by those that refer to it, a template of Argo by the steps that
 * call it, one for each item. One way with nothing known where nobody says.
 */
export function bindingsOf(document: YamlValue, container: YamlValue, repository: Repository): Binding[] {
  const kind = document.at('kind')?.text ?? '';
  const bindings =
    kind === 'Task' || kind === 'ClusterTask'
      ? ofTask(document, repository)
      : /Workflow/.test(kind)
        ? ofTemplate(document, container, repository)
        : [];
  return bindings.length > 0 ? bindings : [new Map()];
}

/** https://tekton.dev/docs/pipelines/tasks/#specifying-parameters */
function ofTask(task: YamlValue, repository: Repository): Binding[] {
  const name = task.at('metadata', 'name')?.text;
  const defaults = named(task.at('spec', 'params'), 'default', 'params.', repository);
  const callers = repository.files
    .filter(({ path, text }) => /\.ya?ml$/.test(path) && text.includes('taskRef'))
    .flatMap((file) => readYaml(file))
    .flatMap((document) =>
      within(document, (value) => value.at('taskRef', 'name')?.text === name).map((call) => {
        const around = named(document.at('spec', 'params'), 'default', 'params.', repository);
        const given = named(call.at('params'), 'value', 'params.', repository);
        return new Map([...defaults, ...[...given].map(([key, text]) => [key, fill(text, around)] as const)]);
      }),
    );
  return callers.length > 0 ? callers : [defaults];
}

/** https://argo-workflows.readthedocs.io/en/latest/variables/ */
function ofTemplate(workflow: YamlValue, container: YamlValue, repository: Repository): Binding[] {
  const templates = workflow.at('spec', 'templates')?.items() ?? [];
  const isOwn = (value: YamlValue) =>
    value.place.line === container.place.line && value.at('image') !== undefined;
  const own = templates.find((template) => within(template, isOwn).length > 0);
  const name = own?.at('name')?.text;
  const general = named(
    workflow.at('spec', 'arguments', 'parameters'),
    'value',
    'workflow.parameters.',
    repository,
  );
  const defaults = named(own?.at('inputs', 'parameters'), 'value', 'inputs.parameters.', repository);
  const calls = templates.flatMap((template) =>
    within(template, (value) => name !== undefined && value.at('template')?.text === name),
  );
  const ways = calls.flatMap((call) => {
    const given = named(call.at('arguments', 'parameters'), 'value', 'inputs.parameters.', repository);
    const items = call.at('withItems')?.items() ?? [];
    return (items.length > 0 ? items.map(itemOf) : [new Map<string, string>()]).map((item) => {
      const known = new Map([...general, ...item]);
      return new Map([
        ...known,
        ...defaults,
        ...[...given].map(([key, text]) => [key, fill(text, known)] as const),
      ]);
    });
  });
  return ways.length > 0 ? ways : [new Map([...general, ...defaults])];
}

function itemOf(item: YamlValue): Map<string, string> {
  if (item.text !== undefined) return new Map([['item', item.text]]);
  return new Map(item.entries().map(({ name, value }) => [`item.${name}`, value?.text ?? '']));
}

/** Parameters of a list by name; a branch that is built by default stands for whichever is built. */
function named(
  list: YamlValue | undefined,
  field: string,
  prefix: string,
  { defaultBranch }: Repository,
): Map<string, string> {
  const found = (list?.items() ?? []).flatMap((item) => {
    const [name, text] = [item.at('name')?.text, item.at(field)?.text];
    if (name === undefined || text === undefined) return [];
    const isBranch = text === defaultBranch && /rev|branch|ref|tag|version/i.test(name);
    return [[`${prefix}${name}`, isBranch ? hole('branch') : text] as const];
  });
  return new Map(found);
}

/** `$(params.image)` of Tekton, `{{inputs.parameters.tag}}` of Argo. */
export function fill(text: string, binding: Binding): string {
  return text
    .replace(/\$\((?:inputs\.)?(params\.[\w.-]+)\)/g, (whole, name: string) => binding.get(name) ?? whole)
    .replace(/\$\(workspaces\.[\w-]+\.path\)/g, WORKSPACE)
    .replace(/(?<!\$)\{\{\s*([\w.-]+)\s*\}\}/g, (whole, name: string) => binding.get(name) ?? whole);
}

function within(value: YamlValue, matches: (value: YamlValue) => boolean): YamlValue[] {
  const inside = [...value.items(), ...value.entries().flatMap((entry) => entry.value ?? [])];
  return [...(matches(value) ? [value] : []), ...inside.flatMap((each) => within(each, matches))];
}
