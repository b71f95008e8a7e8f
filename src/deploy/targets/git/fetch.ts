import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failure, type ReleaseError } from '../../../lib/errors.js';
import { backoffMs, type Clockwork } from '../../backoff.js';
import type { ReadOptions } from '../../target.js';
import { serverWords, troubleIn, type GitTrouble } from './answers.js';
import { gitProblem } from './problems.js';
import type { GitRepository, GitResult, OwnRepository, Workshop } from './repository.js';

const READ_TRIES = 4;

export type Fetched =
  /** `refs`: what the fetched refs stood at, by their full name at the remote. */
  | { status: 'fetched'; refs: Map<string, string>; stderr: string }
  | { status: 'failed'; trouble: GitTrouble; stderr: string };

export interface FetchOptions extends ReadOptions {
  input?: string;
  /** What the server is told that we have already; default: what the refs here stand at. */
  haves?: 'none';
}

/** Fetches from the remote, one at a time: git's lock on the list of shallow commits is not waited for. */
export type Fetch = (args: readonly string[], options?: FetchOptions) => Promise<Fetched>;

/** Fetches into a repository of our own; network trouble is tried again a few times. */
export function fetchInto(repository: OwnRepository, clockwork: Clockwork): Fetch {
  let previous: Promise<unknown> = Promise.resolve();
  const fetch: Fetch = async (args, { signal, input, haves } = {}) => {
    const settings = haves === 'none' ? ['-c', 'fetch.negotiationAlgorithm=noop'] : [];
    const common = ['--quiet', '--no-tags', '--no-recurse-submodules', '--update-shallow'];
    for (let tries = 1; ; tries++) {
      const done = await repository.git([...settings, 'fetch', ...common, ...args], { signal, input });
      if (done.code === 0) {
        return { status: 'fetched', refs: await readFetchHead(repository), stderr: done.stderr };
      }
      const trouble = done.timedOut ? 'transient' : troubleIn(done.stderr);
      if (trouble !== 'transient' || tries >= READ_TRIES) {
        return { status: 'failed', trouble, stderr: done.stderr };
      }
      await clockwork.sleep(backoffMs(tries, clockwork.random), signal);
    }
  };
  return (...call) => {
    const result = previous.then(() => fetch(...call));
    previous = result.catch(() => undefined);
    return result;
  };
}

/** FETCH_HEAD, see git-fetch(1): `<oid> TAB [not-for-merge] TAB [branch|tag] '<name>' of <url>`. */
async function readFetchHead({ folder }: OwnRepository): Promise<Map<string, string>> {
  const text = await readFile(join(folder, 'FETCH_HEAD'), 'utf8');
  const refs = new Map<string, string>();
  for (const [, oid = '', kind, name = ''] of text.matchAll(
    /^([0-9a-f]{40,64})\t[^\t]*\t(?:(branch|tag) )?'(\S+)' of /gm,
  )) {
    refs.set(kind === undefined ? name : `refs/${kind === 'tag' ? 'tags' : 'heads'}/${name}`, oid);
  }
  return refs;
}

/** Says why a remote could not be read; of a missing branch, which ones there are. */
export async function explainTrouble(
  { url, snapshots }: Pick<Workshop, 'url'> & { snapshots: GitRepository },
  branch: string,
  trouble: GitTrouble,
  { stderr }: Pick<GitResult, 'stderr'>,
): Promise<ReleaseError> {
  const place = { url, branch, words: serverWords(stderr) };
  if (trouble !== 'branch-missing') return failure(gitProblem(trouble, place));
  const listed = await snapshots.git(['ls-remote', '--heads', 'target']);
  const branches = [...listed.stdout.toString('utf8').matchAll(/\trefs\/heads\/(.+)/g)].map(
    (match) => match[1] ?? '',
  );
  const kind = listed.code === 0 && branches.length === 0 ? 'repository-empty' : 'branch-missing';
  return failure(gitProblem(kind, { ...place, branches }));
}
