import { readYaml } from '../../../../preflight/yaml-value.js';
import { readTargets } from '../bake/targets.js';
import { noteReplaced } from '../findings.js';
import { pathAt } from '../paths.js';
import { textOf } from '../shell/variables.js';
import { bakeFilesIn } from '../bake/files.js';
import { inputOf, itemsOf, type ActionStep } from './step.js';

/** https://github.com/dorny/paths-filter#outputs: `changes` lists the filters, which a matrix is made of. */
export function readPathsFilter(step: ActionStep): void {
  const { session, outputs } = step;
  session.touched += 1;
  session.compares = true;
  noteReplaced(session.findings, step.place, step.uses, '`skip-unchanged`: what did not change is not built');
  const written = inputOf(step, 'filters') ?? '';
  const file = written.includes('\n')
    ? undefined
    : session.repository.files.find(({ path }) => path === pathAt('.', written));
  const [filters] = readYaml(file ?? { path: step.place.file, text: written });
  if (filters === undefined) return;
  // A release compares by itself, so that all of them count as changed.
  outputs.set('changes', JSON.stringify(filters.entries().map(({ name }) => name)));
}

/**
 * Targets of bake files as a matrix: https://github.com/docker/bake-action/tree/master/subaction/matrix,
 * …/subaction/list-targets
 */
export function readBakeTargets(step: ActionStep): void {
  const { session, outputs } = step;
  session.touched += 1;
  const base = pathAt('.', inputOf(step, 'workdir') ?? '.');
  const named = itemsOf(inputOf(step, 'files')).map((file) => pathAt(base, file));
  const paths = named.length > 0 ? named : bakeFilesIn(session.repository.paths, base);
  const files = paths.flatMap((path) => session.repository.files.filter((file) => file.path === path));
  const variables = new Map([...session.variables, ...step.env]);
  const asked = itemsOf(inputOf(step, 'target')).filter((target) => target !== 'default');
  const targets = readTargets(files, asked, (name) => textOf(variables.get(name)), session.repository.files);
  const names = targets.map(({ name }) => name);
  outputs.set('targets', JSON.stringify(names));
  // Of each platform there is a job then, and only bake knows them.
  if (inputOf(step, 'fields') === undefined)
    outputs.set('matrix', JSON.stringify(names.map((target) => ({ target }))));
}
