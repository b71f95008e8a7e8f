import { posix } from 'node:path';
import type { Place } from '../../../lib/errors.js';
import { readYaml, type YamlValue } from '../../../preflight/yaml-value.js';
import type { RepositoryFile } from '../found.js';
import { fillVariables } from './bake/compose.js';
import type { Lookup } from './bake/targets.js';
import { newBuild, type Build } from './build.js';
import { noteLeft, type Findings } from './findings.js';
import { pathAt } from './paths.js';
import type { Scenario } from './scenarios.js';

/** A service, as each of the files has it, in their order. */
interface Service {
  name: string;
  place: Place;
  values: YamlValue[];
}

/** Files with variables that compose files need and the repository has not: no release can read them then. */
function missingEnvFiles(files: readonly RepositoryFile[], paths: readonly string[]): string[] {
  const named = servicesOf(files).flatMap(({ values }) =>
    all(values, 'env_file').flatMap((written) => [written, ...written.items()].flatMap(requiredPath)),
  );
  const folder = folderOf(files);
  return [...new Set(named.map((path) => pathAt(folder, path)))].filter((path) => !paths.includes(path));
}

/** `.env`, or `{ path: .env, required: false }`. */
function requiredPath(value: YamlValue): string[] {
  if (value.text !== undefined) return [value.text];
  const path = value.at('path')?.text;
  return path === undefined || value.at('required')?.text === 'false' ? [] : [path];
}

/** Why bake can not stand in for compose with these files; undefined: it can. */
export function unfitForBake(files: readonly RepositoryFile[], paths: readonly string[]): string | undefined {
  const folder = folderOf(files);
  if (folder !== '.') return `bake reads its paths from the root of the repository, and it lies in ${folder}`;
  const missing = missingEnvFiles(files, paths);
  return missing.length === 0
    ? undefined
    : `without ${missing.join(', ')}, which git has not, bake can not read it`;
}

/** Compose sees paths from where the first file lies. */
const folderOf = ([first]: readonly RepositoryFile[]) => posix.dirname(first?.path ?? '.');

/** What of `build` an image says, too. */
const CARRIED = [
  'context',
  'dockerfile',
  'target',
  'args',
  'platforms',
  'labels',
  'additional_contexts',
  'no_cache',
];

/** The services of compose files, laid over one another, as builds of their own, for where bake can not read them. */
export function serviceBuilds(
  findings: Findings,
  files: readonly RepositoryFile[],
  names: readonly string[],
  { scenario, lookup, published }: { scenario: Scenario; lookup: Lookup; published: 'yes' | 'no' },
): Build[] {
  const folder = folderOf(files);
  for (const file of files)
    for (const included of readYaml(file)[0]?.at('include')?.items() ?? [])
      withhold(
        findings,
        included.place,
        `include of ${file.path}`,
        'Services of other files are not read there: say them under `images`.',
      );
  const services = servicesOf(files).filter(({ name }) => names.length === 0 || names.includes(name));
  return services.flatMap(({ name, place, values }) => {
    for (const written of all(values, 'extends'))
      withhold(
        findings,
        written.place,
        `extends of the service ${name}`,
        'What it takes from there is not read: say it under `images`.',
      );
    const builds = all(values, 'build');
    if (builds.length === 0) return [];
    const textOf = (from: readonly YamlValue[], key: string) => {
      const text = all(from, key).at(-1)?.text;
      return text === undefined ? undefined : fillVariables(text, lookup);
    };
    const pairs = (key: string): Record<string, string> =>
      Object.assign({}, ...all(builds, key).map((each) => pairsOf(each, lookup))) as Record<string, string>;
    const [target, image] = [textOf(builds, 'target'), textOf(values, 'image')];
    const contexts = builds.flatMap((build) => build.text ?? build.at('context')?.text ?? []);
    const context = contextAt(folder, fillVariables(contexts.at(-1) ?? '.', lookup));
    for (const build of builds)
      for (const entry of build.entries().filter((each) => !CARRIED.includes(each.name)))
        noteLeft(
          findings,
          entry.place,
          `${entry.name} of the service ${name}`,
          'Say it under `images`, if there is a key for it.',
        );
    return {
      ...newBuild(place, 'docker compose', scenario),
      key: name,
      // Compose pushes nothing that has no name.
      published: image === undefined ? 'no' : published,
      context,
      dockerfile: pathAt(context, textOf(builds, 'dockerfile') ?? 'Dockerfile'),
      args: pairs('args'),
      labels: pairs('labels'),
      contexts: Object.fromEntries(
        Object.entries(pairs('additional_contexts')).map(([key, source]) => [key, contextAt(folder, source)]),
      ),
      platforms: all(builds, 'platforms').flatMap((list) =>
        list.items().flatMap(({ text }) => (text === undefined ? [] : fillVariables(text, lookup))),
      ),
      noCache: textOf(builds, 'no_cache') === 'true',
      references: image === undefined ? [] : [image],
      ...(target !== undefined && { target }),
    };
  });
}

const contextAt = (folder: string, source: string) =>
  /^[a-z][a-z0-9+.-]*:|^git@/i.test(source) ? source : pathAt(folder, source);

/** `NAME: value`, or `- NAME=value`; one without a value is taken from the environment. */
function pairsOf(args: YamlValue | undefined, lookup: Lookup): Record<string, string> {
  const pairs = [
    ...(args?.entries() ?? []).map(({ name, value }) => [name, value?.text] as const),
    ...(args?.items() ?? []).map(({ text = '' }) => {
      const at = text.indexOf('=');
      return at < 0 ? ([text, undefined] as const) : ([text.slice(0, at), text.slice(at + 1)] as const);
    }),
  ];
  return Object.fromEntries(
    pairs.map(([name, value]) => [name, fillVariables(value ?? `\${${name}}`, lookup)]),
  );
}

function servicesOf(files: readonly RepositoryFile[]): Service[] {
  const services = new Map<string, Service>();
  for (const file of files)
    for (const { name, place, value } of readYaml(file)[0]?.at('services')?.entries() ?? []) {
      const service = services.get(name) ?? { name, place, values: [] };
      if (value !== undefined) service.values.push(value);
      services.set(name, service);
    }
  return [...services.values()];
}

/** What each of them has under a key. */
function all(values: readonly YamlValue[], key: string): YamlValue[] {
  return values.flatMap((value) => value.at(key) ?? []);
}

/** Where it is all that a workflow builds, it has to be told of all the same. */
function withhold(findings: Findings, place: Place, what: string, advice: string): void {
  noteLeft(findings, place, what, advice);
  findings.withheld.push(place);
}
