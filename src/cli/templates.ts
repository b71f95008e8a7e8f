import type { Config } from '../config/config.js';
import type { GitSource } from '../facts/git-source.js';
import { failure } from '../lib/errors.js';
import { kanikoRunner } from '../templates/kaniko-runner/kaniko-runner.js';
import { planRunner } from '../templates/kaniko-runner/runner.js';
import { wrapperScripts } from '../templates/wrapper-scripts.js';
import { writeFiles, type WrittenFile } from '../templates/write-files.js';
import type { ScaffoldFile } from '../templates/write-files.js';
import type { CommandInvocation } from './arguments.js';
import { refuseArguments } from './request.js';

const FOLDER = 'k8s/kaniko';

/** Files of the commands that write into the repository. */
const SCAFFOLDS = {
  kaniko({ words, options, command }, config, { source }) {
    const [verb, ...rest] = words;
    if (verb !== 'init') {
      throw failure({
        code: 'usage/invalid',
        message: verb === undefined ? 'kaniko needs a subcommand.' : `There is no \`kaniko ${verb}\`.`,
        fix: 'Run `image-release kaniko init` to write a runner for the cluster.',
      });
    }
    refuseArguments({ command, words: rest });
    const folder = (options.text('output') ?? FOLDER).replace(/^\.\//, '').replace(/\/+$/, '');
    const cache = cacheOf(options.text('cache') ?? 'emptyDir');
    return kanikoRunner(planRunner({ config, source, repository: options.text('repository'), cache }), folder);
  },
  init(invocation, config) {
    refuseArguments(invocation);
    return wrapperScripts(config.images.map(({ key }) => key));
  },
} satisfies Record<string, (invocation: CommandInvocation, config: Config, git: GitSource) => ScaffoldFile[]>;

export type ScaffoldCommand = keyof typeof SCAFFOLDS;

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
  const files = SCAFFOLDS[command](invocation, config, git);
  const mode = options.has('dry-run') ? 'preview' : 'write';
  const existing = options.has('force') ? 'overwrite' : 'keep';
  const written = await writeFiles(files, { root: git.root, existing, mode });
  if (options.has('json')) {
    const shown = written.map(({ path, status }) => ({
      path,
      status: mode === 'write' ? status : PREVIEW[status],
    }));
    return `${JSON.stringify({ files: shown }, null, 2)}\n`;
  }
  return `${written.map((file) => lineOf(file, mode)).join('\n')}\n${mode === 'preview' ? 'Nothing was written.\n' : nextStep(command, files)}`;
}

function cacheOf(word: string): 'emptyDir' | 'pvc' {
  if (word === 'emptyDir' || word === 'pvc') return word;
  throw failure({
    code: 'usage/invalid',
    message: `Expected \`--cache\` emptyDir or pvc, got \`${word}\`.`,
    fix: 'Use pvc to keep cache mounts longer than the pod.',
  });
}

function lineOf({ path, status }: WrittenFile, mode: 'write' | 'preview'): string {
  return `${(mode === 'write' ? status : PREVIEW[status]).padEnd(mode === 'write' ? 11 : 15)}  ${path}`;
}

const PREVIEW: Record<WrittenFile['status'], string> = {
  written: 'would write',
  overwritten: 'would overwrite',
  unchanged: 'unchanged',
};

function nextStep(command: ScaffoldCommand, files: readonly ScaffoldFile[]): string {
  if (command === 'init') return 'Show their options: scripts/build-images-safe.sh --help\n';
  const readme = files.find(({ path }) => path.endsWith('README.md'))?.path ?? '';
  return `Next: follow ${readme}\n`;
}
