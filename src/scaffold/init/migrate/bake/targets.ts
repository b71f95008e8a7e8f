import type { RepositoryFile } from '../../found.js';
import { argumentsWithoutValue, readServices, secretVariables } from './compose.js';
import { combinationsOf, evaluate, type BakeScope } from './evaluate.js';
import { readHcl, type HclBlock } from './hcl.js';

export type Lookup = (name: string) => string | undefined;

/** A target of a bake file, or a service of a compose file that is built, with what it is called. */
export interface ReadTarget {
  name: string;
  /** Repository and tag, as `-t` takes them. */
  references: string[];
  /** Whether its tags come from docker/metadata-action. */
  fromMetadata: boolean;
  /** What compose builds for and bake does not read. */
  platforms: string[];
  profiles: string[];
  /** Whether its own output goes to the registry. */
  pushes: boolean;
}

/**
 * Targets that are released: those that were asked for, else those of the default group, else all services.
 * @param around files of the repository, which compose files may name
 */
export function readTargets(
  files: readonly RepositoryFile[],
  asked: readonly string[],
  lookup: Lookup,
  around: readonly RepositoryFile[] = [],
): ReadTarget[] {
  const composed = readServices(
    files.filter(({ path }) => /\.ya?ml$/.test(path)),
    around,
    lookup,
  );
  const blocks = files.flatMap(({ path, text }) => (/\.ya?ml$/.test(path) ? [] : blocksOf(path, text)));
  if (blocks.length === 0) return composed.filter(({ name }) => asked.length === 0 || asked.includes(name));
  const all = expand(blocks, lookup);
  const groups = new Map(
    blocks
      .filter(({ kind }) => kind === 'group')
      .map(({ name, attributes }) => [
        name,
        evaluate(attributes.get('targets') ?? '[]', scopeOf(blocks, lookup)),
      ]),
  );
  const released = new Set<string>();
  const visit = (name: string, trail: readonly string[]): void => {
    for (const { written, target } of all)
      if (written === name || target.name === name) released.add(target.name);
    if (!trail.includes(name)) groups.get(name)?.forEach((each) => visit(each, [...trail, name]));
  };
  (asked.length > 0 ? asked : ['default']).forEach((name) => visit(name, []));
  return [...all.map(({ target }) => target), ...composed].filter(({ name }) => released.has(name));
}

function blocksOf(path: string, text: string): HclBlock[] {
  return path.endsWith('.json') ? jsonBlocks(text) : readHcl(text);
}

/** The same of a file in JSON, whose texts are HCL's templates. */
function jsonBlocks(text: string): HclBlock[] {
  try {
    const root = JSON.parse(text) as Record<string, Record<string, Record<string, unknown>>>;
    return Object.entries(root).flatMap(([kind, named]) =>
      Object.entries(named).map(([name, fields]) => ({
        kind,
        name,
        attributes: new Map(Object.entries(fields).map(([field, value]) => [field, JSON.stringify(value)])),
      })),
    );
  } catch {
    return [];
  }
}

function scopeOf(blocks: readonly HclBlock[], lookup: Lookup): BakeScope {
  const of = (kind: string) =>
    new Map(blocks.filter((block) => block.kind === kind).map((block) => [block.name, block]));
  const variables = of('variable');
  const open = new Set<string>();
  const scope: BakeScope = {
    variable: (name) => {
      const given = lookup(name);
      const written = variables.get(name)?.attributes.get('default');
      // A default that refers to itself is none.
      if (given !== undefined || open.has(name)) return given;
      if (written === undefined || written === 'null') return variables.has(name) ? '' : undefined;
      open.add(name);
      const [value] = evaluate(written, scope);
      open.delete(name);
      return value;
    },
    list: (name) => {
      const written = variables.get(name)?.attributes.get('default')?.trim();
      return lookup(name) === undefined && written?.startsWith('[') ? written : undefined;
    },
    functions: of('function'),
    names: new Map(),
    depth: 0,
  };
  return scope;
}

/** All targets, those of a matrix one by one. */
function expand(blocks: readonly HclBlock[], lookup: Lookup): { written: string; target: ReadTarget }[] {
  const base = scopeOf(blocks, lookup);
  const targets = new Map<string, Map<string, string>>();
  // A further file is laid over the ones before.
  for (const { kind, name, attributes } of blocks)
    if (kind === 'target') targets.set(name, new Map([...(targets.get(name) ?? []), ...attributes]));
  const ancestors = (name: string, trail: readonly string[]): string[] => {
    if (trail.includes(name)) return [];
    const parents = evaluate(targets.get(name)?.get('inherits') ?? '[]', base);
    return [name, ...parents.toReversed().flatMap((parent) => ancestors(parent, [...trail, name]))];
  };
  return [...targets].flatMap(([written, attributes]) => {
    const line = ancestors(written, []);
    const first = (field: string) =>
      line.map((name) => targets.get(name)?.get(field)).find((text) => text !== undefined);
    const tags = first('tags');
    const output = first('output') ?? '';
    return combinationsOf(attributes.get('matrix'), base).map((names) => {
      const scope = { ...base, names };
      const target: ReadTarget = {
        name: evaluate(attributes.get('name') ?? JSON.stringify(written), scope)[0] ?? written,
        references: tags === undefined ? [] : evaluate(tags, scope).filter((text) => text !== ''),
        fromMetadata: line.includes('docker-metadata-action'),
        platforms: [],
        profiles: [],
        pushes: /type=registry|push=true/.test(output),
      };
      return { written, target };
    });
  });
}

/** Variables that are used for something else than tags: the release needs them too. */
export function variablesBesideTags(files: readonly RepositoryFile[]): string[] {
  const names = files.flatMap(({ path, text }) => {
    if (/\.ya?ml$/.test(path)) {
      const filled = [
        ...text.replace(/:\$(?:\{[^}]*\}|\w+)/g, '').matchAll(/(?<!\$)\$\{?([A-Za-z_]\w*)/g),
        // Without them the file can't be read.
        ...text.matchAll(/\$\{(\w+):?\?/g),
      ].map(([, name]) => name!);
      return [...filled, ...argumentsWithoutValue(text)];
    }
    const blocks = blocksOf(path, text);
    const variables = blocks.flatMap(({ kind, name }) =>
      kind === 'variable' && /^\w+$/.test(name) ? name : [],
    );
    const used = blocks.flatMap(({ kind, attributes }) =>
      kind === 'target'
        ? [...attributes].flatMap(([name, value]) => (name === 'tags' ? named(value, blocks) : value))
        : [],
    );
    return variables.filter((name) => used.some((value) => new RegExp(`\\b${name}\\b`).test(value)));
  });
  return [...new Set(names)];
}

/** Variables that build secrets are taken from. */
export function variablesOfSecrets(files: readonly RepositoryFile[]): string[] {
  const names = files.flatMap(({ path, text }) =>
    /\.ya?ml$/.test(path)
      ? secretVariables(text)
      : blocksOf(path, text).flatMap(({ attributes }) => namesOfSecrets(attributes.get('secret') ?? '')),
  );
  return [...new Set(names)];
}

/** `["id=npm,env=NPM_TOKEN"]`: what secrets are taken from. */
function namesOfSecrets(list: string): string[] {
  return [...list.matchAll(/\benv["']?\s*[=:]\s*["']?(\w+)/g)].map(([, name]) => name!);
}

/** Of tags the part that names the image counts, functions that it calls included. */
function named(tags: string, blocks: readonly HclBlock[]): string[] {
  const called = blocks.filter(({ kind, name }) => kind === 'function' && tags.includes(`${name}(`));
  const texts = [tags, ...called.map(({ attributes }) => attributes.get('result') ?? '')];
  return texts.map((text) => text.replace(/:\$\{(?:[^{}]|\{[^{}]*\})*\}/g, ''));
}
