import { pathAt } from '../paths.js';

/** What bake reads in a folder where no file is named. */
export function bakeFilesIn(paths: readonly string[], folder: string): string[] {
  const there = (names: readonly string[]) =>
    names.map((name) => pathAt(folder, name)).filter((path) => paths.includes(path));
  const bakes = there([
    'docker-bake.json',
    'docker-bake.hcl',
    'docker-bake.override.json',
    'docker-bake.override.hcl',
  ]);
  return bakes.length > 0
    ? bakes
    : there(['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml']).slice(0, 1);
}
