import type { LedgerReading } from '../../ledger/ledger.js';
import type { ReadOptions } from '../../target.js';
import type { GitHubTrouble } from './answers.js';
import { queryBlobs, textOf } from './blobs.js';
import { readRef } from './history.js';
import { isOid, request, RequestFailed } from './requests.js';
import { readTree, type GitHubRepository } from './tree.js';
import { LEDGER_FILE, LEDGER_NAMESPACES, ledgerRef, type LedgerNamespace } from '../ledger-refs.js';

/** Remembers under which name each channel's ledger stands; chosen once and kept. */
export interface LedgerNames {
  /** Fully qualified. */
  of(channel: string): string;
  isBranch(channel: string): boolean;
  found(channel: string, namespace: LedgerNamespace): void;
  /** The server takes no new ref in our own namespace. */
  refuseOwn(): void;
}

export function createLedgerNames(): LedgerNames {
  const places = new Map<string, LedgerNamespace>();
  let first: LedgerNamespace = 'own';
  const placeOf = (channel: string) => places.get(channel) ?? first;
  return {
    of: (channel) => ledgerRef(placeOf(channel), channel),
    isBranch: (channel) => placeOf(channel) === 'heads',
    found: (channel, namespace) => places.set(channel, namespace),
    refuseOwn: () => {
      first = 'heads';
    },
  };
}

/** A ledger that the token may not see counts as absent: the write tells. */
const ABSENT: readonly GitHubTrouble[] = ['missing', 'permission-denied', 'repository-empty'];

/** Reads ledgers side by side, their texts in one request. @throws RequestFailed */
export async function readLedgers(
  repository: GitHubRepository,
  names: LedgerNames,
  channels: readonly string[],
  options: ReadOptions,
): Promise<LedgerReading[]> {
  const found = await Promise.all(
    channels.map(async (channel): Promise<LedgerReading> => {
      for (const namespace of LEDGER_NAMESPACES) {
        const oid = await readIfAllowed(repository, ledgerRef(namespace, channel), options);
        if (oid === undefined) continue;
        names.found(channel, namespace);
        return { channel, oid };
      }
      return { channel };
    }),
  );
  const oids = found.flatMap(({ oid }) => (oid === undefined ? [] : [oid]));
  const texts = await readTexts(repository, oids, options);
  return found.map((reading) =>
    reading.oid === undefined ? reading : { ...reading, text: texts.get(reading.oid) },
  );
}

async function readIfAllowed(repository: GitHubRepository, name: string, options: ReadOptions) {
  try {
    return await readRef(repository, name.slice('refs/'.length), options);
  } catch (error) {
    if (error instanceof RequestFailed && ABSENT.includes(error.trouble)) return undefined;
    throw error;
  }
}

/** The ledger files of commits, by commit. */
async function readTexts(
  repository: GitHubRepository,
  commits: readonly string[],
  options: ReadOptions,
): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  if (commits.length === 0) return texts;
  const fields = commits
    .map(
      (oid, index) => `c${index}: object(expression: "${oid}:${LEDGER_FILE}") { ... on Blob { oid text } }`,
    )
    .join('\n');
  const answers = await queryBlobs(repository, fields, options);
  for (const [index, commit] of commits.entries()) {
    const blob = answers[`c${index}`];
    const whole = blob && textOf(blob);
    const text = whole ?? (await readSlowly(repository, commit, options));
    if (text !== undefined) texts.set(commit, text);
  }
  return texts;
}

/** By the REST API, byte for byte: for what GraphQL cuts off or does not answer. */
async function readSlowly(
  repository: GitHubRepository,
  commit: string,
  options: ReadOptions,
): Promise<string | undefined> {
  const { octokit, owner, repo, clockwork } = repository;
  const { data } = await request(
    (call) => octokit.rest.git.getCommit({ owner, repo, commit_sha: commit, request: call }),
    clockwork,
    { ...options, isAnswer: ({ data }) => isOid(data.tree.sha) },
  );
  const file = await readTree(repository, data.tree.sha, options).read(LEDGER_FILE);
  return file && Buffer.from(file.bytes).toString('utf8');
}
