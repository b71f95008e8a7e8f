import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments, type Document } from 'yaml';
import type { TextFile } from '../facts/build-files-checkout.js';
import type { Place } from '../lib/errors.js';

/** A container of a pod, as far as the checks ask for it. */
export interface Container {
  /** Repository references without tag that it may run: as written, and as Kustomizations of this checkout rename it. */
  images: string[];
  /** Variables that it gets, each with the place that sets it; those of its ConfigMaps too. */
  variables: { name: string; place: Place }[];
  probe: 'set' | 'none';
  place: Place;
}

/** A value of a YAML file with its place. */
interface Value {
  place: Place;
  text?: string;
  at(...keys: string[]): Value | undefined;
  items(): Value[];
  /** Of a map, in order. */
  keys(): { name: string; place: Place }[];
}

/** The containers of all manifests. What can't be read is nobody's. */
export function containersOf(manifests: readonly TextFile[]): Container[] {
  const documents = manifests.flatMap(readDocuments);
  const renames = documents.flatMap(renamesOf);
  const maps = documents.flatMap(configMapsOf);
  return documents.flatMap((document) => podContainers(document)).map((container) => ({
    place: container.place,
    images: imageNames(container.at('image')?.text ?? '', renames),
    variables: variablesOf(container, maps),
    probe: ['readinessProbe', 'livenessProbe', 'startupProbe'].some((name) => container.at(name)) ? 'set' : 'none',
  }));
}

function imageNames(written: string, renames: readonly { name: string; newName: string }[]): string[] {
  const name = withoutTag(written);
  if (name === '') return [];
  return [name, ...renames.filter((rename) => rename.name === name).map(({ newName }) => newName)];
}

/** A colon before a slash belongs to the registry's port. */
function withoutTag(reference: string): string {
  return reference.replace(/@.*$/s, '').replace(/:[^/]*$/, '');
}

function podContainers(document: Value): Value[] {
  const spec =
    document.at('spec', 'template', 'spec') ??
    document.at('spec', 'jobTemplate', 'spec', 'template', 'spec') ??
    document.at('spec');
  return ['initContainers', 'containers'].flatMap((list) => spec?.at(list)?.items() ?? []);
}

function renamesOf(document: Value): { name: string; newName: string }[] {
  return (document.at('images')?.items() ?? []).flatMap((image) => {
    const [name, newName] = [image.at('name')?.text, image.at('newName')?.text];
    return name !== undefined && newName !== undefined ? [{ name, newName }] : [];
  });
}

interface ConfigMap {
  name: string;
  variables: { name: string; place: Place }[];
}

function configMapsOf(document: Value): ConfigMap[] {
  const name = document.at('metadata', 'name')?.text;
  const own =
    document.at('kind')?.text === 'ConfigMap' && name !== undefined
      ? [{ name, variables: document.at('data')?.keys() ?? [] }]
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

function variablesOf(container: Value, maps: readonly ConfigMap[]): Container['variables'] {
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

function readDocuments({ path, text }: TextFile): Value[] {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, {
    schema: 'failsafe',
    uniqueKeys: false,
    strict: false,
    prettyErrors: false,
    logLevel: 'silent',
    lineCounter: lines,
  });
  if (!Array.isArray(parsed)) return [];
  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file: path, line, column: col };
  };
  return parsed.flatMap((document) =>
    document.errors.length === 0 && isMap(document.contents) ? [valueIn(document, document.contents, placeOf)] : [],
  );
}

function valueIn(document: Document.Parsed, node: unknown, placeOf: (offset: number) => Place): Value {
  const resolved = isAlias(node) ? node.resolve(document) : node;
  const placeOfNode = (of: unknown) => placeOf((of as { range?: [number] } | null)?.range?.[0] ?? 0);
  return {
    place: placeOfNode(node),
    text: isScalar(resolved) ? String(resolved.value) : undefined,
    at(key, ...rest) {
      if (key === undefined) return this;
      const pair = isMap(resolved) ? resolved.items.find((item) => isScalar(item.key) && item.key.value === key) : undefined;
      return pair?.value ? valueIn(document, pair.value, placeOf).at(...rest) : undefined;
    },
    items: () => (isSeq(resolved) ? resolved.items.map((item) => valueIn(document, item, placeOf)) : []),
    keys: () =>
      isMap(resolved)
        ? resolved.items.flatMap(({ key }) =>
            isScalar(key) ? [{ name: String(key.value), place: placeOfNode(key) }] : [],
          )
        : [],
  };
}
