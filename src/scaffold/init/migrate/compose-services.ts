import { posix } from 'node:path';
import { readYaml, type YamlValue } from '../../../preflight/yaml-value.js';
import type { RepositoryFile } from '../found.js';
import { fillVariables } from './bake/compose.js';
import type { Lookup } from './bake/targets.js';
import { newBuild, type Build } from './build.js';
import { noteLeft, type Findings } from './findings.js';
import { pathAt } from './paths.js';
import type { Scenario } from './scenarios.js';

/** Files with variables that a compose file needs and the repository has not: no release can read it then. */
function missingEnvFiles(file: RepositoryFile, paths: readonly string[]): string[] {
  const folder = posix.dirname(file.path);
  const named = servicesOf(file).flatMap(({ value }) => {
    const written = value?.at('env_file');
    return written === undefined ? [] : [written, ...written.items()].flatMap(requiredPath);
  });
  return [...new Set(named.map((path) => pathAt(folder, path)))].filter((path) => !paths.includes(path));
}

/** `.env`, or `{ path: .env, required: false }`. */
function requiredPath(value: YamlValue): string[] {
  if (value.text !== undefined) return [value.text];
  const path = value.at('path')?.text;
  return path === undefined || value.at('required')?.text === 'false' ? [] : [path];
}

/** Why bake can not stand in for compose with this file; undefined: it can. */
export function unfitForBake(file: RepositoryFile, paths: readonly string[]): string | undefined {
  const folder = posix.dirname(file.path);
  if (folder !== '.') return `bake reads its paths from the root of the repository, and it lies in ${folder}`;
  const missing = missingEnvFiles(file, paths);
  return missing.length === 0
    ? undefined
    : `without ${missing.join(', ')}, which git has not, bake can not read it`;
}

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

/** The services of a compose file as builds of their own, for where bake can not read the file. */
export function serviceBuilds(
  findings: Findings,
  file: RepositoryFile,
  names: readonly string[],
  { scenario, lookup, published }: { scenario: Scenario; lookup: Lookup; published: 'yes' | 'no' },
): Build[] {
  const folder = posix.dirname(file.path);
  const fill = (text: string | undefined) => (text === undefined ? undefined : fillVariables(text, lookup));
  const services = servicesOf(file).filter(({ name, value }) =>
    names.length > 0 ? names.includes(name) : value?.at('build') !== undefined,
  );
  return services.flatMap(({ name, place, value }) => {
    const build = value?.at('build');
    if (build === undefined) return [];
    const [target, image] = [fill(build.at('target')?.text), fill(value?.at('image')?.text)];
    const context = contextAt(folder, fill(build.text ?? build.at('context')?.text) ?? '.');
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
      dockerfile: pathAt(context, fill(build.at('dockerfile')?.text) ?? 'Dockerfile'),
      args: pairsOf(build.at('args'), lookup),
      labels: pairsOf(build.at('labels'), lookup),
      contexts: Object.fromEntries(
        Object.entries(pairsOf(build.at('additional_contexts'), lookup)).map(([key, source]) => [
          key,
          contextAt(folder, source),
        ]),
      ),
      platforms: (build.at('platforms')?.items() ?? []).flatMap(({ text }) => fill(text) ?? []),
      noCache: build.at('no_cache')?.text === 'true',
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

function servicesOf(file: RepositoryFile) {
  return readYaml(file)[0]?.at('services')?.entries() ?? [];
}
