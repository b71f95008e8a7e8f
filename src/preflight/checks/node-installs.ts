import { posix } from 'node:path';
import type { TextFile } from '../../facts/build-files-checkout.js';
import type { CopySource, Instruction, Stage } from '../../dockerfile/dockerfile.js';
import type { IgnoreRules } from '../../dockerfile/ignore/ignore.js';
import { parseIgnore } from '../../dockerfile/ignore/ignore.js';
import type { Problem } from '../../lib/errors.js';
import { forEachImage, type Check, type ReleaseScene } from '../check.js';
import { copiedBy, takes } from '../node/copied.js';
import { installCommands, type InstallCommand } from '../node/install-commands.js';
import { installsOf } from '../node/installs.js';
import { LOCKFILES, projectsIn } from '../node/projects.js';
import { advice, certainRecipe, finalStage, type ImageScene, type Recipe } from '../scene.js';

/** How a Dockerfile installs packages of npm, pnpm and yarn. */
export const NODE_INSTALL_CHECKS: readonly Check[] = [
  {
    codes: ['preflight/unlocked-install'],
    finds: 'A locked install falls back to one without lock: `npm ci || npm install`.',
    run: forEachImage(checkFallbacks),
  },
  {
    codes: ['preflight/lockfile-not-copied'],
    finds:
      'A locked install (`npm ci`, `--frozen-lockfile`, `--immutable`) runs where package.json is, and its lockfile is not: not copied, left out by .dockerignore, or not there.',
    run: forEachImage(checkLockfile),
  },
  {
    codes: ['preflight/node-modules-copied'],
    finds:
      'COPY takes node_modules of the context into a stage that installs packages, and .dockerignore doesn’t leave them out.',
    run: forEachImage(checkCopiedModules),
  },
  {
    codes: ['preflight/development-dependencies'],
    finds: 'The node_modules of the final stage hold development dependencies.',
    run: forEachImage(checkDevelopment),
  },
];

function checkFallbacks(scene: ImageScene): Problem[] {
  const recipe = certainRecipe(scene);
  if (!recipe) return [];
  const found = runsOf(recipe, recipe.stages).flatMap(({ instruction, commands }) =>
    commands
      .filter(({ kind, fallback }) => kind === 'locked' && fallback !== undefined)
      .map((command) => ({ instruction, command })),
  );
  const [first] = found;
  if (!first) return [];
  return [
    advice(scene, {
      code: 'preflight/unlocked-install',
      place: recipe.place(first.instruction.line),
      message: `When the locked install of image ${scene.image.key} fails, \`${first.command.fallback}\` takes its place, and the same commit can give another image.`,
      fix: 'Remove what stands after `||`; where the lockfile no longer fits, renew it and commit it.',
    }),
  ];
}

interface Run {
  instruction: Instruction;
  commands: InstallCommand[];
}

function runsOf(recipe: Recipe, stages: readonly Stage[]): Run[] {
  return stages
    .flatMap(({ instructions }) => instructions)
    .filter(({ keyword }) => keyword === 'RUN')
    .map((instruction) => ({ instruction, commands: installCommands(recipe.sourceOf(instruction)) }));
}

function checkLockfile(scene: ImageScene, { facts }: ReleaseScene): Problem[] {
  const recipe = certainRecipe(scene);
  const ignore = ignoreOf(scene);
  if (!recipe || ignore === 'doubtful' || scene.files?.context === 'remote') return [];
  for (const stage of recipe.stages) {
    const lacking = lockfileLacks(recipe, stage, scene, ignore, facts.checkout.node);
    if (lacking) return [lacking];
  }
  return [];
}

/** Looks at the first locked install of a stage, where all that came before it is known. */
function lockfileLacks(
  recipe: Recipe,
  stage: Stage,
  scene: ImageScene,
  ignore: IgnoreRules,
  node: readonly TextFile[],
): Problem | undefined {
  const { image } = scene;
  const sources: CopySource[] = [];
  for (const instruction of recipe.chain(stage).flatMap(({ instructions }) => instructions)) {
    const copied = copiedBy(instruction);
    if (copied.rest === 'unknown') return undefined;
    sources.push(...copied.sources);
    if (instruction.keyword !== 'RUN') continue;
    const commands = installCommands(recipe.sourceOf(instruction));
    const command = commands.find(({ kind }) => kind === 'locked');
    if (command === undefined) {
      // Commands of other kinds may write a lockfile.
      if (commands.length > 0) return undefined;
      continue;
    }
    if (command.elsewhere || command.fallback !== undefined) return undefined;
    const within = (path: string) => posix.relative(image.context, path);
    const arrives = (path: string) => takes(sources, within(path)) && !ignore.ignores(within(path));
    const project = projectsIn(image.context, node).find(({ folder }) =>
      arrives(posix.join(folder, 'package.json')),
    );
    if (!project || node.some(({ path }) => LOCKFILES.includes(posix.basename(path)) && arrives(path)))
      return undefined;
    return lackingLockfile(scene, recipe, instruction, command, project.lockfile, ignore);
  }
  return undefined;
}

function lackingLockfile(
  scene: ImageScene,
  recipe: Recipe,
  instruction: Instruction,
  { tool }: InstallCommand,
  lockfile: TextFile | undefined,
  ignore: IgnoreRules,
): Problem {
  const { image, files } = scene;
  const ignored = lockfile && ignore.ignores(posix.relative(image.context, lockfile.path));
  const why = !lockfile
    ? 'there is none in the checkout'
    : ignored
      ? `${files!.ignore!.path} leaves it out`
      : 'it is not copied before';
  const name = lockfile ? posix.basename(lockfile.path) : 'lockfile';
  return {
    code: 'preflight/lockfile-not-copied',
    severity: 'error',
    image: image.key,
    place: recipe.place(instruction.line),
    message: `The locked install of image ${image.key} needs ${lockfile ? name : 'a lockfile'}, and ${why}.`,
    fix: !lockfile
      ? `Make one with \`${tool} install\` and commit it.`
      : ignored
        ? `Take ${name} out of ${files!.ignore!.path}.`
        : `Copy it with package.json: \`COPY package.json ${name} ./\`.`,
  };
}

/** The whole context counts where there is no such file. */
function ignoreOf({ files }: ImageScene): IgnoreRules | 'doubtful' {
  const rules = parseIgnore(files?.ignore?.text ?? '');
  return 'doubt' in rules ? 'doubtful' : rules;
}

function checkCopiedModules(scene: ImageScene, { facts }: ReleaseScene): Problem[] {
  const recipe = certainRecipe(scene);
  const ignore = ignoreOf(scene);
  if (!recipe || ignore === 'doubtful' || scene.files?.context === 'remote') return [];
  const { image } = scene;
  const folders = projectsIn(image.context, facts.checkout.node).map(({ folder }) =>
    posix.relative(image.context, folder),
  );
  const modules = folders
    .map((folder) => posix.join(folder, 'node_modules'))
    .filter((path) => !ignore.ignores(`${path}/any/package.json`));
  for (const stage of recipe.stages) {
    const instructions = recipe.chain(stage).flatMap(({ instructions: own }) => own);
    if (
      !instructions.some(
        (one) => one.keyword === 'RUN' && installCommands(recipe.sourceOf(one)).some(isInstall),
      )
    )
      continue;
    const copy = instructions.find(
      (one) => one.keyword !== 'RUN' && modules.some((path) => takes(copiedBy(one).sources, path)),
    );
    if (!copy) continue;
    const path = modules.find((candidate) => takes(copiedBy(copy).sources, candidate))!;
    const file = scene.files?.ignore?.path ?? posix.join(image.context, '.dockerignore');
    return [
      advice(scene, {
        code: 'preflight/node-modules-copied',
        place: recipe.place(copy.line),
        message: `Image ${image.key} gets ${path} of the machine that builds it beside an install: \`npm ci\` may end with ENOTEMPTY, or packages are of another platform.`,
        fix: `Add the line \`**/node_modules\` to ${file}.`,
      }),
    ];
  }
  return [];
}

const isInstall = ({ kind }: InstallCommand): boolean => kind === 'locked' || kind === 'loose';

function checkDevelopment(scene: ImageScene, { facts }: ReleaseScene): Problem[] {
  const recipe = certainRecipe(scene);
  const stage = recipe && finalStage(recipe);
  if (!recipe || !stage) return [];
  const installed = installsOf(recipe, stage);
  if (installed.modules !== 'development' || installed.line === undefined) return [];
  const sources = recipe.stages.flatMap(({ instructions }) =>
    instructions.flatMap((one) => copiedBy(one).sources),
  );
  const { image } = scene;
  const some = projectsIn(image.context, facts.checkout.node).find(
    ({ folder, manifest }) =>
      manifest.devDependencies.length > 0 &&
      takes(sources, posix.join(posix.relative(image.context, folder), 'package.json')),
  );
  if (!some) return [];
  const count = some.manifest.devDependencies.length;
  const shown = some.manifest.devDependencies.slice(0, 3).join(', ');
  return [
    advice(scene, {
      code: 'preflight/development-dependencies',
      place: recipe.place(installed.line),
      message: `Image ${image.key} holds the development dependencies of ${posix.join(some.folder, 'package.json')}: ${shown}${count > 3 ? ` and ${count - 3} more` : ''}.`,
      fix: 'Install with `npm ci --omit=dev` (pnpm: `--prod`), or copy node_modules from a stage that does.',
    }),
  ];
}
