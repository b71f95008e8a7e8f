import type { TextFile } from '../facts/build-files-checkout.js';
import type { Place } from '../lib/errors.js';
import { readYaml, type YamlValue } from '../lib/yaml-value.js';

/** A container of a pod, reduced to what the checks need. */
export interface Container {
  /** Repository references without tag that it may run: as written, and as Kustomizations of this checkout rename it. */
  images: string[];
  /** Its variables, including those from ConfigMaps, with the places that set them. */
  variables: { name: string; place: Place }[];
}

/** The containers of all manifests; unreadable files have none. */
export function containersOf(manifests: readonly TextFile[]): Container[] {
  const documents = manifests.flatMap(readYaml);
  const renames = documents.flatMap(renamesOf);
  const maps = documents.flatMap(configMapsOf);
  return documents.flatMap(podContainers).map((container) => ({
    images: imageNames(container.at('image')?.text ?? '', renames),
    variables: variablesOf(container, maps),
  }));
}

function imageNames(written: string, renames: readonly { name: string; newName: string }[]): string[] {
  // A colon before a slash belongs to the registry's port.
  const name = written.replace(/@.*$/s, '').replace(/:[^/]*$/, '');
  if (name === '') return [];
  return [name, ...renames.filter((rename) => rename.name === name).map(({ newName }) => newName)];
}

function podContainers(document: YamlValue): YamlValue[] {
  const spec =
    document.at('spec', 'template', 'spec') ??
    document.at('spec', 'jobTemplate', 'spec', 'template', 'spec') ??
    document.at('spec');
  return ['initContainers', 'containers'].flatMap((list) => spec?.at(list)?.items() ?? []);
}

function renamesOf(document: YamlValue): { name: string; newName: string }[] {
  return (document.at('images')?.items() ?? []).flatMap((image) => {
    const [name, newName] = [image.at('name')?.text, image.at('newName')?.text];
    return name !== undefined && newName !== undefined ? [{ name, newName }] : [];
  });
}

interface ConfigMap extends Pick<Container, 'variables'> {
  name: string;
}

function configMapsOf(document: YamlValue): ConfigMap[] {
  const name = document.at('metadata', 'name')?.text;
  const own =
    document.at('kind')?.text === 'ConfigMap' && name !== undefined
      ? [{ name, variables: document.at('data')?.entries() ?? [] }]
      : [];
  const generated = (document.at('configMapGenerator')?.items() ?? []).map((generator) => ({
    name: generator.at('name')?.text ?? '',
    variables: (generator.at('literals')?.items() ?? []).map(({ text = '', place }) => ({
      name: text.split('=')[0]!,
      place,
    })),
  }));
  return [...own, ...generated];
}

function variablesOf(container: YamlValue, maps: readonly ConfigMap[]): Container['variables'] {
  const direct = (container.at('env')?.items() ?? []).flatMap((variable) => {
    const name = variable.at('name')?.text;
    return name === undefined ? [] : [{ name, place: variable.place }];
  });
  const referred = (container.at('envFrom')?.items() ?? []).flatMap((source) => {
    const name = source.at('configMapRef', 'name')?.text;
    return maps.filter((map) => map.name === name).flatMap(({ variables }) => variables);
  });
  return [...direct, ...referred];
}
