import { readdir } from 'node:fs/promises';
import { failure, messageOf } from '../lib/errors.js';
import { readRepositoryFile, RefusedFile } from '../lib/regular-file.js';
import type { ConfigText } from './load.js';

export type ConfigSource =
  /** `origin`: its name in messages, if it will be a file. */
  | { from: 'text'; text: string; origin?: string }
  /** Path relative to the repository root, or absolute. */
  | { from: 'file'; path: string }
  | { from: 'repository' };

const CONFIG_FILES = ['image-release', '.github/image-release'].flatMap((name) => [`${name}.yml`, `${name}.yaml`]);

/**
 * Reads the text of the configuration.
 * @param root the repository's folder
 * @throws ReleaseError `config/missing`, `config/ambiguous`, `config/unreadable`
 */
export async function findConfig(source: ConfigSource, root: string): Promise<ConfigText> {
  if (source.from === 'text') return { text: source.text, origin: source.origin ?? 'input "config-inline"' };
  const paths = source.from === 'file' ? [source.path] : CONFIG_FILES;
  const found = paths.flatMap((origin) => {
    const text = readText(root, origin);
    return text === undefined ? [] : { text, origin };
  });
  const [first, ...others] = found;
  if (first === undefined) {
    // The usual reason on a runner: the step is before the checkout, in an empty folder.
    const isEmpty = (await readdir(root).catch(() => [])).length === 0;
    const path = source.from === 'file' ? 'Correct its path: it is relative to the repository root.' : undefined;
    const fix = isEmpty ? `${root} is empty: add \`- uses: actions/checkout@v5\` before this step.` : path;
    throw failure({
      code: 'config/missing',
      message:
        source.from === 'file'
          ? `The configuration file ${source.path} does not exist.`
          : 'There is no configuration: neither image-release.yml nor .github/image-release.yml exists.',
      ...(fix !== undefined && { fix }),
    });
  }
  if (others.length > 0)
    throw failure({
      code: 'config/ambiguous',
      message: `There are several configurations: ${found.map(({ origin }) => origin).join(' and ')}.`,
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
    const [reason, fix] =
      code === 'ERR_ENCODING_INVALID_ENCODED_DATA'
        ? ['it is not UTF-8', 'Save it as UTF-8.']
        : cause instanceof RefusedFile
          ? [
              `it ${cause.message}`,
              'Replace it by a regular file, or name the right one with --config or the `config` input.',
            ]
          : [messageOf(cause), 'Let the user of this run read it: chmod a+r.'];
    throw failure(
      { code: 'config/unreadable', message: `${path} can't be read: ${reason}.`, fix, place: { file: path } },
      { cause },
    );
  }
}
