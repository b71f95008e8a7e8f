import { readYaml, type YamlValue } from '../../../../preflight/yaml-value.js';
import { below } from '../findings.js';
import { fillHoles, hole } from '../holes.js';
import { textOf } from '../shell/variables.js';
import { bindingsOf, fill } from './manifest-parameters.js';
import { isKaniko, readKaniko } from './kaniko.js';
import type { Command } from './session.js';

/** Containers of any manifest that run Kaniko's executor: pods, jobs, workflows of Argo and Tekton's tasks. */
export function readKanikoManifests(
  text: string,
  command: Pick<Command, 'place' | 'session' | 'call'>,
): void {
  const { place, session, call } = command;
  for (const document of readYaml({ path: place.file, text }))
    for (const container of containersIn(document)) {
      const words = [...listOf(container.at('command')).slice(1), ...listOf(container.at('args'))];
      for (const binding of bindingsOf(document, container, session.repository))
        readKaniko(
          // A list that is handed over whole is empty by default.
          words
            .filter((word) => word !== '/kaniko/executor' && !/^\$\(.*\[\*\]\)$/.test(word))
            .map((word) => filledIn(fill(word, binding), command)),
          { session, folder: call.folder, place: below(place, (container.place.line ?? 1) - 1) },
        );
    }
}

/** `${TAG}` and `$TAG` are envsubst's, `$(params.image)` Tekton's, `{{inputs.parameters.tag}}` Argo's. */
function filledIn(word: string, { session }: Pick<Command, 'session'>): string {
  const open = word
    .replace(/\$\{(\w+)\}|\$(?!\{)(\w+)/g, (_, braced: string | undefined, bare: string | undefined) =>
      hole(`$${braced ?? bare ?? ''}`),
    )
    .replace(/(?<!\$)\{\{(.*?)\}\}/g, (_, name: string) => hole(name))
    .replace(/\$\(([\w.-]+)\)/g, (whole) => hole(whole));
  return fillHoles(open, (name) =>
    name.startsWith('$') ? textOf(session.variables.get(name.slice(1))) : undefined,
  );
}

function listOf(value: YamlValue | undefined): string[] {
  return (value?.items() ?? []).flatMap(({ text }) => (text === undefined ? [] : [text]));
}

function containersIn(value: YamlValue): YamlValue[] {
  const image = value.at('image')?.text;
  if (image !== undefined && isKaniko(image) && value.at('args') !== undefined) return [value];
  return [
    ...value.items(),
    ...value.entries().flatMap((entry) => (entry.value ? [entry.value] : [])),
  ].flatMap(containersIn);
}
