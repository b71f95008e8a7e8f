import { parseAllDocuments } from 'yaml';
import { isMap, splitVersion } from './image-fields.js';
import { fieldOf } from './kustomization-file.js';

/** A resource on its way through the Kustomizations. */
export interface Resource {
  data: Record<string, unknown>;
  /** Names that it had and has, the first and the last in that order: patches find it by any of them. */
  names: string[];
  namespaces: string[];
}

/** Which resources a patch is for, as kustomize's Selector. */
export type Selector = Partial<
  Record<'group' | 'version' | 'kind' | 'name' | 'namespace' | 'labelSelector' | 'annotationSelector', string>
>;

/** The documents of a YAML text that are maps; undefined when it can not be read. */
export function readDocuments(yaml: string): Record<string, unknown>[] | undefined {
  const values = readYaml(yaml);
  return values?.every((value) => isMap(value) || value === null)
    ? values.flatMap((value) => (isMap(value) ? [value] : []))
    : undefined;
}

/** All documents of a text; undefined when it is not YAML. */
export function readYaml(yaml: string): unknown[] | undefined {
  // kustomize's parser takes YAML 1.1; of it, nothing but null matters to images.
  const stream = parseAllDocuments(yaml, {
    ...{ merge: true, uniqueKeys: false, strict: false, logLevel: 'silent', prettyErrors: false },
  });
  if (!Array.isArray(stream)) return [];
  return stream.some(({ errors }) => errors.length > 0)
    ? undefined
    : stream.map((document) => (document.toJS({ maxAliasCount: -1 }) as unknown) ?? null);
}

/** Resources of a file, lists taken apart. */
export function resourcesOf(documents: readonly Record<string, unknown>[]): Resource[] {
  return documents.flatMap((data): Resource[] => {
    const items = data.items;
    if (String(data.kind).endsWith('List') && Array.isArray(items))
      return resourcesOf((items as unknown[]).filter(isMap));
    return [{ data, names: [textAt(data, 'name')], namespaces: [textAt(data, 'namespace')] }];
  });
}

/** Those that a selector means: every part that it has is a pattern for the whole. */
export function selectResources(resources: readonly Resource[], selector: Selector): Resource[] {
  return resources.filter(({ data, names, namespaces }) => {
    const [group, version] = splitVersion(wordOf(data.apiVersion));
    return (
      fits(selector.group, [group]) &&
      fits(selector.version, [version]) &&
      fits(selector.kind, [String(data.kind)]) &&
      fits(selector.name, [names[0]!, names.at(-1)!]) &&
      fits(selector.namespace, [namespaces[0] || 'default', namespaces.at(-1) || 'default']) &&
      carries(fieldOf(data.metadata, 'labels'), selector.labelSelector) &&
      carries(fieldOf(data.metadata, 'annotations'), selector.annotationSelector)
    );
  });
}

/** Those that a strategic merge patch names in its own head. */
export function namesakes(resources: readonly Resource[], patch: Record<string, unknown>): Resource[] {
  const name = textAt(patch, 'name');
  const namespace = textAt(patch, 'namespace') || 'default';
  return resources.filter(
    ({ data, names, namespaces }) =>
      data.kind === patch.kind &&
      String(data.apiVersion) === String(patch.apiVersion) &&
      names.includes(name) &&
      namespaces.some((own) => (own || 'default') === namespace),
  );
}

function fits(pattern: string | undefined, values: readonly string[]): boolean {
  if (pattern === undefined || pattern === '') return true;
  const whole = new RegExp(`^(?:${pattern})$`);
  return values.some((value) => whole.test(value));
}

/** `a=b,c!=d,e,!f,g in (h,i)`: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#api */
function carries(labels: unknown, selector: string | undefined): boolean {
  if (selector === undefined || selector === '') return true;
  const own = isMap(labels) ? labels : {};
  return selector.split(/,(?![^(]*\))/).every((part) => {
    const set = /^\s*(\S+)\s+(in|notin)\s*\(([^)]*)\)\s*$/.exec(part);
    if (set) {
      const values = set[3]!.split(',').map((value) => value.trim());
      return values.includes(String(own[set[1]!])) === (set[2] === 'in');
    }
    const [, key = '', operator, value] = /^\s*([^=!\s]+)\s*(==?|!=)\s*(\S*)\s*$/.exec(part) ?? [];
    if (operator !== undefined) return (wordOf(own[key]) === value) === (operator !== '!=');
    const name = part.trim();
    return name.startsWith('!') ? !(name.slice(1).trim() in own) : name in own;
  });
}

function textAt(data: Record<string, unknown>, key: string): string {
  return wordOf(fieldOf(data.metadata, key));
}

/** A scalar as text; empty for anything else. */
function wordOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : '';
}
