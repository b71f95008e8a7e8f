import type { Config } from '../config/config.js';
import type { GitSource } from '../facts/git-source.js';
import { kanikoRunner } from '../templates/kaniko-runner/kaniko-runner.js';
import { planRunner } from '../templates/kaniko-runner/runner.js';
import { wrapperScripts } from '../templates/wrapper-scripts.js';
import { writeFiles, type WrittenFile, type ScaffoldFile } from '../templates/write-files.js';
import type { CommandInvocation } from './arguments.js';
import { refuseArguments } from './request.js';
import { usageError } from './usage.js';

const FOLDER = 'k8s/kaniko';

export type ScaffoldCommand = 'kaniko' | 'init';

/**
 * Writes the files of the command, or none of them if one exists.
 * @returns text for stdout
 * @throws ReleaseError `scaffold/*`, `usage/*`
 */
export async function scaffold(
  command: ScaffoldCommand,
  invocation: CommandInvocation,
  config: Config,
  git: GitSource,
): Promise<string> {
  const { options } = invocation;
  if (command === 'init') refuseArguments(invocation);
  const files =
    command === 'kaniko' ? kanikoFiles(invocation, config, git) : wrapperScripts(config.images.map(({ key }) => key));
  const mode = options.has('dry-run') ? 'preview' : 'write';
  const existing = options.has('force') ? 'overwrite' : 'keep';
  const written = await writeFiles(files, { root: git.root, existing, mode });
  const [words, width] = mode === 'write' ? [DONE, 11] : [PREVIEW, 15];
  const shown = written.map(({ path, status }) => ({ path, status: words[status] }));
  if (options.has('json')) return `${JSON.stringify({ files: shown }, null, 2)}\n`;
  const lines = shown.map(({ path, status }) => `${status.padEnd(width)}  ${path}\n`);
  return `${lines.join('')}${mode === 'preview' ? 'Nothing was written.\n' : nextStep(command, files)}`;
}

function kanikoFiles({ words, options, command }: CommandInvocation, config: Config, { source }: GitSource) {
  const [verb, ...rest] = words;
  if (verb !== 'init') {
    const message = verb === undefined ? 'kaniko needs a subcommand.' : `There is no \`kaniko ${verb}\`.`;
    throw usageError(message, 'Run `image-release kaniko init` to write a runner for the cluster.');
  }
  refuseArguments({ command, words: rest });
  const folder = (options.text('output') ?? FOLDER).replace(/^\.\//, '').replace(/\/+$/, '');
  const cache = options.text('cache') ?? 'emptyDir';
  if (cache !== 'emptyDir' && cache !== 'pvc') {
    const message = `Expected \`--cache\` emptyDir or pvc, got \`${cache}\`.`;
    throw usageError(message, 'Use pvc to keep cache mounts longer than the pod.');
  }
  return kanikoRunner(planRunner({ config, source, repository: options.text('repository'), cache }), folder);
}

type Words = Record<WrittenFile['status'], string>;
const DONE: Words = { written: 'written', overwritten: 'overwritten', unchanged: 'unchanged' };
const PREVIEW: Words = { written: 'would write', overwritten: 'would overwrite', unchanged: 'unchanged' };

function nextStep(command: ScaffoldCommand, files: readonly ScaffoldFile[]): string {
  if (command === 'init') return 'Show their options: scripts/build-images-safe.sh --help\n';
  const readme = files.find(({ path }) => path.endsWith('README.md'))?.path ?? '';
  return `Next: follow ${readme}\n`;
}
