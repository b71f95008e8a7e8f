import type { Config } from '../config/config.js';
import type { GitSource } from '../facts/git-source.js';
import { failure } from '../lib/errors.js';
import { kanikoRunner } from '../templates/kaniko-runner/kaniko-runner.js';
import { planRunner } from '../templates/kaniko-runner/runner.js';
import { wrapperScripts } from '../templates/wrapper-scripts.js';
import { writeFiles, type ScaffoldFile, type WrittenFile } from '../templates/write-files.js';
import type { Invocation } from './arguments.js';
import { refuseWords } from './orders.js';

type CommandInvocation = Extract<Invocation, { type: 'command' }>;

const FOLDER = 'k8s/kaniko';

/** The commands that write files into the repository. */
const SCAFFOLDS = {
  kaniko({ words, options, command }, config, { source }) {
    const [verb, ...rest] = words;
    if (verb !== 'init') {
      throw failure({
        code: 'usage/missing-argument',
        message: verb === undefined ? 'kaniko needs a word: init.' : `There is no \`kaniko ${verb}\`.`,
        fix: '`image-release kaniko init` writes a runner for the cluster.',
      });
    }
    refuseWords({ command, words: rest });
    const folder = (options.text('output') ?? FOLDER).replace(/^\.\//, '').replace(/\/+$/, '');
    const cache = cacheOf(options.text('cache') ?? 'emptyDir');
    return kanikoRunner(
      planRunner({ config, source, repository: options.text('repository'), cache }),
      folder,
    );
  },
  init(invocation, config) {
    refuseWords(invocation);
    return wrapperScripts(config.images.map(({ key }) => key));
  },
} satisfies Record<string, (invocation: CommandInvocation, config: Config, git: GitSource) => ScaffoldFile[]>;

export type ScaffoldCommand = keyof typeof SCAFFOLDS;

/**
 * Writes what the command is asked for; nothing where a file is in the way.
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
  if (options.has('json')) return `${JSON.stringify({ files: written }, null, 2)}\n`;
  return `${written.map(lineOf).join('\n')}\n${mode === 'preview' ? 'Nothing was written.\n' : nextStep(command, files)}`;
}

function cacheOf(word: string): 'emptyDir' | 'pvc' {
  if (word === 'emptyDir' || word === 'pvc') return word;
  throw failure({
    code: 'usage/bad-option',
    message: `--cache is emptyDir or pvc, here it is \`${word}\`.`,
    fix: 'Give pvc to keep cache mounts longer than the pod lives.',
  });
}

function lineOf({ path, status }: WrittenFile): string {
  return `${status.padEnd(11)}  ${path}`;
}

function nextStep(command: ScaffoldCommand, files: readonly ScaffoldFile[]): string {
  if (command === 'init') return 'Their options: scripts/build-images-safe.sh --help\n';
  const readme = files.find(({ path }) => path.endsWith('README.md'))?.path ?? '';
  return `How to set it up: ${readme}\n`;
}
