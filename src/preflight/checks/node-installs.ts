import { posix } from 'node:path';
import type { CopySource, Stage } from '../../dockerfile/dockerfile.js';
import { parseIgnore, type IgnoreRules } from '../../dockerfile/ignore/ignore.js';
import { problem, warning, type Problem } from '../../lib/errors.js';
import { forEachRecipe, type Check, type CheckedImage, type PreflightInput, type Recipe } from '../check.js';
import { installCommands } from '../node/installs.js';
import { copiedBy, LOCKFILES, projectsIn, staleDependencies, takes } from '../node/projects.js';

/** How a Dockerfile installs packages of npm, pnpm and yarn. */
export const NODE_INSTALL_CHECKS: readonly Check[] = [
  forEachRecipe(checkFallbacks),
  forEachRecipe(checkLockfile),
  forEachRecipe(checkStale),
  forEachRecipe(checkCopiedModules),
];

function checkFallbacks(recipe: Recipe, { image }: CheckedImage): Problem | undefined {
  for (const instruction of recipe.stages.flatMap(({ instructions }) => instructions)) {
    if (instruction.keyword !== 'RUN') continue;
    const commands = installCommands(recipe.sourceOf(instruction));
    const found = commands.find(({ locked, fallback }) => locked && fallback !== undefined);
    if (found)
      return warning({
        code: 'preflight/unlocked-install',
        image: image.key,
        place: recipe.place(instruction.line),
        message: `If the locked install of image ${image.key} fails, \`${found.fallback}\` replaces it, and the same commit can give another image.`,
      });
  }
  return undefined;
}

/** Undefined: what it ignores is uncertain, or the context is remote. */
function ignoreOf({ files }: CheckedImage): IgnoreRules | undefined {
  const rules = parseIgnore(files?.ignore?.text ?? '');
  return 'doubt' in rules || files?.context === 'remote' ? undefined : rules;
}

function checkLockfile(recipe: Recipe, checked: CheckedImage, { facts }: PreflightInput): Problem | undefined {
  const ignore = ignoreOf(checked);
  if (!ignore) return undefined;
  const { image, files } = checked;
  for (const stage of recipe.stages) {
    const install = firstLockedInstall(recipe, stage);
    if (!install) continue;
    const { sources, line, tool } = install;
    const arrives = (path: string) => takes(sources, path) && !ignore.ignores(path);
    const project = projectsIn(image.context, facts.checkout.node).find(({ path }) =>
      arrives(posix.join(path, 'package.json')),
    );
    const lockfiles = facts.checkout.node.filter(({ path }) => LOCKFILES.includes(posix.basename(path)));
    if (!project || lockfiles.some(({ path }) => arrives(posix.relative(image.context, path)))) continue;
    const { lockfile } = project;
    const name = lockfile && posix.basename(lockfile.path);
    const isIgnored = lockfile && ignore.ignores(posix.relative(image.context, lockfile.path));
    const [reason, fix] = !lockfile
      ? ['there is none in the checkout', `Run \`${tool} install\` and commit the lockfile.`]
      : isIgnored
        ? [`${files!.ignore!.path} excludes it`, `Remove ${name} from ${files!.ignore!.path}.`]
        : ['it is not copied before', `Copy it with package.json: \`COPY package.json ${name} ./\`.`];
    return problem({
      code: 'preflight/lockfile-not-copied',
      image: image.key,
      place: recipe.place(line),
      message: `The locked install of image ${image.key} needs ${name ?? 'a lockfile'}, and ${reason}.`,
      fix,
    });
  }
  return undefined;
}

function checkStale(recipe: Recipe, { image }: CheckedImage, { facts }: PreflightInput): Problem | undefined {
  for (const { instructions } of recipe.stages) {
    const copied = instructions.flatMap((one) => copiedBy(one).sources);
    const project = projectsIn(image.context, facts.checkout.node).find(({ path }) =>
      takes(copied, posix.join(path, 'package.json')),
    );
    const [first, ...others] = project === undefined ? [] : staleDependencies(project);
    const install = instructions
      .filter(({ keyword }) => keyword === 'RUN')
      .map((one) => ({ line: one.line, command: installCommands(recipe.sourceOf(one))[0] }))
      .find(({ command }) => command !== undefined && !command.elsewhere);
    if (first === undefined || install?.command === undefined) continue;
    const { tool, locked, fallback } = install.command;
    const name = posix.basename(project!.lockfile!.path);
    const more = others.length === 0 ? '' : `, and ${others.length} more`;
    const fails = locked && fallback === undefined;
    return {
      ...problem({
        code: 'preflight/lockfile-stale',
        image: image.key,
        place: recipe.place(install.line),
        message: `${posix.join(project!.folder, 'package.json')} asks for ${first.name} ${first.wanted}, ${name} has ${first.locked}${more}: ${fails ? 'the locked install fails' : 'the install picks another version than the lockfile has'}.`,
        fix: `Run \`${tool} install\` in ${project!.folder === '.' ? 'the repository' : project!.folder}, and commit ${name}.`,
      }),
      severity: fails ? 'error' : 'warning',
    };
  }
  return undefined;
}

/** The first install of a stage, with what was copied before; undefined: none, not locked, or something before is unknown. */
function firstLockedInstall(recipe: Recipe, stage: Stage) {
  const sources: CopySource[] = [];
  for (const instruction of recipe.instructionsOf(stage)) {
    const copied = copiedBy(instruction);
    if (copied.incomplete) return undefined;
    sources.push(...copied.sources);
    if (instruction.keyword !== 'RUN') continue;
    const commands = installCommands(recipe.sourceOf(instruction));
    const found = commands.find(({ locked }) => locked);
    if (found && !found.elsewhere && found.fallback === undefined)
      return { sources, line: instruction.line, tool: found.tool };
    // An install without lock may write a lockfile.
    if (commands.length > 0) return undefined;
  }
  return undefined;
}

function checkCopiedModules(recipe: Recipe, checked: CheckedImage, { facts }: PreflightInput): Problem | undefined {
  const ignore = ignoreOf(checked);
  if (!ignore) return undefined;
  const { image, files } = checked;
  const modules = projectsIn(image.context, facts.checkout.node)
    .map(({ path }) => posix.join(path, 'node_modules'))
    .filter((path) => !ignore.ignores(`${path}/any/package.json`));
  for (const stage of recipe.stages) {
    const [runs, others] = [true, false].map((isRun) =>
      recipe.instructionsOf(stage).filter(({ keyword }) => (keyword === 'RUN') === isRun),
    );
    if (!runs!.some((run) => installCommands(recipe.sourceOf(run)).length > 0)) continue;
    const found = others!
      .map((copy) => ({ copy, path: modules.find((path) => takes(copiedBy(copy).sources, path)) }))
      .find(({ path }) => path !== undefined);
    if (!found) continue;
    return warning({
      code: 'preflight/node-modules-copied',
      image: image.key,
      place: recipe.place(found.copy.line),
      message: `Image ${image.key} gets ${found.path} of the build machine in addition to an install: \`npm ci\` may end with ENOTEMPTY, or packages are of another platform.`,
      fix: `Add the line \`**/node_modules\` to ${files?.ignore?.path ?? posix.join(image.context, '.dockerignore')}.`,
    });
  }
  return undefined;
}
