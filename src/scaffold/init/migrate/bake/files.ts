import { pathAt } from '../paths.js';

/** https://docs.docker.com/build/bake/reference/#file-format */
const BAKE_FILES = [
  ...['docker-bake.json', 'docker-bake.hcl'],
  ...['docker-bake.override.json', 'docker-bake.override.hcl'],
];
const COMPOSE_FILES = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'];

/** What bake reads in a folder where no file is named. */
export function bakeFilesIn(paths: readonly string[], folder: string): string[] {
  const bakes = existing(paths, folder, BAKE_FILES);
  return bakes.length > 0 ? bakes : composeFilesIn(paths, folder);
}

/** What compose reads there. */
export function composeFilesIn(paths: readonly string[], folder: string): string[] {
  return existing(paths, folder, COMPOSE_FILES).slice(0, 1);
}

function existing(paths: readonly string[], folder: string, names: readonly string[]): string[] {
  return names.map((name) => pathAt(folder, name)).filter((path) => paths.includes(path));
}
