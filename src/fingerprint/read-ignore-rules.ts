import { posix } from 'node:path';
import type { BuildDescription, ImageInputs } from '../dockerfile/description.js';
import type { IgnoreRules } from '../dockerfile/ignore/ignore.js';
import { parseIgnore } from '../dockerfile/ignore/parse.js';
import { readSourceText } from './tree/source-text.js';

type Unknown = Extract<ImageInputs, { status: 'unknown' }>;

/**
 * Reads what a context leaves out. The file beside the Dockerfile takes the place of the context's own, even when it
 * is empty.
 * @param folder of the context, relative to the root
 * @param image whose main context it is; undefined: it is a named one, which knows its own file only
 */
export function readIgnoreRules(
  root: string,
  folder: string,
  image?: Pick<BuildDescription, 'dockerfile' | 'dockerfileInline'>,
): { status: 'read'; rules: IgnoreRules } | Unknown {
  const own = posix.join(folder, '.dockerignore');
  const beside =
    image !== undefined && image.dockerfileInline === undefined ? [`${image.dockerfile}.dockerignore`] : [];
  for (const path of [...beside, own]) {
    // Only within the context does the builder follow a link, and only some versions do.
    const source = readSourceText(root, path, 'doubtful');
    if (source.status === 'missing') continue;
    if (source.status === 'doubtful') return { status: 'unknown', reason: `${path} ${source.doubt}` };
    const rules = parseIgnore(source.text);
    if ('doubt' in rules) return { status: 'unknown', reason: `${path}:${rules.line}: ${rules.doubt}` };
    return { status: 'read', rules };
  }
  return { status: 'read', rules: NOTHING };
}

const NOTHING: IgnoreRules = { ignores: () => false, prunes: () => false };
