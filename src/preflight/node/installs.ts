import { pairsOf } from '../../dockerfile/instructions.js';
import type { Stage } from '../../dockerfile/dockerfile.js';
import type { Recipe } from '../check.js';

/** A call of a package manager that installs the packages of a project. */
export interface InstallCommand {
  tool: 'npm' | 'pnpm' | 'yarn';
  /** Fails without a lockfile that fits. */
  locked: boolean;
  /** Whether it installs development dependencies; `by-environment`: unless NODE_ENV is `production`. */
  development: 'omitted' | 'included' | 'by-environment';
  /** Another install that runs if this one fails. */
  fallback?: string;
  /** Runs in another folder than the stage's, which the checks don't follow. */
  elsewhere: boolean;
}

/** The installs in a command line of a shell, in order. */
export function installCommands(script: string): InstallCommand[] {
  const commands = splitCommands(script);
  let elsewhere = false;
  return commands.flatMap(({ text }, index) => {
    if (/^\(?\s*(?:cd|pushd)\s/.test(text)) elsewhere = true;
    const command = readCommand(text);
    if (command === undefined) return [];
    const fallback = fallbackOf(commands.slice(index + 1));
    const apart = elsewhere || /(?:^|\s)(?:--prefix|-C|--cwd|--dir)(?:[\s=]|$)/.test(text);
    return { ...command, elsewhere: apart, ...(fallback !== undefined && { fallback }) };
  });
}

interface Command {
  text: string;
  /** The operator before it. */
  after: string;
}

function splitCommands(script: string): Command[] {
  const pieces = script.replaceAll(/\\\r?\n/g, ' ').split(/(&&|\|\||;|\n|\|)/);
  return pieces.flatMap((text, index) =>
    index % 2 === 0 ? { text: text.trim(), after: pieces[index - 1] ?? '' } : [],
  );
}

/** The next command after `||`, or one of its group: `npm ci || (rm -rf node_modules && npm install)`. */
function fallbackOf([next, ...rest]: readonly Command[]): string | undefined {
  if (next?.after !== '||') return undefined;
  const end = rest.findIndex(({ text }) => /[)}]$/.test(text));
  const group = /^[({]/.test(next.text) ? [next, ...rest.slice(0, end + 1)] : [next];
  const install = group.find(({ text }) => readCommand(text.replace(/^[({]\s*/, '')))?.text;
  return install?.replace(/^[({]\s*|\s*[)}]$/g, '');
}

function readCommand(text: string): Omit<InstallCommand, 'fallback' | 'elsewhere'> | undefined {
  const [, environment = '', call = ''] = /^\(?\s*((?:\w+=\S*\s+)*)(?:corepack\s+)?(.*?)\)?$/s.exec(text) ?? [];
  const [tool, ...words] = call.split(/\s+/);
  if (tool !== 'npm' && tool !== 'pnpm' && tool !== 'yarn') return undefined;
  const verb = words.find((word) => !word.startsWith('-')) ?? 'install';
  const has = (pattern: RegExp) => words.some((word) => pattern.test(word));
  if (has(/^(?:-g|--global|--location=global|--version|-v|--package-lock-only|--lockfile-only)$/)) return undefined;
  const isClean = tool === 'npm' && (verb === 'ci' || verb === 'clean-install');
  if (!isClean && verb !== 'install' && (verb !== 'i' || tool === 'yarn')) return undefined;
  return {
    tool,
    locked: isClean || (tool !== 'npm' && has(/^--(?:frozen-lockfile|immutable)(?:=true)?$/)),
    development: developmentOf(call, environment),
  };
}

function developmentOf(call: string, environment: string): InstallCommand['development'] {
  if (/--include[= ]dev\b|--production[= ]false\b|--prod[= ]false\b/.test(call)) return 'included';
  const omits = /--omit[= ]dev\b|--only[= ]prod|--production\b|--prod\b|(?:^|\s)-P\b/.test(call);
  return omits || /\bNODE_ENV=["']?production\b/.test(environment) ? 'omitted' : 'by-environment';
}

/** The packages that a stage, with the stages that it is based on, installs at any time. */
export function installsOf(recipe: Recipe, stage: Stage): 'none' | 'runtime' | 'development' {
  let environment = recipe.rootImage(stage)?.base?.env['NODE_ENV'];
  let installs: ReturnType<typeof installsOf> = 'none';
  for (const instruction of recipe.instructionsOf(stage)) {
    if (instruction.keyword === 'ENV') {
      const pairs = pairsOf(instruction.rest, recipe.dockerfile.escape);
      const value = pairs.findLast(({ name }) => name === 'NODE_ENV')?.value;
      environment = value?.replaceAll(/["']/g, '') ?? environment;
    }
    if (instruction.keyword !== 'RUN') continue;
    for (const { development } of installCommands(recipe.sourceOf(instruction))) {
      const all = development === 'included' || (development === 'by-environment' && environment !== 'production');
      if (all) return 'development';
      installs = 'runtime';
    }
  }
  return installs;
}
