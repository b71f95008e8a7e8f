import { closeSync, constants, openSync, readdirSync, type Dirent } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTick } from 'node:timers/promises';
import type { IgnoreRules } from '../../dockerfile/ignore/ignore.js';
import { Cancelled, failure, messageOf } from '../../lib/errors.js';

export interface ContextRequest {
  image: string;
  /** The context as the user names it, for messages. */
  name: string;
  folder: string;
  /** The same rules as for the fingerprint. */
  rules: IgnoreRules;
  /** The Dockerfile that the builder reads instead of the image's own. */
  dockerfile: string | Uint8Array;
  signal?: AbortSignal;
}

/** A path of a context that the builder is sent; `unreadable`: one that it should be sent, but can't be. */
export type ContextEntry =
  | { type: 'file' | 'directory' | 'link' | 'other'; path: string }
  | { type: 'unreadable'; path: string; reason: string };

/** How files are opened: never through a link that has taken their place, never waiting for a pipe's other end. */
export const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Lists what the builder is sent of a context, folders before what is in them. It agrees with the walk that makes the
 * fingerprint (fingerprint/tree/read-tree.ts), but opens no file.
 * @param ignoredFolders are sent once something below them is taken in again
 */
export function* contextEntries(
  request: Pick<ContextRequest, 'folder' | 'rules'>,
  prefix = '',
  ignoredFolders: ContextEntry[] = [],
): Generator<ContextEntry, void> {
  const { rules, folder } = request;
  let listed: Dirent[];
  try {
    listed = readdirSync(join(folder, prefix), { withFileTypes: true });
  } catch (error) {
    yield { type: 'unreadable', path: prefix.slice(0, -1), reason: reasonOf(error) };
    return;
  }
  for (const dirent of listed.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = prefix + dirent.name;
    const ignored = rules.ignores(path);
    if (ignored && rules.prunes(path)) continue;
    // Node replaces bytes that are not UTF-8, so such a file can't be opened by its name.
    if (dirent.name.includes('\uFFFD')) yield { type: 'unreadable', path, reason: 'its name is not UTF-8' };
    else if (dirent.isDirectory()) {
      const entry = { type: 'directory', path } as const;
      ignoredFolders.push(entry);
      if (!ignored) yield* ignoredFolders.splice(0);
      yield* contextEntries(request, `${path}/`, ignoredFolders);
      if (ignoredFolders.at(-1) === entry) ignoredFolders.pop();
    } else if (!ignored) {
      yield* ignoredFolders.splice(0);
      yield { type: typeOf(dirent), path };
    }
  }
}

function typeOf(dirent: Dirent): 'file' | 'link' | 'other' {
  if (dirent.isFile()) return 'file';
  return dirent.isSymbolicLink() ? 'link' : 'other';
}

/** Without the path, which is absolute. */
function reasonOf(error: unknown): string {
  const message = messageOf(error);
  return /\bE[A-Z]+: ([^,]*)/.exec(message)?.[1] ?? message;
}

/**
 * Checks before a context is sent that all of it can be read.
 * @throws ReleaseError `build/context-unreadable` naming everything that can't be read; Cancelled
 */
export async function surveyContext(request: Omit<ContextRequest, 'dockerfile'>): Promise<void> {
  const { image, name, folder, signal } = request;
  const unreadable: { path: string; reason: string }[] = [];
  let steps = 0;
  for (const entry of contextEntries(request)) {
    if (++steps % 1024 === 0) await nextTick();
    if (signal?.aborted) throw new Cancelled('reading the build context');
    const reason = entry.type === 'unreadable' ? entry.reason : entry.type === 'file' && whyClosed(join(folder, entry.path)); // oxfmt-ignore
    if (reason) unreadable.push({ path: entry.path || '.', reason });
  }
  const [first, ...more] = unreadable;
  if (first === undefined) return;
  throw failure({
    code: 'build/context-unreadable',
    image,
    message:
      more.length === 0
        ? `In the build context ${name}, ${first.path} can't be read: ${first.reason}.`
        : `In the build context ${name}, ${unreadable.length} paths can't be read.`,
    ...(more.length > 0 && { detail: unreadable.map(({ path, reason }) => `${path}: ${reason}`).join('\n') }),
  });
}

function whyClosed(file: string): string | undefined {
  try {
    closeSync(openSync(file, READ));
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}
