import { readdir } from 'node:fs/promises';
import { failure, messageOf } from '../lib/errors.js';
import { readRepositoryFile, RefusedFile } from '../lib/regular-file.js';
import type { ConfigText } from './load.js';

/** Where the configuration is to come from. */
export type ConfigWish =
  /** `origin`: what messages call it, when it is going to be a file. */
  | { from: 'text'; text: string; origin?: string }
  /** Path relative to the repository root, or absolute. */
  | { from: 'file'; path: string }
  | { from: 'repository' };

export const CONFIG_FILES = [
  'image-release.yml',
  'image-release.yaml',
  '.github/image-release.yml',
  '.github/image-release.yaml',
] as const;

/**
 * Reads the text of the configuration.
 * @param root the repository's folder
 * @throws ReleaseError `config/missing`, `config/ambiguous`, `config/unreadable`
 */
export async function findConfig(wish: ConfigWish, root: string): Promise<ConfigText> {
  if (wish.from === 'text') return { text: wish.text, origin: wish.origin ?? 'input "config"' };
  if (wish.from === 'file') {
    const text = readText(root, wish.path);
    if (text !== undefined) return { text, origin: wish.path };
    throw failure({
      code: 'config/missing',
      message: `The configuration file ${wish.path} does not exist.`,
      fix: (await checkoutFix(root)) ?? 'Correct its path: it is relative to the repository root.',
    });
  }
  const found: ConfigText[] = [];
  for (const origin of CONFIG_FILES) {
    const text = readText(root, origin);
    if (text !== undefined) found.push({ text, origin });
  }
  const [first, ...others] = found;
  if (first === undefined)
    throw failure({
      code: 'config/missing',
      message: 'There is no configuration: neither image-release.yml nor .github/image-release.yml exists.',
      fix:
        (await checkoutFix(root)) ??
        'Run `image-release init`, which writes one. Create image-release.yml by hand with `images: { api: { context: api } }`.',
    });
  if (others.length > 0)
    throw failure({
      code: 'config/ambiguous',
      message: `There are several configurations: ${found.map(({ origin }) => origin).join(' and ')}.`,
      fix: 'Keep one of them, or name the one that counts with --config or the `config` input.',
      place: { file: first.origin },
    });
  return first;
}

function readText(root: string, path: string): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readRepositoryFile(root, path));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw failure(
      { code: 'config/unreadable', ...unreadable(path, code, cause), place: { file: path } },
      { cause },
    );
  }
}

function unreadable(
  path: string,
  code: string | undefined,
  cause: unknown,
): { message: string; fix: string } {
  const because = (reason: string) => `${path} can't be read: ${reason}.`;
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
    return { message: because('it is not UTF-8'), fix: 'Save it as UTF-8.' };
  if (cause instanceof RefusedFile)
    return {
      message: because(`it ${cause.message}`),
      fix: 'Put the file itself there, or name the right one with --config or the `config` input.',
    };
  return { message: because(messageOf(cause)), fix: 'Let the user of this run read it: chmod a+r.' };
}

/** The commonest reason on a runner: the step stands before the checkout, in an empty folder. */
async function checkoutFix(root: string): Promise<string | undefined> {
  const names = await readdir(root).catch(() => []);
  return names.length === 0
    ? `${root} is empty: put \`- uses: actions/checkout@v5\` before this step.`
    : undefined;
}
