import { posix } from 'node:path';
import { copyWords, pairsOf } from '../../dockerfile/instructions.js';
import type { Instruction, Stage } from '../../dockerfile/dockerfile.js';
import type { Recipe } from '../scene.js';
import { installCommands } from './install-commands.js';

/** What node_modules of a stage hold in the end. */
export interface Installed {
  modules: 'none' | 'runtime' | 'development';
  /** The instruction that made it so. */
  line?: number;
}

interface State extends Installed {
  /** Value of NODE_ENV. */
  environment?: string;
  folder: string;
}

/** Follows the stage from its base image on, also into stages that it copies packages from. */
export function installsOf(recipe: Recipe, stage: Stage): Installed {
  return follow(recipe, stage);
}

function follow(recipe: Recipe, stage: Stage): State {
  const base = recipe.base(stage);
  const environment = base === 'scratch' ? undefined : base?.env['NODE_ENV'];
  let state: State = { modules: 'none', folder: '/', ...(environment !== undefined && { environment }) };
  for (const part of recipe.chain(stage)) {
    for (const instruction of part.instructions) state = after(instruction, state, recipe, part);
  }
  return state;
}

function after(instruction: Instruction, state: State, recipe: Recipe, stage: Stage): State {
  const { keyword, rest, line } = instruction;
  switch (keyword) {
    case 'ENV': {
      const value = pairsOf(rest, recipe.dockerfile.escape).findLast(
        ({ name }) => name === 'NODE_ENV',
      )?.value;
      return value === undefined ? state : { ...state, environment: value.replaceAll(/["']/g, '') };
    }
    case 'WORKDIR':
      return { ...state, folder: posix.resolve(state.folder, rest.replaceAll(/["']/g, '')) };
    case 'RUN':
      return installCommands(recipe.sourceOf(instruction)).reduce<State>((now, command) => {
        if (command.kind === 'remove') return { ...now, modules: 'none' };
        if (command.kind === 'prune')
          return now.modules === 'none' ? now : { ...now, modules: 'runtime', line };
        const development =
          command.development === 'included' ||
          (command.development === 'by-environment' && now.environment !== 'production');
        return { ...now, modules: development ? 'development' : 'runtime', line };
      }, state);
    case 'COPY': {
      const installed = copiedModules(instruction, recipe, stage);
      return installed && installed.modules !== 'none'
        ? { ...state, modules: installed.modules, line }
        : state;
    }
    default:
      return state;
  }
}

/** Packages that come from another stage: its node_modules, or the folder that holds them. */
function copiedModules({ flags, rest }: Instruction, recipe: Recipe, stage: Stage): Installed | undefined {
  const from = flags.find(({ name }) => name === 'from')?.value;
  const source = from === undefined ? undefined : recipe.stageNamed(from);
  if (source === undefined || source.index >= stage.index) return undefined;
  const other = follow(recipe, source);
  const taken = copyWords(rest)
    .slice(0, -1)
    .some((word) => {
      const path = posix.resolve('/', word);
      return posix.basename(path) === 'node_modules' || path === other.folder;
    });
  return taken ? other : undefined;
}
