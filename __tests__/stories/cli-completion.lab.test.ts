/** @programs fish zsh */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { completionScript } from '../../src/cli/completion.js';
import { run } from '../../src/lib/process.js';
import { runCli } from '../../testing/runner.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'completion-'));
  for (const shell of ['bash', 'zsh', 'fish']) await writeFile(join(folder, shell), completionScript([shell]));
});
afterAll(() => rm(folder, { recursive: true }));

async function output(command: string, args: string[]): Promise<string[]> {
  const result = await run(command, args, {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: folder, TERM: 'dumb' },
  });
  if (result.code !== 0) throw new Error(result.stderr.toString());
  return result.stdout.toString().split('\n').filter(Boolean);
}

/** Completions of the last word of a line, by shell. */
const PROPOSALS: Record<string, (words: string[]) => Promise<string[]>> = {
  bash: (words) =>
    output('bash', [
      '-c',
      `source ./bash; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _image_release; printf '%s\\n' "\${COMPREPLY[@]}"`,
    ]),
  // The completion system needs a line editor; the function only needs `compadd`.
  zsh: async (words) => {
    const all = await output('zsh', [
      '-fc',
      `compdef() { :; }; _files() { :; }; compadd() { shift; print -l -- $@; }; source ./zsh; words=(${words.map((word) => `'${word}'`).join(' ')}); CURRENT=${words.length}; _image_release`,
    ]);
    return all.filter((word) => word.startsWith(words.at(-1) ?? ''));
  },
  fish: async (words) => {
    const lines = await output('fish', ['-c', `source ./fish; complete -C '${words.join(' ')}'`]);
    return lines.map((line) => line.split('\t')[0]!);
  },
};

describe.each(Object.keys(PROPOSALS))('%s', (shell) => {
  const proposals = (line: string) => PROPOSALS[shell]!(line.split(' '));

  test('proposes commands, their options, and the values of an option', async () => {
    expect(await proposals('image-release ro')).toEqual(['rollback']);
    expect(await proposals('image-release rollback --all')).toEqual(['--all-channels']);
    expect(await proposals('image-release plan --all')).toEqual([]);
    expect((await proposals('image-release build --push ')).toSorted()).toEqual(['auto', 'digest', 'false', 'true']);
    expect((await proposals('image-release -C app completion ')).toSorted()).toEqual(
      expect.arrayContaining(['bash', 'fish', 'zsh']),
    );
  });
});

test('`completion` prints the script, and rejects an unknown shell', async () => {
  const bash = await runCli({ args: ['completion', 'bash'], cwd: folder, env: {} });
  expect([bash.exitCode, bash.stdout]).toEqual([0, completionScript(['bash'])]);
  const typo = await runCli({ args: ['completion', 'fsih'], cwd: folder, env: {} });
  expect([typo.exitCode, typo.stderr]).toEqual([
    2,
    'error [usage/invalid]\n  There is no completion for `fsih`.\n  → Did you mean `fish`?\n',
  ]);
});
