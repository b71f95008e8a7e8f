import { TRAILERS } from '../../commit-message.js';
import { MOST_LISTED, type SourceCommit, type SourceHistory } from '../../source-history.js';
import type { ReadOptions } from '../../target.js';
import { AS_IT_IS, compareInCheckout } from './graph.js';
import type { GitRepository } from './repository.js';

/** Deploy commits, which are no part of the source. */
const WITHOUT_OWN = ['--invert-grep', `--grep=^${TRAILERS.id}: `];
const FORMAT = '%H%x1f%an%x1f%ae%x1f%aI%x1f%s';

/** The commits from one to a later one; undefined: the checkout lacks a part of them. */
export async function historyInCheckout(
  checkout: GitRepository,
  base: string,
  head: string,
  options: ReadOptions,
): Promise<SourceHistory | undefined> {
  if ((await compareInCheckout(checkout, base, head, options)) !== 'ahead') return undefined;
  const range = `${base}..${head}`;
  const [counted, commits] = await Promise.all([
    checkout.git(['rev-list', '--count', ...WITHOUT_OWN, range, '--'], { env: AS_IT_IS, signal: options.signal }),
    listCommits(checkout, [...WITHOUT_OWN, range], MOST_LISTED, options),
  ]);
  return counted.code === 0 && commits !== undefined
    ? { commits, total: Number(counted.stdout.toString()) }
    : undefined;
}

/** Undefined: the checkout doesn't have it. */
export async function commitInCheckout(
  checkout: GitRepository,
  commit: string,
  options: ReadOptions,
): Promise<SourceCommit | undefined> {
  return (await listCommits(checkout, [commit], 1, options))?.[0];
}

async function listCommits(
  checkout: GitRepository,
  range: readonly string[],
  most: number,
  { signal }: ReadOptions,
): Promise<SourceCommit[] | undefined> {
  const args = ['log', `--max-count=${most}`, `--format=${FORMAT}`, '--no-show-signature', ...range, '--'];
  const { code, stdout } = await checkout.git(args, { env: AS_IT_IS, signal });
  if (code !== 0) return undefined;
  const lines = stdout.toString('utf8').split('\n').filter(Boolean);
  return lines.map((line) => {
    const [commit = '', name = '', email = '', date = '', ...subject] = line.split('\u001f');
    return { commit, author: { name, email }, date, subject: subject.join(' ') };
  });
}
