import { resolve } from 'node:path';
import { run } from '../../lib/process.js';
import type { GitFolder } from './git-folder.js';

export interface GitCall {
  folder: GitFolder;
  env: NodeJS.ProcessEnv;
  signal?: AbortSignal;
}

/** Lead git to another repository than the one that is named to it. */
const ELSEWHERE = ['GIT_DIR', 'GIT_WORK_TREE', 'GIT_COMMON_DIR', 'GIT_INDEX_FILE'];

/**
 * Runs git on just that repository. Without `--git-dir` git would pass over one that belongs to another user, as in a
 * container job, and list the settings without those of the repository.
 * @returns undefined: it failed, or there is no git
 */
export async function askGit(
  { folder, env, signal }: GitCall,
  args: readonly string[],
  input?: string,
): Promise<string | undefined> {
  const own = Object.fromEntries(Object.entries(env).filter(([name]) => !ELSEWHERE.includes(name)));
  try {
    const { code, stdout } = await run('git', [`--git-dir=${folder.own}`, ...args], {
      cwd: folder.top,
      // What a partial clone lacks is not worth a network.
      env: { ...own, GIT_NO_LAZY_FETCH: '1' },
      ...(input !== undefined && { input }),
      signal,
    });
    return code === 0 ? stdout.toString('utf8') : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @returns attribute files beside those of the work tree; undefined where a setting lets work tree and index differ,
 * or git is too old (before 2.41) to tell where its attribute files are
 */
export async function readGitSettings(call: GitCall): Promise<{ attributeFiles: string[] } | undefined> {
  if (call.env['GIT_ATTR_SOURCE'] !== undefined) return undefined;
  const lines = (await askGit(call, ['var', '-l']))?.split('\n');
  if (lines === undefined) return undefined;
  const values = (name: string) =>
    lines.filter((line) => line.startsWith(`${name}=`)).map((line) => line.slice(name.length + 1));
  const converting = CONVERTING.flatMap(values).some((value) => !/^(false|no|off|0|)$/i.test(value));
  // A setting without value is written without `=`, and means true.
  const bare = lines.some((line) => CONVERTING.includes(line));
  const otherFormat =
    values('extensions.objectformat').some((value) => value !== 'sha1') ||
    values('extensions.refstorage').some((value) => value !== 'files');
  const { top, own } = call.folder;
  const elsewhere = values('core.worktree').some((value) => resolve(own, value) !== top);
  const attributeFiles = ['GIT_ATTR_SYSTEM', 'GIT_ATTR_GLOBAL'].map(values);
  const unknown = attributeFiles.some((paths) => paths.length === 0);
  return converting || bare || otherFormat || elsewhere || unknown
    ? undefined
    : { attributeFiles: attributeFiles.flat() };
}

const CONVERTING = ['core.autocrlf', 'core.ignorecase', 'attr.tree'];
