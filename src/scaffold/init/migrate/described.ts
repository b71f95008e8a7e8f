import type { Place } from '../../../lib/errors.js';
import { readYaml, type YamlValue } from '../../../preflight/yaml-value.js';
import { isDockerfile } from '../dockerfiles.js';
import type { FoundBake, Repository } from '../found.js';
import { affixOf, FOR_DEVELOPERS } from '../image-keys.js';
import { unfitForBake } from './compose-services.js';

const COMPOSE = /(?:^|\/)(?:docker-)?compose(?:\.[\w-]+)?\.ya?ml$/;
const BAKE = /(?:^|\/)docker-bake(?:\.[\w-]+)?\.(?:hcl|json)$/;

/** Files that describe builds whether or not something runs them. */
export interface Described extends FoundBake {
  kind: 'bake' | 'compose';
  /** Of a compose file: services that are built to develop with. */
  developing: { place: Place; name: string }[];
  /** Why bake can not read it. */
  unfit?: string;
}

/** Bake files first, then compose files with services that are built; the ones nearest to the root come first. */
export function describedBuilds({ files, paths }: Repository): Described[] {
  const depth = (path: string) => path.split('/').length;
  const byDepth = [...files].sort((a, b) => depth(a.path) - depth(b.path) || a.path.length - b.path.length);
  const bakes = byDepth
    .filter(({ path }) => BAKE.test(path) && !path.includes('.override.'))
    .map(({ path }): Described => ({
      kind: 'bake',
      developing: [],
      place: { file: path, line: 1 },
      by: 'docker buildx bake',
      files: withOverride(path, files),
      targets: [],
      tags: [],
      flavor: [],
      released: [],
      overlays: {},
    }));
  const composes = byDepth.flatMap((file): Described[] => {
    if (!COMPOSE.test(file.path) || file.path.includes('.override.')) return [];
    const services = readYaml(file)[0]?.at('services')?.entries() ?? [];
    const all = services.filter(({ value }) => value?.at('build') !== undefined);
    // Where there is something else to release, what is built to develop with is not.
    const others = files.some(({ path }) => isDockerfile(path) && !isForDevelopers(path));
    const built = others ? all.filter(({ value }) => !developsWith(value!.at('build')!)) : all;
    const [first] = built;
    const unfit = unfitForBake([file], paths);
    return first === undefined
      ? []
      : [
          {
            kind: 'compose',
            developing: all.filter((service) => !built.includes(service)),
            ...(unfit !== undefined && { unfit }),
            place: first.place,
            by: 'docker compose',
            files: [file.path],
            targets: built.map(({ name }) => name),
            tags: [],
            flavor: [],
            released: [],
            overlays: {},
          },
        ];
  });
  return [...bakes, ...composes];
}

function withOverride(path: string, files: readonly { path: string }[]): string[] {
  const override = path.replace(/\.(hcl|json)$/, '.override.$1');
  return files.some((file) => file.path === override) ? [path, override] : [path];
}

const isForDevelopers = (dockerfile: string) => FOR_DEVELOPERS.test(affixOf(dockerfile) ?? '');

/** `dockerfile: Dockerfile.dev`, `target: development`. */
function developsWith(build: YamlValue): boolean {
  return (
    isForDevelopers(build.at('dockerfile')?.text ?? '') || FOR_DEVELOPERS.test(build.at('target')?.text ?? '')
  );
}
