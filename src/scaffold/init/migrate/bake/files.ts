import { pathAt } from '../paths.js';

/** https://docs.docker.com/build/bake/reference/#file-format */
const BAKE_FILES = [
  ...['docker-bake.json', 'docker-bake.hcl'],
  ...['docker-bake.override.json', 'docker-bake.override.hcl'],
];
const COMPOSE_FILES = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'];
const COMPOSE_OVERRIDES = [
  ...['compose.override.yml', 'compose.override.yaml'],
  ...['docker-compose.override.yml', 'docker-compose.override.yaml'],
];

/** What bake reads in a folder where no file is named. */
export function bakeFilesIn(paths: readonly string[], folder: string): string[] {
  const bakes = existing(paths, folder, BAKE_FILES);
  return bakes.length > 0 ? bakes : existing(paths, folder, COMPOSE_FILES).slice(0, 1);
}

/** What compose reads there; the override beside it is none of bake's: https://docs.docker.com/compose/how-tos/multiple-compose-files/merge/ */
export function composeFilesIn(paths: readonly string[], folder: string): string[] {
  const [file] = existing(paths, folder, COMPOSE_FILES);
  const [override] = existing(paths, folder, COMPOSE_OVERRIDES);
  return [file, override].filter((path) => path !== undefined);
}

function existing(paths: readonly string[], folder: string, names: readonly string[]): string[] {
  return names.map((name) => pathAt(folder, name)).filter((path) => paths.includes(path));
}
