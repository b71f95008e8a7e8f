import type { FailureKind } from '../../../github/failures.js';
import { isList, isOid, request, type GitHubRepository } from '../../../github/requests.js';
import { channelOf, LEDGER_FILE, LEDGER_PLACES, ledgerRef, type LedgerReading } from '../../ledger/ledger.js';
import type { ReadOptions } from '../../target.js';
import { filesOf, queryObjects, textOf } from './files.js';
import { readCommit, readRef } from './history.js';

/** Ledgers and the head of the branch, as one query answers them. */
export interface RefsReading {
  /** When it was asked, milliseconds of `performance.now()`: nothing in it is older. */
  at: number;
  /** Node id of the repository. */
  id?: string;
  ledgers: LedgerReading[];
  /** Undefined: not known. */
  head?: { oid: string; tree: string };
}

/** A ledger that the token may not see counts as absent: the write reports it. */
const ABSENT: readonly FailureKind[] = ['missing', 'permission-denied', 'repository-empty'];

/**
 * Reads ledgers, their texts, and the head of the branch by one GraphQL query. A ledger that it doesn't give is asked by REST:
 * GitHub doesn't document that revision expressions find refs other than branches and tags. A branch that is older than a
 * ledger lacks the commit that the ledger names, and is read again.
 * @throws RequestFailed
 */
export async function readRefs(
  repository: GitHubRepository & { branch: string },
  channels: readonly string[],
  options: ReadOptions,
): Promise<RefsReading> {
  const at = performance.now();
  const places = channels.flatMap((channel) =>
    LEDGER_PLACES.map((place) => ({ channel, ref: ledgerRef(place, channel) })),
  );
  const object = (alias: string, ref: string, fields: string) =>
    `${alias}: object(expression: ${JSON.stringify(ref)}) { ... on Commit { oid ${fields} } }`;
  const text = `file(path: "${LEDGER_FILE}") { object { ... on Blob { oid text } } }`;
  const fields = [
    ...places.map(({ ref }, index) => object(`l${index}`, ref, text)),
    object('head', `refs/heads/${repository.branch}`, 'tree { oid }'),
  ];
  const { id, objects } = await queryObjects(repository, fields, options);
  const ledgers = await Promise.all(
    channels.map(async (channel): Promise<LedgerReading> => {
      const index = places.findIndex((place, n) => place.channel === channel && isOid(objects[`l${n}`]?.oid));
      const { oid = '', file } = objects[`l${index}`] ?? {};
      const found = index < 0 ? await findByRest(repository, channel, options) : { ref: places[index]!.ref, oid };
      if (found === undefined) return { channel };
      const known = file?.object ? textOf(file.object) : undefined;
      const whole = known ?? (await readByRest(repository, found.oid, options));
      return { channel, ...found, ...(whole !== undefined && { text: whole }) };
    }),
  );
  const { oid, tree } = objects['head'] ?? {};
  return { at, id, ledgers, ...(isOid(oid) && isOid(tree?.oid) && { head: { oid: oid!, tree: tree!.oid } }) };
}

async function findByRest(repository: GitHubRepository, channel: string, options: ReadOptions) {
  const refs = LEDGER_PLACES.map((place) => ledgerRef(place, channel));
  const oids = await Promise.all(refs.map((ref) => readRef(repository, ref, options, ABSENT)));
  return refs.flatMap((ref, index) => (oids[index] ? [{ ref, oid: oids[index] }] : []))[0];
}

/** Byte for byte: for texts that GraphQL truncates or doesn't return. */
async function readByRest(repository: GitHubRepository, commit: string, options: ReadOptions) {
  const { tree } = await readCommit(repository, commit, options);
  const file = (await filesOf(repository, { commit, tree }).readAll([LEDGER_FILE], options)).get(LEDGER_FILE);
  return file && Buffer.from(file.bytes).toString('utf8');
}

/** The channels that have a ledger. @throws RequestFailed */
export async function listChannels(repository: GitHubRepository, options: ReadOptions): Promise<string[]> {
  const listed = await Promise.all(
    LEDGER_PLACES.map((place) => {
      const ref = ledgerRef(place, '').slice('refs/'.length, -1);
      const answer = { ...options, isAnswer: isList };
      return request(repository, ({ rest, at }) => rest.git.listMatchingRefs({ ...at, ref }), answer);
    }),
  );
  return [...new Set(listed.flatMap(({ data }) => data.flatMap((each) => channelOf(each.ref) ?? [])))];
}
