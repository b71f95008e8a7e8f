import { posix } from 'node:path';
import { readYaml, type YamlValue } from '../../../preflight/yaml-value.js';
import type { RepositoryFile } from '../found.js';
import { fillVariables } from './bake/targets.js';
import { newBuild, type Build } from './build.js';
import { pathAt } from './paths.js';

/** Files with variables that a compose file needs and the repository has not: no release can read it then. */
export function missingEnvFiles(file: RepositoryFile, paths: readonly string[]): string[] {
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

/** The services of a compose file as builds of their own, for where bake can not read the file. */
export function buildsOfServices(file: RepositoryFile, names: readonly string[]): Build[] {
  const folder = posix.dirname(file.path);
  return servicesOf(file)
    .filter(({ name }) => names.includes(name))
    .map(({ name, place, value }) => {
      const textAt = (...keys: string[]) => {
        const text = value?.at(...keys)?.text;
        return text === undefined ? undefined : fillVariables(text, () => undefined);
      };
      const target = textAt('build', 'target');
      const image = textAt('image');
      const context = pathAt(folder, textAt('build') ?? textAt('build', 'context') ?? '.');
      return {
        ...newBuild(place, 'docker compose', 'default-branch'),
        key: name,
        published: 'yes',
        context,
        dockerfile: pathAt(context, textAt('build', 'dockerfile') ?? 'Dockerfile'),
        args: argumentsOf(value?.at('build', 'args')),
        references: image === undefined ? [] : [image],
        ...(target !== undefined && { target }),
      };
    });
}

/** `NAME: value`, or `- NAME=value`; one without a value is taken from the environment. */
function argumentsOf(args: YamlValue | undefined): Record<string, string> {
  const pairs = [
    ...(args?.entries() ?? []).map(({ name, value }) => [name, value?.text] as const),
    ...(args?.items() ?? []).map(({ text = '' }) => {
      const at = text.indexOf('=');
      return at < 0 ? ([text, undefined] as const) : ([text.slice(0, at), text.slice(at + 1)] as const);
    }),
  ];
  return Object.fromEntries(
    pairs.map(([name, value]) => [name, fillVariables(value ?? `\${${name}}`, () => undefined)]),
  );
}

function servicesOf(file: RepositoryFile) {
  return readYaml(file)[0]?.at('services')?.entries() ?? [];
}
