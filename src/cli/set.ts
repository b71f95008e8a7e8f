import { setImages, type SetResult } from '../deploy/set.js';
import type { CommandInvocation } from './arguments.js';
import { usageError } from './usage.js';

/**
 * Runs `set FILE|DIR NAME=…`: edits the images of a Kustomization on disk, or with `--dry-run` prints the
 * diff.
 * @throws ReleaseError `usage/invalid`, `image/invalid-reference`, `deploy/*`; then nothing was written
 */
export async function runSet(
  { words, options }: CommandInvocation,
  directory: string,
  write: (text: string) => void,
): Promise<number> {
  const [path, ...specs] = words;
  if (path === undefined) {
    const fix = 'Name the file or its folder, then the images: `image-release set k8s api=:main-1a2b3c4`.';
    throw usageError('set needs a Kustomization.', fix);
  }
  const preview = options.has('dry-run');
  const result = await setImages({
    path,
    cwd: directory,
    specs,
    missing: options.has('add') ? 'add' : 'refuse',
    mode: preview ? 'preview' : 'write',
  });
  write(options.has('json') ? `${JSON.stringify(result, null, 2)}\n` : render(result, preview));
  return 0;
}

/** A preview is the bare diff, ready for `patch -p1` or `git apply`. */
function render(result: SetResult, preview: boolean): string {
  if (result.status === 'unchanged') return preview ? '' : `${result.path} already names these images.\n`;
  if (preview) return result.diff;
  const lines = result.changes.map(
    ({ name, before, after, line }) => `${result.path}:${line}  ${before ?? `${name} (new)`} → ${after}`,
  );
  return `${lines.join('\n')}\n`;
}
